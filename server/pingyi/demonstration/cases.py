"""Case handling: what the two hotlines, the web messages and the newspaper report by month and measure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pingyi.demonstration.chance import PERMILLE, Chance
from pingyi.domain.scheme import ChannelPlan
from pingyi.services.participants import UnitRow

YEAR = tuple(f"2017-{month:02}" for month in range(1, 13))
QUARTERS = ("2017-03", "2017-06", "2017-09", "2017-12")


class Flow(NamedTuple):
    """A source's months, the fewest and most cases of a unit in each, and units that no case concerned."""

    months: tuple[str, ...]
    fewest: int
    most: int
    none_for: frozenset[str] = frozenset()


FLOWS = {
    "hotline_show": Flow(QUARTERS, 4, 12),
    "hotline_12345": Flow(YEAR, 4, 40, frozenset({"B19", "B22"})),
    "web_messages": Flow(YEAR, 2, 18, frozenset({"B13"})),
    "newspaper": Flow(YEAR, 0, 5, frozenset({"B06", "B13", "B22", "C30"})),
}
Rows = Iterator[dict[str, str | int]]


def totals(chance: Chance, plan: ChannelPlan, units: Sequence[UnitRow], standing: Mapping[str, int]) -> Rows:
    """One row a unit, month and measure; the newspaper names units by what its readers call them."""
    flow = FLOWS[plan.key]
    for month in flow.months:
        for unit in units:
            cases = chance.between(flow.fewest, flow.most)
            quality = standing[unit.code] + chance.bell(60)
            if unit.code in flow.none_for or not cases:
                continue
            named = unit.aliases[0] if plan.key == "newspaper" else unit.code
            for row in _HANDLED[plan.key](chance, cases, quality):
                yield {"unit": named, "month": month, **row}


def _measure(measure: str, count: int, of: int) -> dict[str, str | int]:
    return {"measure": measure, "count": count, "of": of}


def _punctual(chance: Chance, cases: int, quality: int) -> int:
    return chance.hits(cases, min(PERMILLE, quality + 40))


def _show(chance: Chance, cases: int, quality: int) -> Rows:
    yield _measure("attended", chance.hits(1, min(PERMILLE, quality + 40)), 1)
    yield _measure("on_time", _punctual(chance, cases, quality), cases)
    yield _measure("satisfied", chance.hits(cases, quality), cases)


def _mayor(chance: Chance, cases: int, quality: int) -> Rows:
    reached = max(1, chance.hits(cases, 920))
    satisfied = chance.hits(reached, quality - 120)
    yield _measure("signed_on_time", _punctual(chance, cases, quality + 30), cases)
    yield _measure("resolved", chance.hits(reached, quality), reached)
    yield _measure("satisfied", satisfied, reached)
    yield {"measure": "basic", "count": chance.hits(reached - satisfied, 550)}


def _messages(chance: Chance, cases: int, quality: int) -> Rows:
    closed = chance.hits(cases, min(PERMILLE, quality + 50))
    followed_up = chance.hits(closed, quality)
    yield _measure("closed", closed, cases)
    yield _measure("on_time", _punctual(chance, cases, quality), cases)
    yield _measure("followed_up", followed_up, closed)
    yield _measure("satisfied", chance.hits(followed_up, quality), followed_up)


def _press(chance: Chance, cases: int, quality: int) -> Rows:
    yield _measure("on_time", _punctual(chance, cases, quality), cases)
    yield _measure("closed", chance.hits(cases, min(PERMILLE, quality + 50)), cases)
    yield _measure("satisfied", chance.hits(cases, quality), cases)


_HANDLED = {"hotline_show": _show, "hotline_12345": _mayor, "web_messages": _messages, "newspaper": _press}
