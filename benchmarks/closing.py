"""Close and assess 1,000 units x 20 channels, beside DuckDB's GROUP BY over ten million ballots."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import duckdb
from sqlalchemy import text

from benchmarks.entries import fill_ballots
from benchmarks.figures import Figure
from benchmarks.house import BALLOTS, House, channel_ids, open_period_of
from benchmarks.measuring import Spent, interleaved, spent
from pingyi.db import transaction
from pingyi.domain.assessment.assess import assess
from pingyi.domain.assessment.values import AssessedUnit, Inputs
from pingyi.registry import current_registry
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.fold import fold_channel
from pingyi.services.periods.periods import close_period, request_assessment
from pingyi.services.results.assess import assess_period
from pingyi.services.results.freeze import thaw
from pingyi.services.results.score import score_snapshot

UNITS, CHANNELS = 1_000, 20
TIMES = (1, 4, 10)
ROUNDS = 9
RANKING_GOAL, WHOLE_GOAL, FLAT_GOAL = 0.1, 2.5, 1.2


def figures(house: House) -> list[Figure]:
    """Fill three periods with 250,000 to 2,500,000 entries over equal counters, then take turns."""
    entries = {f"close{times}": _filled(house, f"close{times}", times) for times in TIMES}
    closing = {key: spent(partial(_close, key), house.postgres) for key in entries}
    duck = _ballots()
    for key in entries:
        _assess(key)
    acts: dict[str, Callable[[], object]] = {
        "duck": lambda: duck.execute(_GROUP_BY).fetchnumpy(),
        "ranking": _ranking("close1"),
        **{key: partial(_assess, key) for key in entries},
    }
    found = interleaved(acts, ROUNDS, house.postgres)
    whole = {
        number: Spent(found[key].wall + closing[key].wall, found[key].cpu + closing[key].cpu)
        for key, number in entries.items()
    }
    return _report(found["duck"].wall, found["ranking"].wall, whole)


def _report(duck: float, ranking: float, whole: dict[int, Spent]) -> list[Figure]:
    cpu, wall = [one.cpu for one in whole.values()], [one.wall for one in whole.values()]
    flat = max(cpu) / min(cpu)
    return [
        Figure("DuckDB, GROUP BY over 10 M ballots, two threads", f"{duck * 1000:,.0f} ms", "1"),
        Figure(
            "points, totals, ranks and results from scores", f"{ranking * 1000:,.1f} ms",
            f"{ranking / duck:.3f} x DuckDB", f"<= {RANKING_GOAL}", ranking / duck <= RANKING_GOAL,
        ),
        *(
            Figure(
                f"close and assess after {number:,} entries",
                f"{one.wall * 1000:,.0f} ms, {one.cpu * 1000:,.0f} ms CPU",
                f"{one.wall / duck:.2f} x DuckDB", f"<= {WHOLE_GOAL}", one.wall / duck <= WHOLE_GOAL,
            )
            for number, one in whole.items()
        ),
        Figure(
            "most beside least CPU of the three", f"{flat:.2f}", f"wall {max(wall) / min(wall):.2f}",
            f"<= {FLAT_GOAL}", flat <= FLAT_GOAL,
        ),
    ]  # fmt: skip


def _filled(house: House, key: str, times: int) -> int:
    period_id = open_period_of(key, UNITS, [BALLOTS] * CHANNELS)
    entries = fill_ballots(house, period_id, times)
    for channel_id in channel_ids(period_id):
        fold_channel(channel_id)
    return entries


def _close(key: str) -> None:
    with transaction() as connection:
        close_period(connection, SHELL, key)


def _assess(key: str) -> None:
    with transaction() as connection:
        request_assessment(connection, SHELL, key)
        period_id = connection.execute(
            text("SELECT id FROM period WHERE key = :key"), {"key": key}
        ).scalar_one()
    assess_period(period_id)


def _ranking(key: str) -> Callable[[], object]:
    """The pure part from scores to ranked results, upon the period's newest snapshot."""
    with transaction() as connection:
        snapshot = connection.execute(
            text("SELECT max(s.id) FROM snapshot s JOIN period p ON p.id = s.period_id WHERE p.key = :key"),
            {"key": key},
        ).scalar_one()
        content = thaw(connection, snapshot).content
    scored = score_snapshot(current_registry(), content)
    units = [AssessedUnit(code, category) for code, _, category, *_ in content["units"]]
    inputs = Inputs(units=units, scores=scored.scores)
    return lambda: assess(scored.scheme, inputs)


def _ballots() -> duckdb.DuckDBPyConnection:
    """Ten million ballots in random order: unit 1,000 x question 5 x level 5 x stratum 16."""
    connection = duckdb.connect()
    for statement in _MAKE_BALLOTS:
        connection.execute(statement)
    return connection


_MAKE_BALLOTS = (
    "SET threads = 2",
    "SELECT setseed(0.5)",
    "CREATE TABLE ballot (unit USMALLINT, question UTINYINT, level UTINYINT, stratum UTINYINT)",
    """
    INSERT INTO ballot
    SELECT floor(random() * 1000), floor(random() * 5), floor(random() * 5), floor(random() * 16)
    FROM range(10000000)
    """,
)
_GROUP_BY = "SELECT unit, question, level, stratum, count(*) FROM ballot GROUP BY ALL"
