"""A scoring period: one run of a scheme over its units, with what is known beforehand and what is decided."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base
from pingyi.domain.period_state import PeriodState

STATES = tuple(state.value for state in PeriodState)


class Period(Base):
    """draft, open, closed, assessed, published, archived: forward, or back to open by an approved act.

    Intake only while open, and after a reopening only before `open_until`. `names`: how what makes an
    identity and the names of units are compared, folded, or as periods did that were opened before.
    """

    __tablename__ = "period"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("names IN ('exact', 'folded')", name="names"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    time_zone: Mapped[str] = mapped_column(default="Asia/Shanghai", server_default="Asia/Shanghai")
    state: Mapped[str] = mapped_column(default="draft", server_default="draft")
    demonstration: Mapped[bool] = mapped_column(default=False, server_default="false")
    state_changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    open_until: Mapped[datetime | None]
    names: Mapped[str] = mapped_column(default="folded", server_default="folded")


class PeriodUnit(Base):
    """A unit taking part in a period, in one category, under the name it had then."""

    __tablename__ = "period_unit"

    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    category: Mapped[str]
    position: Mapped[int]
    name: Mapped[str]


class Channel(Base):
    """A scheme's channel in one period, bound to the operator that delivers for it."""

    __tablename__ = "channel"
    __table_args__ = (UniqueConstraint("period_id", "key"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"))
    key: Mapped[str]
    plugin: Mapped[str]
    plugin_version: Mapped[str] = mapped_column(default="", server_default="")
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    position: Mapped[int]


class Roll(Base):
    """A count known beforehand: eligible, issued or registered; stratum "" when none is named."""

    __tablename__ = "roll"

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    stratum: Mapped[str] = mapped_column(primary_key=True, default="", server_default="")
    count: Mapped[int]


class Adjustment(Base):
    """A deduction, bonus, warning, veto or disqualification; points are positive."""

    __tablename__ = "adjustment"
    __table_args__ = (
        CheckConstraint("kind IN ('deduction', 'bonus', 'warning', 'veto', 'disqualification')", name="kind"),
        CheckConstraint("target IN ('total', 'linked')", name="target"),
        CheckConstraint("points > 0 OR kind IN ('veto', 'disqualification')", name="points"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[str]
    points: Mapped[Decimal | None]
    reason: Mapped[str]
    document: Mapped[str] = mapped_column(default="", server_default="")
    target: Mapped[str] = mapped_column(default="total", server_default="total")
    withdrawn_reason: Mapped[str] = mapped_column(default="", server_default="")
    act_id: Mapped[int | None] = mapped_column(ForeignKey("act_answer.act_id"), unique=True)
    withdrawn_act_id: Mapped[int | None] = mapped_column(ForeignKey("act_answer.act_id"), unique=True)


class Decision(Base):
    """A person's decision: a tie at the cut (in, out) or a channel switched off for a category (yes, no)."""

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'tie' AND choice IN ('in', 'out')) OR (kind = 'switch_off' AND choice IN ('yes', 'no'))",
            name="choice",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), index=True)
    kind: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    channel: Mapped[str] = mapped_column(default="", server_default="")
    category: Mapped[str] = mapped_column(default="", server_default="")
    choice: Mapped[str]
    reason: Mapped[str]


class PreviousResult(Base):
    """An earlier period's result of a unit, for rules over consecutive periods."""

    __tablename__ = "previous_result"

    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), primary_key=True)
    earlier: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    category: Mapped[str]
    total: Mapped[Decimal | None]
    rank: Mapped[int | None]
    of: Mapped[int | None]
