"""Assesses a closed period: folds what is left, freezes, scores, and stores a new revision, never an edit."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from flask import current_app
from sqlalchemy import Connection, bindparam, func, insert, select, update

from pingyi.channels import Text
from pingyi.db import Lock, hold, rows, transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import AFTER_CLOSING, PeriodState
from pingyi.ledger.leaves import record
from pingyi.models import Assessment, Channel, Period, PeriodUnit, Unfolded, Unit
from pingyi.outbox import take_requests
from pingyi.registry import current_registry
from pingyi.services.core.collection import without_collection
from pingyi.services.core.errors import wrong_state
from pingyi.services.core.progress import report_progress, stop_progress
from pingyi.services.intake.fold import fold_channel
from pingyi.services.periods.periods import PeriodRow
from pingyi.services.results.build import result_in_memory
from pingyi.services.results.freeze import Frozen, freeze
from pingyi.services.results.result import Result, UnitResult, results_json
from pingyi.services.results.score import Scored, score_snapshot
from pingyi.topics import ASSESS

STEPS_AFTER_FOLDING = 3
NULL = "\\N"

_OF_PERIOD = Channel.period_id == bindparam("period")
_CHANNELS = select(Channel.id).where(_OF_PERIOD).order_by(Channel.position)
_UNFOLDED = select(Unfolded.channel_id).join(Channel, Channel.id == Unfolded.channel_id).where(_OF_PERIOD)
_UNFOLDED_CHANNELS = _UNFOLDED.distinct().order_by(Unfolded.channel_id)
_LEFT_TO_FOLD = select(func.count()).select_from(_UNFOLDED.subquery())
_PERIOD = (
    select(Period.id, Period.key, Period.state, Period.scheme_id, Period.open_until)
    .where(Period.id == bindparam("period"))
    .with_for_update()
)
_NEWEST = select(func.coalesce(func.max(Assessment.revision), 0)).where(
    Assessment.period_id == bindparam("period")
)
_STORE = insert(Assessment).returning(Assessment.id)
_ASSESSED = update(Period).where(Period.id == bindparam("period")).values(state=PeriodState.ASSESSED.value)
_MEMBERS = (
    select(Unit.code, Unit.id)
    .join(PeriodUnit, PeriodUnit.unit_id == Unit.id)
    .where(PeriodUnit.period_id == bindparam("period"))
)


def assess_period(period_id: int) -> int:
    """Fold, freeze, score, store; returns the revision.

    Safe to run twice: a repeat without a request does nothing. A failure is shown
    beside the period's progress and raised.
    """
    try:
        channels = _fold_all(period_id)
        with without_collection(), transaction() as connection:
            return _assess(connection, period_id, len(channels))
    except Problem as problem:
        with transaction() as connection:
            take_requests(connection, ASSESS, period_id)
            stop_progress(connection, ASSESS, period_id, problem.message)
        raise


def _fold_all(period_id: int) -> list[int]:
    with transaction() as connection:
        channels = list(connection.execute(_UNFOLDED_CHANNELS, {"period": period_id}).scalars())
    for done, channel_id in enumerate(channels):
        fold_channel(channel_id)
        with transaction() as connection:
            report_progress(connection, ASSESS, period_id, done + 1, len(channels) + STEPS_AFTER_FOLDING)
    return channels


def _assess(connection: Connection, period_id: int, channels: int) -> int:
    (period,) = rows(connection, PeriodRow, _PERIOD, period=period_id)
    newest = connection.execute(_NEWEST, {"period": period_id}).scalar_one()
    if not take_requests(connection, ASSESS, period_id):
        return newest
    if period.state not in AFTER_CLOSING:
        raise wrong_state(period.state, PeriodState.CLOSED)
    # Whoever disposes of entries holds this lock shared: all of it is counted, or comes after the snapshot.
    hold(connection, Lock.ENTRIES_OF_PERIOD, period_id)
    _require_all_folded(connection, period_id)
    frozen = freeze(connection, period, newest + 1)
    seconds: int = current_app.extensions["pingyi.configuration"].plugin_seconds
    scored = score_snapshot(current_registry(), frozen.content, seconds)
    _store(connection, period, newest + 1, frozen, scored)
    total = channels + STEPS_AFTER_FOLDING
    report_progress(connection, ASSESS, period_id, total, total)
    return newest + 1


def _require_all_folded(connection: Connection, period_id: int) -> None:
    left = connection.execute(_LEFT_TO_FOLD, {"period": period_id}).scalar_one()
    if left:
        message = Text(
            zh="仍有报送未汇总，请稍后再试。", en="Some deliveries are not folded yet; try again shortly."
        )
        raise Problem("not_folded", 409, message.format(left=left))


def _store(connection: Connection, period: PeriodRow, revision: int, frozen: Frozen, scored: Scored) -> None:
    result = result_in_memory(period.key, frozen.content, scored)
    digest = hashlib.sha256(results_json(result)).digest()
    summary = {"switch_offs": list(result.switch_offs), "notices": list(result.notices)}
    assessment = {
        "period_id": period.id,
        "revision": revision,
        "snapshot_id": frozen.id,
        "digest": digest,
        "summary": summary,
    }
    assessment_id = connection.execute(_STORE, assessment).scalar_one()
    _copy(connection, period.id, assessment_id, result)
    if period.state == PeriodState.CLOSED:
        connection.execute(_ASSESSED, {"period": period.id})
    content = {
        "period": period.key,
        "revision": revision,
        "snapshot": frozen.digest.hex(),
        "results": digest.hex(),
    }
    record(connection, "result.computed", content, period.id)


def _copy(connection: Connection, period_id: int, assessment_id: int, result: Result) -> None:
    period = {"period": period_id}
    units = dict(connection.execute(_MEMBERS, period).all())
    channels = list(connection.execute(_CHANNELS, period).scalars())
    lines = [
        _line(assessment_id, units[unit.code], *_unit_fields(position, unit))
        for position, unit in enumerate(result.units)
    ]
    encode = msgspec.json.encode
    # Written out, since this is the longest loop here: of these fields only facts can hold what COPY escapes.
    scores = [
        f"{assessment_id}\t{units[unit.code]}\t{channel_id}\t{one.status}\t{one.points or NULL}"
        f"\t{NULL if one.n is None else one.n}\t{_field(encode(one.facts))}\n"
        for unit in result.units
        for channel_id, one in zip(channels, unit.scores, strict=True)
    ]
    cursor = connection.connection.cursor()
    for statement, block in ((_COPY_UNITS, lines), (_COPY_SCORES, scores)):
        with cursor.copy(statement) as copy:
            copy.write("".join(block))


def _line(*fields: Any) -> str:
    """One row in COPY's text format."""
    return "\t".join(map(_field, fields)) + "\n"


def _field(value: Any) -> str:
    if value is None:
        return NULL
    spelt = value.decode() if type(value) is bytes else str(value)
    return spelt.translate(_ESCAPES) if "\\" in spelt or not spelt.isprintable() else spelt


def _unit_fields(position: int, unit: UnitResult) -> tuple[Any, ...]:
    details: dict[str, Any] = {
        "name": unit.name,
        "groups": unit.groups,
        "adjustments": unit.adjustments,
        "coverage_percent": unit.coverage_percent,
        "in_bottom": unit.in_bottom,
        "actions": unit.actions,
        "undecided": unit.undecided,
        "items": unit.items,
        "previous": unit.previous,
    }
    if unit.whole:
        details["whole"] = unit.whole
    ranking = (unit.total or None, unit.rank, unit.of, unit.grade)
    return (unit.category, position, unit.status, *ranking, msgspec.json.encode(details))


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_COPY_UNITS = (
    "COPY unit_result (assessment_id, unit_id, category, position, status, total, rank, of, grade, details)"
    " FROM STDIN"
)
_COPY_SCORES = "COPY channel_score (assessment_id, unit_id, channel_id, status, points, n, facts) FROM STDIN"
