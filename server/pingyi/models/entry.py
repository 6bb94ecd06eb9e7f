"""Deliveries and their append-only entries, with the derived tables that find and fold them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class Delivery(Base):
    """One request, upload or opened box of entries; (key, idempotency_key) makes a repeat harmless."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("api_key_id", "idempotency_key"),
        CheckConstraint("kind IN ('api', 'import', 'upload', 'opening', 'disposition')", name="kind"),
        Index("ix_delivery_channel_id_id", "channel_id", "id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    kind: Mapped[str]
    api_key_id: Mapped[int | None] = mapped_column(ForeignKey("api_key.id"))
    idempotency_key: Mapped[str | None]
    fingerprint: Mapped[bytes | None]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Receipt(Base):
    """What was answered to a delivery, kept so that a repeat is answered with the same bytes."""

    __tablename__ = "receipt"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), primary_key=True)
    body: Mapped[bytes]


class Entry(Base):
    """One accepted entry: values, the counts it adds, and the entry it replaces; never changed.

    A disposition repeats the values and counts of the entry it replaces, under another standing.
    `unit_id` 0 stands for the channel as a whole. No foreign keys: the statement trigger checks the delivery
    once for all rows, which costs a tenth of a check per row.
    """

    __tablename__ = "entry"

    delivery_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel_id: Mapped[int]
    unit_id: Mapped[int]
    identity: Mapped[str]
    standing: Mapped[str]
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    shared: Mapped[dict[str, Any]] = mapped_column(JSON)
    replaces_delivery: Mapped[int | None]
    replaces_position: Mapped[int | None]
    reason: Mapped[str]
    salt: Mapped[bytes | None]
    hash: Mapped[bytes]


class EntryHead(Base):
    """The entry that stands for an identity of a channel now; derived, the entries are the record."""

    __tablename__ = "entry_head"

    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    identity: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[int]
    position: Mapped[int]


class Unfolded(Base):
    """A delivery whose entries are not in the counters yet."""

    __tablename__ = "unfolded"

    delivery_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    channel_id: Mapped[int] = mapped_column(index=True)
    entries: Mapped[int]


class Counter(Base):
    """One unit's counters on a channel, by standing: a map from name to integer; unit 0 is the channel."""

    __tablename__ = "counter"

    channel_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    standing: Mapped[str] = mapped_column(primary_key=True)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)


class Leaf(Base):
    """A leaf of the record: canonical bytes and their RFC 9162 leaf hash, written with what it tells of."""

    __tablename__ = "leaf"
    __table_args__ = (
        Index(
            "ix_leaf_period_id_kind",
            "period_id",
            "kind",
            postgresql_where=text("kind NOT IN ('entry', 'disposition')"),
        ),
        Index(
            "ix_leaf_delivery_id_position",
            "delivery_id",
            "position",
            postgresql_where=text("delivery_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    period_id: Mapped[int | None]
    delivery_id: Mapped[int | None]
    position: Mapped[int | None]
    body: Mapped[bytes]
    hash: Mapped[bytes]
