"""Acts of two people: what one asks for, what another answers, and the periods opened again by one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class Act(Base):
    """What somebody asks for, with a reason; `salt` blinds the reason in the record.

    Without a `period_id` it belongs to the installation.
    """

    __tablename__ = "act"
    __table_args__ = (
        UniqueConstraint("id", "requested_by"),
        UniqueConstraint("requested_by", "repeat_key"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    period_id: Mapped[int | None] = mapped_column(ForeignKey("period.id"), index=True)
    content: Mapped[dict[str, Any]]
    reason: Mapped[str]
    salt: Mapped[bytes]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    repeat_key: Mapped[str | None]


class ActAnswer(Base):
    """The answer, once, by another person than the one who asked."""

    __tablename__ = "act_answer"
    __table_args__ = (
        ForeignKeyConstraint(["act_id", "requested_by"], ["act.id", "act.requested_by"]),
        CheckConstraint("answered_by <> requested_by", name="two_people"),
    )

    act_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    requested_by: Mapped[str]
    answered_by: Mapped[str]
    approved: Mapped[bool]
    reason: Mapped[str]
    salt: Mapped[bytes]
    answered_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Reopening(Base):
    """A period that went back to open; each approved act does that once."""

    __tablename__ = "reopening"

    act_id: Mapped[int] = mapped_column(
        ForeignKey("act_answer.act_id"), primary_key=True, autoincrement=False
    )
    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), index=True)
    reopened_at: Mapped[datetime] = mapped_column(server_default=func.now())
