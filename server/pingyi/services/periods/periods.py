"""Periods: drafted from a scheme and its units, carried forward; every change of state is on the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, insert, select, update

from pingyi.channels import Text
from pingyi.db import one_row
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.period_state import AFTER_CLOSING, PeriodState
from pingyi.domain.scheme.values import Scheme
from pingyi.extensions import current_extensions
from pingyi.ledger.leaves import record
from pingyi.models import Channel, Period, PeriodUnit
from pingyi.outbox import is_open, request_work
from pingyi.registry import current_registry
from pingyi.services.core.bound_channels import BoundChannel, period_channels
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found, require_state, wrong_state
from pingyi.services.people.api_keys import ensure_operator
from pingyi.services.periods.period_draft import PeriodDraft, draft_errors
from pingyi.services.periods.schemes import issue_scheme
from pingyi.topics import ASSESS

_OF_KEY = Period.key == bindparam("period")
_PERIOD = select(Period.id, Period.key, Period.state, Period.scheme_id, Period.open_until).where(_OF_KEY)
_EXISTS = select(exists().where(_OF_KEY))
_HAS_UNITS = select(exists().where(PeriodUnit.period_id == bindparam("period")))
_STORE = insert(Period).returning(Period.id)
_STORE_CHANNELS = insert(Channel)
_MOVE = (
    update(Period)
    .where(Period.id == bindparam("period"), Period.state == bindparam("was"))
    .values(state=bindparam("to"))
)


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A stored period; `open_until` is set where it was opened again."""

    id: int
    key: str
    state: str
    scheme_id: int
    open_until: datetime | None = None


def find_period(connection: Connection, key: str) -> PeriodRow:
    """The period of this key; Problem not_found otherwise."""
    period = one_row(connection, PeriodRow, _PERIOD, period=key)
    if period is None:
        raise not_found(zh=f"评议周期“{key}”", en=f"Period {key}")
    return period


def create_period(
    connection: Connection, caller: Caller, draft: PeriodDraft, scheme: Scheme, scheme_id: int
) -> int:
    """Make a draft period with one channel per plan, each bound to its operator; returns its id.

    Raises Problem: period_exists, time_zone_unknown, dates_reversed.
    """
    _check_draft(connection, draft)
    stored = {
        "key": draft.key,
        "scheme_id": scheme_id,
        "starts_on": draft.starts_on,
        "ends_on": draft.ends_on,
        "time_zone": draft.time_zone,
        "demonstration": draft.demonstration,
        "names": draft.names,
    }
    period_id = connection.execute(_STORE, stored).scalar_one()
    channels = [
        {
            "period_id": period_id,
            "key": plan.key,
            "plugin": plan.plugin,
            "plugin_version": current_registry().version(plan.plugin),
            "operator_id": ensure_operator(connection, plan.operator),
            "position": position,
        }
        for position, plan in enumerate(scheme.channels)
    ]
    if channels:
        connection.execute(_STORE_CHANNELS, channels)
    record(connection, "period.drafted", {"period": draft.key, "by": caller.name}, period_id)
    return period_id


def _check_draft(connection: Connection, draft: PeriodDraft) -> None:
    for error in draft_errors(draft):
        raise Problem(error.code, 422, error.message, [error])
    if connection.execute(_EXISTS, {"period": draft.key}).scalar_one():
        message = Text(zh="已有周期“{key}”。", en="There is a period {key} already.").format(key=draft.key)
        raise Problem("period_exists", 409, message)


def open_period(connection: Connection, caller: Caller, key: str) -> None:
    """Open intake: issues the scheme, checks units and what each channel needs beforehand."""
    period = find_period(connection, key)
    if period.state != PeriodState.DRAFT:
        raise wrong_state(period.state, PeriodState.DRAFT)
    if not connection.execute(_HAS_UNITS, {"period": period.id}).scalar_one():
        raise Problem(
            "no_units", 409, Text(zh="尚无评议对象，请先导入单位。", en="No units yet: load them first.")
        )
    issue_scheme(connection, caller, period.scheme_id)
    missing = [
        error for working in period_channels(connection, period.id) for error in missing_needs(working)
    ]
    for extension in current_extensions():
        missing += extension.missing(connection, period.id)
    if missing:
        message = Text(
            zh="渠道缺少开放前必须登记的内容。", en="Channels lack what must be known before opening."
        )
        raise Problem("needs_missing", 409, message, missing)
    move_period(connection, {"by": caller.name}, period, PeriodState.OPEN)


