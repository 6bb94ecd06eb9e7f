"""A county's quarter: enterprises, investors, business owners, and deputies with members."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.rolls import RollRow
from pingyi.services.periods.units import UnitRow
from pingyi_demonstration.data.ballots import roster_weights
from pingyi_demonstration.data.chance import Chance
from pingyi_demonstration.data.deliveries import standing_of
from pingyi_demonstration.data.evaluation import (
    Entry,
    Evaluation,
    counted,
    names_of,
    numbered,
    seen_by,
    three_weights,
    within,
)

KEY = "county-quarterly"
QUARTER = "2020-Q1"
INVESTORS = tuple(f"客商{number}" for number in range(1, 13))
# Eligible, issued and returned of each part of the roster.
ROSTER = {"deputies": (180, 176, 158), "members": (140, 138, 121)}


def units() -> list[UnitRow]:
    """24 departments, 10 services, 12 towns."""
    names = names_of(KEY)
    departments = numbered("XJ-D", "departments", names["departments"])
    services = numbered("XJ-S", "services", names["services"])
    return [*departments, *services, *numbered("XJ-T", "towns", names["towns"])]


def evaluation(seed: int) -> Evaluation:
    """The quarter's generated evidence."""
    evaluated = units()
    standing = standing_of(evaluated, seed)
    entries = {}
    for key, generate in (
        ("enterprises", _enterprises),
        ("investors", _investors),
        ("owners", _owners),
        ("delegates", _delegates),
    ):
        chance = Chance(f"{seed}/{KEY}/{key}")
        entries[key] = [list(generate(chance, seen_by(chance, evaluated, standing)))]
    rolls = [
        RollRow(channel="delegates", name="eligible", count=eligible, stratum=stratum)
        for stratum, (eligible, _, _) in ROSTER.items()
    ]
    draft = PeriodDraft(key="county-2020-q1", starts_on=date(2020, 1, 1), ends_on=date(2020, 3, 31))
    return Evaluation(scheme=KEY, draft=draft, units=evaluated, entries=entries, rolls=rolls)


Seen = list[tuple[str, int]]


def _enterprises(chance: Chance, seen: Seen) -> Iterator[Entry]:
    """Too few enterprises have to do with the last town."""
    for code, quality in seen:
        ballots = 12 if code == seen[-1][0] else chance.between(25, 80)
        yield from counted(code, chance.parted(ballots, three_weights(quality)), batch=QUARTER)


def _investors(chance: Chance, seen: Seen) -> Iterator[Entry]:
    for investor in INVESTORS:
        mildness = chance.bell(40)
        for code, quality in seen:
            mark = within(quality + mildness + chance.bell(60)) // 10
            yield {"unit": code, "rater": investor, "score": str(mark)}


def _owners(chance: Chance, seen: Seen) -> Iterator[Entry]:
    for code, quality in seen:
        ballots = chance.between(40, 180)
        yield from counted(code, chance.parted(ballots, three_weights(quality)), batch=QUARTER)


def _delegates(chance: Chance, seen: Seen) -> Iterator[Entry]:
    for stratum, (_, issued, returned) in ROSTER.items():
        yield {"stratum": stratum, "option": "issued", "count": issued}
        yield {"stratum": stratum, "option": "returned", "count": returned}
        for code, quality in seen:
            ballots = chance.parted(returned, roster_weights(quality))
            yield from counted(code, ballots, stratum=stratum)
