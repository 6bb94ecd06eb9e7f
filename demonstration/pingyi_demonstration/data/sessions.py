"""Sessions of the hotline show: one unit a working day, three times a year each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from pingyi.domain.scheme.values import ChannelPlan
from pingyi.services.periods.units import UnitRow
from pingyi_demonstration.data.chance import PERMILLE, Chance

ROUNDS = 3
SATURDAY = 5
FIRST_DAY = date(2017, 1, 3)


def sessions(
    chance: Chance, plan: ChannelPlan, units: Sequence[UnitRow], standing: Mapping[str, int]
) -> Iterator[dict[str, str | int]]:
    """Who came to each session, how many questions there were, and what became of them."""
    del plan
    days = _working_days()
    order = [units[place] for _ in range(ROUNDS) for place in chance.shuffled(list(range(len(units))))]
    for number, unit in enumerate(order, 1):
        quality = standing[unit.code] + chance.bell(60)
        questions = chance.between(4, 12)
        yield {
            "unit": unit.code,
            "session": f"第{number:03}期",
            "date": next(days).isoformat(),
            "attended_by": _attended_by(chance, quality),
            "questions": questions,
            "answered_on_time": chance.hits(questions, min(PERMILLE, quality + 40)),
            "resolved": chance.hits(questions, quality),
            "satisfied": chance.hits(questions, quality),
        }


def _working_days() -> Iterator[date]:
    days = (FIRST_DAY + timedelta(days=after) for after in range(366))
    return (day for day in days if day.weekday() < SATURDAY)


def _attended_by(chance: Chance, quality: int) -> str:
    """The leader most often, else a deputy; seldom somebody else or nobody."""
    if chance.hits(1, quality - 80):
        return "主要负责人"
    drawn = chance.between(1, 20)
    return "分管负责人" if drawn > 6 else "其他人员" if drawn > 2 else "缺席"
