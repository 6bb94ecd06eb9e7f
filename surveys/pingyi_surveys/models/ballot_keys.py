"""Keys of a period's boxes, and what was frozen with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, func
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class BallotKeys(Base):
    """The keys of a period's boxes, each time they were made; the newest count."""

    __tablename__ = "ballot_keys"
    __table_args__ = (CheckConstraint("kept IN ('file', 'printed')", name="kept"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), index=True)
    public: Mapped[bytes]
    key_file: Mapped[bytes]
    kept: Mapped[str]
    prepared_by: Mapped[str]
    prepared_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PreparedBox(Base):
    """What fixes a box's ballots: layout, rules, first and last day, cards; frozen with the keys."""

    __tablename__ = "prepared_box"

    keys_id: Mapped[int] = mapped_column(ForeignKey("ballot_keys.id"), primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
