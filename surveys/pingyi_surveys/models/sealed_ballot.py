"""Sealed ballots, kept until the key of their box is destroyed."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base
from pingyi.models import Leaf


class SealedBallot(Base):
    """A ballot that only the box key opens; `unit_id` 0: it rates every unit; `receipt`: its leaf's hash.

    No time: only the record has an order. No foreign keys: the statement trigger checks the period.
    """

    __tablename__ = "sealed_ballot"

    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    nullifier: Mapped[bytes] = mapped_column(primary_key=True)
    period_id: Mapped[int]
    unit_id: Mapped[int]
    group_key: Mapped[bytes]
    position: Mapped[int]
    ciphertext: Mapped[bytes]
    receipt: Mapped[bytes]


# A receipt finds its ballot's leaf without reading the whole record.
Index("ix_leaf_ballot", Leaf.hash, postgresql_where=text("kind = 'ballot'"))
