"""Lists of cards and visit codes that were committed to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class CardList(Base):
    """SHA-256 of cards (rosters) or visit codes (one unit's), 32 bytes each, sorted; never the cards.

    `unit_id` 0: the cards of a roster, which rates every unit.
    """

    __tablename__ = "card_list"
    __table_args__ = (
        CheckConstraint("purpose IN ('card', 'visit')", name="purpose"),
        CheckConstraint("cards * 32 = length(hashes)", name="cards"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    purpose: Mapped[str]
    unit_id: Mapped[int]
    stratum: Mapped[str]
    cards: Mapped[int]
    hashes: Mapped[bytes]
    digest: Mapped[bytes]
    committed_by: Mapped[str]
    committed_at: Mapped[datetime] = mapped_column(server_default=func.now())
