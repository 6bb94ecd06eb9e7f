"""The transactional outbox and the progress of long work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class OutboxRow(Base):
    """Work to be done on a subject, written in the transaction of the act that asks for it.

    Rows of one topic and subject are one piece of work; its job deletes them with its effect.
    `dispatched_at` is a lease, never evidence that anything ran.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_topic_subject_id", "topic", "subject_id"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    topic: Mapped[str]
    subject_id: Mapped[int]
    attempts: Mapped[int] = mapped_column(server_default="0")
    dispatched_at: Mapped[datetime | None]


class Progress(Base):
    """How far a piece of long work is: `done` of `total` steps, and the error that stopped it, if any."""

    __tablename__ = "progress"

    topic: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    done: Mapped[int]
    total: Mapped[int]
    error: Mapped[str] = mapped_column(default="", server_default="")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
