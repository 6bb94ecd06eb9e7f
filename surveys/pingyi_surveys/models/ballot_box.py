"""Channels that take ballots with us, as the office configures them until their period opens."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class BallotBox(Base):
    """A channel's questionnaire, its kind and its rules; a trigger fixes them once the period opens."""

    __tablename__ = "ballot_box"
    __table_args__ = (CheckConstraint("kind IN ('open', 'roster')", name="kind"),)

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    kind: Mapped[str]
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    rules: Mapped[dict[str, Any]] = mapped_column(JSON)
