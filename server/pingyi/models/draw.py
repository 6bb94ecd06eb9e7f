"""Draws by lot: committed, then decided by a public source; rows are only ever added."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class Draw(Base):
    """A pool and a rule under one root, recorded before the source is known."""

    __tablename__ = "draw"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str]
    title: Mapped[str]
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)
    pool: Mapped[list[Any]] = mapped_column(JSON)
    root: Mapped[bytes]
    due_on: Mapped[date]
    committed_by: Mapped[str]
    committed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    leaf: Mapped[bytes]


class DrawOutcome(Base):
    """The value that the public source came to."""

    __tablename__ = "draw_outcome"

    draw_id: Mapped[int] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    value: Mapped[str]
    drawn_by: Mapped[str]
    drawn_at: Mapped[datetime] = mapped_column(server_default=func.now())


class DrawSubstitution(Base):
    """A drawn member who cannot serve, and the alternate who takes the place."""

    __tablename__ = "draw_substitution"
    __table_args__ = (UniqueConstraint("draw_id", "member"),)

    draw_id: Mapped[int] = mapped_column(ForeignKey("draw.id"), primary_key=True)
    replaced: Mapped[str] = mapped_column(primary_key=True)
    member: Mapped[str]
    reason: Mapped[str]
    salt: Mapped[bytes]
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
