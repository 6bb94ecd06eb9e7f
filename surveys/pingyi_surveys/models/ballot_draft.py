"""Unfinished ballots."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class StoredDraft(Base):
    """An unfinished ballot, read only by whoever holds its card; one length per questionnaire."""

    __tablename__ = "ballot_draft"

    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[bytes] = mapped_column(primary_key=True)
    ciphertext: Mapped[bytes]
