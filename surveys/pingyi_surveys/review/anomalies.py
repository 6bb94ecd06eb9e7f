"""What a whole box looked like, unit by unit: no number of under 10 ballots, and never a direction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from math import floor
from statistics import median
from typing import Any, Final, NamedTuple, TypeVar

from pingyi_surveys.ballot.layout import Layout
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.quarantine import SAME_DEVICE, Levels, Verdict, judge, median_day, surge_limit
from pingyi_surveys.ballot.tally_cells import (
    COUNTED,
    FLOOR,
    NO_ANSWER_OPTION,
    WITHHELD,
    tallied,
    too_few_to_hold,
)
from pingyi_surveys.ballot.thresholds import Rules
from pingyi_surveys.review.quarantine_report import farm_needed, signal_of, slow_farm

FARM_PER_DAY: Final = 20
FARM_POINTS: Final = Fraction(5)
LEAST_DAYS: Final = 3
BANDS: Final = (1, 5, 10, 25, 50, 75)
Worths = Sequence[Fraction | None]
Key = TypeVar("Key", int, str)


class _Row(NamedTuple):
    """A ballot without its answers: their sum and number, and whether all are the same scored option."""

    day: int
    network: bytes
    fill: int
    stratum: str
    same_device: bool
    visit: bool
    total: int
    answered: int
    straight: bool


def anomaly_report(
    ballots: Sequence[OpenedBallot],
    reasons: Sequence[str],
    layout: Layout,
    rules: Rules,
    levels: Levels,
    *,
    worth: Worths = (),
    verdict: Verdict | None = None,
) -> dict[str, Any]:
    """The report of one channel's box as plain data, the same whatever the order of the ballots.

    `reasons`: what the rules say of each ballot. `worth`: points of each option, for what a slow farm can
    do; `verdict`: what `judge` said, where the caller has it (it is asked again otherwise; never of rosters).
    A part of the ballots that is under 10, or leaves under 10, is None; groups under 10 are put together.
    """
    found = verdict or (Verdict((), (), ()) if layout.every_unit else judge(ballots, rules, levels))
    units = _rows(ballots, reasons, layout, levels)
    days = [ballot.day for ballot in ballots] or [0]
    length = max(days) - min(days) + 1
    cells = _cells(layout, ballots, reasons)
    every = [row for rows in units.values() for row in rows]
    return {
        "ballots": len(ballots),
        "days": length,
        "all": {**_whole(every, layout), "unsure": _unsure(cells.values(), layout)},
        "units": [
            {
                "unit": unit,
                **_whole(units[unit], layout),
                **_peaks(units[unit], length, rules),
                "unsure": _unsure([cells[unit]], layout),
                "farm": None if layout.every_unit else _farm(unit, cells[unit], layout, worth, length),
            }
            for unit in sorted(units)
        ],
        "findings": [asdict(signal_of(finding)) for finding in found.findings],
        "unjudged": list(found.unjudged),
    }


def _rows(
    ballots: Sequence[OpenedBallot], reasons: Sequence[str], layout: Layout, levels: Levels
) -> dict[str, list[_Row]]:
    seen: dict[tuple[int, ...], tuple[int, int, bool]] = {}
    units: defaultdict[str, list[_Row]] = defaultdict(list)
    for ballot, reason in zip(ballots, reasons, strict=True):
        answers = ballot.answers
        read = seen.get(answers)
        if read is None:
            scored = [levels[answer] for answer in answers if answer < layout.scored]
            told = [level for level in scored if level is not None]
            same = len(answers) > 1 and len(set(answers)) == 1 and answers[0] < layout.scored
            read = seen[answers] = sum(told), len(told), same
        units[ballot.unit].append(
            _Row(
                ballot.day,
                ballot.network,
                ballot.fill,
                ballot.stratum,
                reason == SAME_DEVICE,
                ballot.visit,
                *read,
            )
        )
    return units


def _whole(rows: Sequence[_Row], layout: Layout) -> dict[str, Any]:
    """What is told of a unit, and of all units to compare it with."""
    straight = sum(row.straight for row in rows)
    return {
        "ballots": len(rows),
        "daily": _together(Counter(row.day for row in rows)),
        "fill": _together(Counter(row.fill for row in rows)),
        "strata": _together(Counter(row.stratum for row in rows)),
        "straight": _part(straight, len(rows)) if layout.questions > 1 else None,
    }


def _together(counts: Mapping[Key, int]) -> list[dict[str, Any]]:
    """Groups of 10 ballots or more; all others as one, joined by the smallest of those if it is under 10."""
    large = sorted((count, key) for key, count in counts.items() if count >= FLOOR)
    small = [key for key, count in counts.items() if count < FLOOR]
    rest = sum(counts[key] for key in small)
    if 0 < rest < FLOOR and large:
        joined, joining = large.pop(0)
        rest += joined
        small.append(joining)
    told: list[dict[str, Any]] = [{"of": [key], "ballots": count} for count, key in large]
    if small:
        told.append({"of": sorted(small), "ballots": rest if rest >= FLOOR else None})
    return sorted(told, key=lambda group: group["of"])


def _part(count: int, of: int) -> int | None:
    return None if of < FLOOR or 0 < count < FLOOR or 0 < of - count < FLOOR else count


def _peaks(rows: Sequence[_Row], length: int, rules: Rules) -> dict[str, Any]:
    """Days and networks with many ballots; `limit`: from how many R4 looks at a day."""
    looked_at = Counter(row.day for row in rows if not (row.visit or row.same_device))
    networks = Counter((row.day, row.network) for row in rows if row.network)
    bursts = [count for count in networks.values() if count >= rules.burst]
    return {
        "limit": surge_limit(median_day(looked_at, length), rules),
        "leaning": _leaning(rows),
        "network": _band(max(networks.values(), default=0), len(rows)),
        "burst": rules.burst,
        "bursts": len(bursts),
        "in_bursts": _part(sum(bursts), len(rows)),
    }


def _leaning(rows: Sequence[_Row]) -> list[list[int]]:
    """Per day how many of 100 ballots more, or fewer, than on the median day lie on one side of its rating.

    Days with under 10 scored ballots are left out, and no part of the median.
    """
    found: defaultdict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        if row.answered:
            found[row.day].append(row)
    days = {day: found[day] for day in sorted(found) if len(found[day]) >= FLOOR}
    if len(days) < LEAST_DAYS:
        return []
    usual = median(
        Fraction(sum(row.total for row in day), sum(row.answered for row in day)) for day in days.values()
    )
    shares = [_shares(day, usual) for day in days.values()]
    common = [median(side) for side in zip(*shares, strict=True)]
    beyond = [max(abs(mine - its) for mine, its in zip(share, common, strict=True)) for share in shares]
    return [[day, _hundredths(most)] for day, most in zip(days, beyond, strict=True)]


def _shares(rows: Sequence[_Row], usual: Fraction) -> tuple[Fraction, Fraction]:
    """Which shares of the ballots are better and worse than the usual rating."""
    sides = [row.total * usual.denominator - usual.numerator * row.answered for row in rows]
    better, worse = sum(side > 0 for side in sides), sum(side < 0 for side in sides)
    return Fraction(better, len(rows)), Fraction(worse, len(rows))


def _band(peak: int, of: int) -> str | None:
    """A share of the unit's ballots as a band in percent; "<10" under the floor, None without any."""
    if peak < FLOOR:
        return "<10" if peak else None
    below = [edge for edge in BANDS if peak * 100 >= edge * of]
    above = [edge for edge in BANDS if peak * 100 < edge * of]
    return f"{below[-1] if below else 0}-{above[0] if above else 100}"


