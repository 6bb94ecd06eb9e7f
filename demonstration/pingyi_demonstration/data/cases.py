"""Single cases of the 12345 hotline, the web messages and the newspaper, delivered quarter by quarter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

from pingyi.domain.scheme.values import ChannelPlan
from pingyi.services.periods.units import UnitRow
from pingyi_demonstration.data.chance import PERMILLE, Chance

QUARTERS = {range(1, 4): "2017-04", range(4, 7): "2017-07", range(7, 10): "2017-10", range(10, 13): "2018-01"}
YES, NO = "是", "否"
SIGNED_WITHIN = timedelta(days=1)
LATE_BUT_CLOSED = 600

Case = dict[str, str | int]


class Flow(NamedTuple):
    """Where cases come from, the fewest and most of a unit in a month, the days to close one.

    `follow_up`: how many in a thousand closed cases are followed up; 0: as the unit's quality has it.
    """

    sources: tuple[str, ...]
    fewest: int
    most: int
    days: int
    follow_up: int
    none_for: frozenset[str] = frozenset()


FLOWS = {
    "hotline_12345": Flow(("12345",), 1, 6, 7, 920, frozenset({"B19", "B22"})),
    "web_messages": Flow(("市民心声",), 1, 5, 10, 0, frozenset({"B13"})),
    "newspaper": Flow(
        ("政风行风之窗", "皖江晚报", "皖江在线"), 0, 2, 15, 900, frozenset({"B06", "B13", "B22", "C30"})
    ),
}


def single_cases(
    chance: Chance, plan: ChannelPlan, units: Sequence[UnitRow], standing: Mapping[str, int]
) -> Iterator[list[Case]]:
    """A wave a quarter: what it accepted, as it stood at its end, after what was closed of the one before."""
    numbers = count(1)
    left: list[Case] = []
    for months, until in QUARTERS.items():
        accepted = [
            _case(chance, plan.key, unit, month, next(numbers), quality)
            for month in months
            for unit, quality in _concerned(chance, plan.key, units, standing)
        ]
        yield [*left, *(_as_of(case, until) for case in accepted)]
        left = [case for case in accepted if _as_of(case, until) != case]
    yield left


def _concerned(
    chance: Chance, key: str, units: Sequence[UnitRow], standing: Mapping[str, int]
) -> Iterator[tuple[UnitRow, int]]:
    """A unit for each of its cases in a month, and how well it deals with them then."""
    flow = FLOWS[key]
    for unit in units:
        cases, quality = chance.between(flow.fewest, flow.most), standing[unit.code] + chance.bell(60)
        if unit.code not in flow.none_for:
            yield from [(unit, quality)] * cases


def _case(chance: Chance, key: str, unit: UnitRow, month: int, number: int, quality: int) -> Case:
    """A case with all that ever became of it; the newspaper names units by what its readers call them."""
    flow = FLOWS[key]
    # A spreadsheet cannot tell midnight sharp from the day, so no time falls on a whole hour.
    day, hour, minute = chance.between(1, 28), chance.between(8, 17), chance.between(1, 59)
    accepted = datetime(2017, month, day, hour, minute)  # noqa: DTZ001 - the period's zone is meant
    case: Case = {
        "unit": unit.aliases[0] if key == "newspaper" else unit.code,
        "source": flow.sources[chance.between(1, len(flow.sources)) - 1],
        "case": f"2017-{number:05}",
        "accepted_at": accepted.isoformat(),
    }
    if key == "hotline_12345":
        case |= _signed(chance, accepted, quality)
    case["due_at"] = (accepted + timedelta(days=flow.days)).date().isoformat()
    closed = _closed(chance, accepted, flow.days, quality)
    if closed:
        case["closed_at"] = closed.isoformat()
        case |= _followed_up(chance, key, flow.follow_up or quality, quality)
    return case


def _signed(chance: Chance, accepted: datetime, quality: int) -> Case:
    in_time = chance.hits(1, min(PERMILLE, quality + 70))
    hours = chance.between(1, 23) if in_time else chance.between(25, 60)
    return {
        "sign_due_at": (accepted + SIGNED_WITHIN).isoformat(),
        "signed_at": (accepted + timedelta(hours=hours)).isoformat(),
    }


def _closed(chance: Chance, accepted: datetime, days: int, quality: int) -> datetime | None:
    """When it was closed: in time, late, or never. The last day of the limit counts as a whole."""
    if chance.hits(1, min(PERMILLE, quality + 40)):
        return accepted + timedelta(hours=chance.between(61, 24 * days))
    if chance.hits(1, LATE_BUT_CLOSED):
        return accepted + timedelta(days=days + chance.between(1, 12))
    return None


def _followed_up(chance: Chance, key: str, asked: int, quality: int) -> Case:
    """What a follow-up call found; only the 12345 asks whether it is resolved, and knows a middle answer."""
    if not chance.hits(1, asked):
        return {"followed_up": NO}
    if not chance.hits(1, 960):
        return {"followed_up": YES, "reached": NO}
    found: Case = {"followed_up": YES, "reached": YES}
    if key != "hotline_12345":
        return {**found, "opinion": "satisfied" if chance.hits(1, quality) else "dissatisfied"}
    found["resolved"] = YES if chance.hits(1, quality) else NO
    milder = "basic" if chance.hits(1, 550) else "dissatisfied"
    return {**found, "opinion": "satisfied" if chance.hits(1, quality - 120) else milder}


_LATER = ("followed_up", "reached", "resolved", "opinion")


def _as_of(case: Case, until: str) -> Case:
    """The case as it was known before `until` (a month): what came later is left out."""
    known = {
        name: value
        for name, value in case.items()
        if name == "accepted_at" or not _is_after(name, value, until)
    }
    if "closed_at" not in known:
        known = {name: value for name, value in known.items() if name not in _LATER}
    return known


def _is_after(name: str, value: str | int, until: str) -> bool:
    return name in {"signed_at", "closed_at"} and str(value) >= until