def missing_needs(working: BoundChannel) -> list[FieldError]:
    """What a channel needs and does not have: the period's dates, or a roll."""
    needs = working.plugin.needs(working.context.settings)
    period = working.context.period
    have = set(working.context.roll_names)
    if period.starts_on and period.ends_on:
        have.add("dates")
    return [_need(working.key, need) for need in sorted(needs - have)]


def _need(channel: str, need: str) -> FieldError:
    what = (
        Text(zh="周期的起止日期", en="the period's dates")
        if need == "dates"
        else Text(zh=f"名册数“{need}”", en=need)
    )
    message = Text(zh=f"渠道“{channel}”需要{what.zh}。", en=f"Channel {channel} needs {what.en}.")
    return FieldError(code="needs_missing", message=message, pointer=f"/channels/{channel}")


def close_period(connection: Connection, caller: Caller, key: str) -> None:
    """Stop every intake, under the period's exclusive lock (the state trigger takes it)."""
    period = find_period(connection, key)
    if period.state != PeriodState.OPEN:
        raise wrong_state(period.state, PeriodState.OPEN)
    move_period(connection, {"by": caller.name}, period, PeriodState.CLOSED)
    for extension in current_extensions():
        extension.closed(connection, period.id)


def request_assessment(connection: Connection, caller: Caller, key: str) -> None:
    """Ask the workers to fold what is left, freeze and assess; again is a new revision."""
    period = find_period(connection, key)
    if period.state not in AFTER_CLOSING:
        raise wrong_state(period.state, PeriodState.CLOSED)
    for extension in current_extensions():
        if unfinished := extension.unfinished(connection, period.id):
            raise unfinished
    record(connection, "assessment.requested", {"period": key, "by": caller.name}, period.id)
    request_work(connection, ASSESS, period.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An act that two people carry out: who asked for it and who approved."""

    act_id: int
    requested_by: str
    approved_by: str

    def told(self) -> dict[str, str | int]:
        """Both, for the record."""
        return {"act": self.act_id, "by": self.requested_by, "approved_by": self.approved_by}


def require_reopenable(period: PeriodRow, deadline: datetime) -> None:
    """Problem wrong_state, deadline_passed."""
    require_state(period.state, AFTER_CLOSING)
    if deadline <= datetime.now(UTC):
        error = FieldError(code="deadline_passed", message=_PASSED, pointer="/deadline")
        raise Problem("deadline_passed", 422, _PASSED, [error])


_PASSED = Text(
    zh="重新开放的截止时间已过，请另行申请。",
    en="The deadline of the reopening has passed; ask for a later one.",
)


def reopen_period(connection: Connection, approved: Approved, period: PeriodRow, deadline: datetime) -> None:
    """Take entries again until the deadline; the database lets each approved act do this once.

    What was published stays published; opened ballot boxes stay as they are.
    """
    require_reopenable(period, deadline)
    if is_open(connection, ASSESS, period.id):
        raise Problem("busy", 409, _ASSESSING, retry_after_seconds=10)
    move_period(connection, {**approved.told(), "deadline": deadline}, period, PeriodState.OPEN)


_ASSESSING = Text(
    zh="正在计算结果，请等计算结束后再批准重新开放。",
    en="The period is being assessed; approve its reopening once that is done.",
)


def archive_period(connection: Connection, caller: Caller, key: str) -> None:
    """Put a published period to rest."""
    period = find_period(connection, key)
    if period.state != PeriodState.PUBLISHED:
        raise wrong_state(period.state, PeriodState.PUBLISHED)
    move_period(connection, {"by": caller.name}, period, PeriodState.ARCHIVED)


def move_period(connection: Connection, who: Mapping[str, Any], period: PeriodRow, state: str) -> None:
    """Carry a period to another state, on the record with who did it; Problem wrong_state."""
    asked = {"period": period.id, "was": period.state, "to": state}
    if not connection.execute(_MOVE, asked).rowcount:
        # Somebody else moved it while this act waited for the row.
        raise wrong_state(find_period(connection, period.key).state, period.state)
    content = {"period": period.key, "from": period.state, "to": state, **who}
    record(connection, f"period.{state}", content, period.id)