Cells = Mapping[tuple[str, str], int]


def _cells(
    layout: Layout, ballots: Sequence[OpenedBallot], reasons: Sequence[str]
) -> defaultdict[str, Counter[tuple[str, str]]]:
    """Answers by unit, standing and option: what the tallies tell, and nothing of what they withhold."""
    dropped = too_few_to_hold(ballots, reasons)
    standing = zip(ballots, reasons, strict=True)
    kept = ((one, reason) for one, reason in standing if (one.unit, one.stratum, reason) not in dropped)
    cells: defaultdict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for entry in tallied(layout, kept, ""):
        if entry.option != WITHHELD:
            cells["" if layout.every_unit else entry.unit][entry.standing, entry.option] += entry.count
    return cells


def _unsure(cells: Iterable[Cells], layout: Layout) -> int | None:
    """Of 100 answers, how many say "don't know" or nothing; None where every cell is withheld."""
    unscored = {*layout.options[layout.scored :], NO_ANSWER_OPTION}
    given: Counter[bool] = Counter()
    for cell in cells:
        for (_, option), count in cell.items():
            given[option in unscored] += count
    return _hundredths(Fraction(given[True], given.total())) if given else None


def _farm(unit: str, cells: Cells, layout: Layout, worth: Worths, days: int) -> dict[str, Any] | None:
    """What 20 ballots a day that no rule sees could do to the unit's rating; None where it has none."""
    points = {
        option: value for option, value in zip(layout.options, worth, strict=False) if value is not None
    }
    counts = {option: cells.get((COUNTED, option), 0) for option in points}
    answers = sum(counts.values())
    if answers < FLOOR * len(layout.dimensions):
        return None
    ballots = answers // len(layout.dimensions)
    rating = sum((points[option] * count for option, count in counts.items()), Fraction(0)) / answers
    best, worst = max(points.values()), min(points.values())
    farm = slow_farm(
        unit=unit, ballots=ballots, rating=rating, best=best, worst=worst, days=days, per_day=FARM_PER_DAY
    )
    return {
        "per_day": farm.per_day,
        "farm": farm.farm,
        "raised": str(farm.raised),
        "lowered": str(farm.lowered),
        "needed": farm_needed(ballots=ballots, rating=rating, best=best, points=FARM_POINTS),
    }


def _hundredths(share: Fraction) -> int:
    return floor(share * 100 + Fraction(1, 2))
