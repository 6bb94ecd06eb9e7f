"""Held cells before their reviewers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class CellReview(Base):
    """A reviewer on a held cell; two who agree decide it. `salt` blinds the grounds in the record."""

    __tablename__ = "cell_review"

    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(primary_key=True)
    reviewed_by: Mapped[str] = mapped_column(primary_key=True)
    release: Mapped[bool]
    grounds: Mapped[str]
    salt: Mapped[bytes]
    reviewed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CellDecision(Base):
    """A decided cell, with the delivery that released or rejected its ballots."""

    __tablename__ = "cell_decision"

    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(primary_key=True)
    release: Mapped[bool]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
