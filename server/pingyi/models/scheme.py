"""Schemes: the rules of an evaluation as a versioned document."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class SchemeVersion(Base):
    """One version of a scheme's TOML document; immutable once issued (a trigger refuses any change)."""

    __tablename__ = "scheme"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str]
    version: Mapped[int]
    document: Mapped[str]
    digest: Mapped[bytes]
    issued_at: Mapped[datetime | None]
