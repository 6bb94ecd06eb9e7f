"""The transactional outbox and the progress of long work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Identity, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class OutboxRow(Base):
    """Work to be done, written with the act that asks for it; one row per (topic, subject), coalesced by `gen`.

    Open while `done_gen < gen`. `dispatched_at` is a lease, never evidence that anything ran.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("topic", "subject_id"),
        Index("ix_outbox_open", "id", postgresql_where=text("done_gen < gen")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    topic: Mapped[str]
    subject_id: Mapped[int]
    gen: Mapped[int] = mapped_column(server_default="1")
    done_gen: Mapped[int] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(server_default="0")
    dispatched_at: Mapped[datetime | None]
    error: Mapped[str | None]


class Progress(Base):
    """How far a piece of long work is: `done` of `total` steps."""

    __tablename__ = "progress"

    topic: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    done: Mapped[int]
    total: Mapped[int]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
