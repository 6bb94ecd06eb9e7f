"""Channel partners and the keys by which programs act."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class Operator(Base):
    """A body that delivers entries for one or more channels."""

    __tablename__ = "operator"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class ApiKey(Base):
    """A bearer key: of an operator (its own channels, narrowed by `channels`) or of the office (`roles`).

    Only SHA-256 of the 256-bit secret is kept.
    """

    __tablename__ = "api_key"
    __table_args__ = (CheckConstraint("(operator_id IS NULL) <> (cardinality(roles) = 0)", name="holder"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key_id: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes]
    label: Mapped[str] = mapped_column(default="", server_default="")
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    roles: Mapped[tuple[str, ...]] = mapped_column(ARRAY(Text, as_tuple=True), server_default="{}")
    channels: Mapped[tuple[str, ...]] = mapped_column(ARRAY(Text, as_tuple=True), server_default="{}")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_on: Mapped[date | None]
