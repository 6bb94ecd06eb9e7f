"""What opened boxes came to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, func
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class BoxOpening(Base):
    """A channel's opening, once: ballots by what became of them, the closing head, and the report."""

    __tablename__ = "box_opening"
    __table_args__ = (CheckConstraint("sealed = counted + held + rejected", name="adds_up"),)

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
    head: Mapped[str]
    sealed: Mapped[int]
    counted: Mapped[int]
    held: Mapped[int]
    rejected: Mapped[int]
    numbers: Mapped[list[Any]] = mapped_column(JSON)
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    digest: Mapped[bytes]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())


class BallotOpinion(Base):
    """What a person wrote on a ballot; `position` is its place when they are sorted by their bytes."""

    __tablename__ = "ballot_opinion"

    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit_id: Mapped[int]
    standing: Mapped[str]
    comment: Mapped[str]
