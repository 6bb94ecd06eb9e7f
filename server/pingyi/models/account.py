"""Staff accounts, their server-side sessions and the one-time code of the first administrator."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class Account(Base):
    """A person with roles; `operator_id` or `unit_id` bind an operator's or a unit's own person."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    roles: Mapped[tuple[str, ...]] = mapped_column(ARRAY(Text, as_tuple=True))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    disabled_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Session(Base):
    """A signed-in browser, by the SHA-256 of its 256-bit id. `data` holds the CSRF token and messages."""

    __tablename__ = "session"

    id_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    data: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OneTimeCode(Base):
    """A code that makes the first security administrator, once."""

    __tablename__ = "one_time_code"

    code_hash: Mapped[bytes] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime | None]
