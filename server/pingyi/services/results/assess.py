"""Assesses a closed period: folds what is left, freezes, scores, and stores a new revision, never an edit."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from flask import current_app
from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.db import Lock, hold, rows, transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import AFTER_CLOSING, PeriodState
from pingyi.ledger.leaves import record
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
        channels = list(connection.execute(text(_UNFOLDED), {"id": period_id}).scalars())
    for done, channel_id in enumerate(channels):
        fold_channel(channel_id)
        with transaction() as connection:
            report_progress(connection, ASSESS, period_id, done + 1, len(channels) + STEPS_AFTER_FOLDING)
    return channels


def _assess(connection: Connection, period_id: int, channels: int) -> int:
    (period,) = rows(connection, PeriodRow, _PERIOD, id=period_id)
    newest: int = connection.execute(
        text("SELECT coalesce(max(revision), 0) FROM assessment WHERE period_id = :id"), {"id": period_id}
    ).scalar_one()
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
    left = connection.execute(
        text("SELECT count(*) FROM unfolded n JOIN channel c ON c.id = n.channel_id WHERE c.period_id = :id"),
        {"id": period_id},
    ).scalar_one()
    if left:
        message = Text(
            zh="仍有报送未汇总，请稍后再试。", en="Some deliveries are not folded yet; try again shortly."
        )
        raise Problem("not_folded", 409, message.format(left=left))


def _store(connection: Connection, period: PeriodRow, revision: int, frozen: Frozen, scored: Scored) -> None:
    result = result_in_memory(period.key, frozen.content, scored)
    digest = hashlib.sha256(results_json(result)).digest()
    summary = {"switch_offs": list(result.switch_offs), "notices": list(result.notices)}
    assessment_id = connection.execute(
        text(
            "INSERT INTO assessment (period_id, revision, snapshot_id, digest, summary)"
            " VALUES (:period, :revision, :snapshot, :digest, CAST(:summary AS jsonb)) RETURNING id"
        ),
        {
            "period": period.id,
            "revision": revision,
            "snapshot": frozen.id,
            "digest": digest,
            "summary": msgspec.json.encode(summary).decode(),
        },
    ).scalar_one()
    _copy(connection, period.id, assessment_id, result)
    if period.state == PeriodState.CLOSED:
        connection.execute(text("UPDATE period SET state = 'assessed' WHERE id = :id"), {"id": period.id})
    content = {
        "period": period.key,
        "revision": revision,
        "snapshot": frozen.digest.hex(),
        "results": digest.hex(),
    }
    record(connection, "result.computed", content, period.id)


def _copy(connection: Connection, period_id: int, assessment_id: int, result: Result) -> None:
    members = connection.execute(
        text(
            "SELECT u.code, u.id FROM unit u JOIN period_unit p ON p.unit_id = u.id WHERE p.period_id = :id"
        ),
        {"id": period_id},
    )
    units: dict[str, int] = {row.code: row.id for row in members}
    channels: list[int] = list(
        connection.execute(
            text("SELECT id FROM channel WHERE period_id = :id ORDER BY position"), {"id": period_id}
        ).scalars()
    )
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


_PERIOD = "SELECT id, key, state, scheme_id, open_until FROM period WHERE id = :id FOR UPDATE"
_UNFOLDED = """
SELECT DISTINCT n.channel_id FROM unfolded n JOIN channel c ON c.id = n.channel_id
WHERE c.period_id = :id ORDER BY n.channel_id
"""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_COPY_UNITS = (
    "COPY unit_result (assessment_id, unit_id, category, position, status, total, rank, of, grade, details)"
    " FROM STDIN"
)
_COPY_SCORES = "COPY channel_score (assessment_id, unit_id, channel_id, status, points, n, facts) FROM STDIN"
