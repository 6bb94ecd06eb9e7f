"""Which open ballots are held, and why: rules R1, R3 and R4 over a whole box, in whole numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, NamedTuple

from pingyi_surveys.ballot.opened_ballot import Judge, OpenedBallot
from pingyi_surveys.ballot.thresholds import Rules

SAME_DEVICE: Final = "R1"
NETWORK_BURST: Final = "R3"
DAY_SURGE: Final = "R4"

Levels = tuple[int | None, ...]
"""How good each option is: any whole numbers that rise with satisfaction, None for one without a score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Why ballots of a unit are held for one reason; never in which direction they went.

    `held`: ballots. `groups`: devices (R1), networks on a day (R3) or days (R4). `peak`: ballots in the
    largest group. `limit`: from how many ballots a group is looked at. `share` of the groups' scored ballots
    are on one side of the usual rating, `usual` of the ordinary ones are (None for R1: it asks for no side).
    """

    unit: str
    reason: str
    held: int
    groups: int
    peak: int
    limit: int
    share: Fraction | None = None
    usual: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reason or "" per ballot, in the order given; findings by unit and reason; units too rare to judge."""

    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    unjudged: tuple[str, ...]


class _Row(NamedTuple):
    """One ballot under R3 and R4: place, day, network, and the sum and number of its scored answers."""

    place: int
    day: int
    network: bytes
    total: int
    answered: int


class _Usual(NamedTuple):
    """The ordinary ballots: their rating total / answered, and how many are better and worse than it."""

    total: int
    answered: int
    better: int
    worse: int
    ballots: int


class _Group(NamedTuple):
    """A burst or a surge found one-sided: its ballots, those on the side, and how many are usual there."""

    size: int
    scored: int
    side: list[_Row]
    usual: Fraction


@dataclass(slots=True)
class _Unit:
    """The ballots of one unit, with what of them is a burst, a surge or ordinary."""

    rows: list[_Row]
    bursts: list[list[_Row]]
    limit: int
    ordinary: list[_Row]


def judge_by(rules: Rules, levels: Levels) -> Judge:
    """The rules as the opening wants them: of each ballot, why it is held, or ""."""

    def reasons(ballots: Sequence[OpenedBallot]) -> Sequence[str]:
        return judge(ballots, rules, levels).reasons

    return reasons


def judge(ballots: Sequence[OpenedBallot], rules: Rules, levels: Levels) -> Verdict:
    """Judge the open ballots of one channel; the same verdict for every ballot whatever their order.

    Ballots with a visit code are never held, and are no part of what is usual.
    """
    reasons = [""] * len(ballots)
    findings = _same_device(ballots, reasons)
    units = _units(ballots, reasons, rules, levels)
    common = _usual(row for unit in units.values() for row in unit.ordinary)
    unjudged = []
    for name, unit in units.items():
        usual = _usual(unit.ordinary)
        usual = usual if usual.ballots >= rules.usual_least else common
        if usual.ballots >= rules.usual_least:
            findings += _one_sided(name, unit, usual, rules, reasons)
        elif unit.bursts or _surges(unit.rows, unit.limit):
            unjudged.append(name)
    findings.sort(key=lambda finding: (finding.unit, finding.reason))
    return Verdict(tuple(reasons), tuple(findings), tuple(sorted(unjudged)))


def _same_device(ballots: Sequence[OpenedBallot], reasons: list[str]) -> list[Finding]:
    """R1: of a device's ballots for a unit the first counts (of its first day, the first by nullifier)."""
    first: dict[tuple[str, bytes], tuple[int, bytes, int]] = {}
    seen: Counter[tuple[str, bytes]] = Counter()
    for place, ballot in enumerate(ballots):
        if not ballot.device or ballot.kiosk or ballot.visit:
            continue
        key = ballot.unit, ballot.device
        found, mine = first.get(key), (ballot.day, ballot.nullifier, place)
        if found is None:
            first[key] = mine
            continue
        seen[key] += 1
        first[key] = min(found, mine)
        reasons[max(found, mine)[2]] = SAME_DEVICE
    devices: defaultdict[str, list[int]] = defaultdict(list)
    for (unit, _), more in seen.items():
        devices[unit].append(more)
    return [
        Finding(unit=unit, reason=SAME_DEVICE, held=sum(n), groups=len(n), peak=max(n) + 1, limit=2)
        for unit, n in devices.items()
    ]


def _units(
    ballots: Sequence[OpenedBallot], reasons: Sequence[str], rules: Rules, levels: Levels
) -> dict[str, _Unit]:
    """The ballots that R1 left, by unit."""
    scores: dict[tuple[int, ...], tuple[int, int]] = {}
    rows: defaultdict[str, list[_Row]] = defaultdict(list)
    days = {ballot.day for ballot in ballots}
    for place, ballot in enumerate(ballots):
        if ballot.visit or reasons[place]:
            continue
        score = scores.get(ballot.answers)
        if score is None:
            score = scores[ballot.answers] = _score(ballot.answers, levels)
        rows[ballot.unit].append(_Row(place, ballot.day, ballot.network, *score))
    length = max(days) - min(days) + 1 if days else 0
    return {unit: _unit(rows[unit], length, rules) for unit in sorted(rows)}


def _score(answers: tuple[int, ...], levels: Levels) -> tuple[int, int]:
    found = [levels[answer] for answer in answers if answer < len(levels)]
    scored = [level for level in found if level is not None]
    return sum(scored), len(scored)


def _unit(rows: list[_Row], length: int, rules: Rules) -> _Unit:
    """Tell a unit's bursts and surges from its ordinary ballots; `length`: days of the box, empty too."""
    networks: defaultdict[tuple[int, bytes], list[_Row]] = defaultdict(list)
    for row in rows:
        networks[row.day, row.network].append(row)
    bursts = {key: group for key, group in networks.items() if key[1] and len(group) >= rules.burst}
    limit = surge_limit(median_day(Counter(row.day for row in rows), length), rules)
    surges = _surges(rows, limit)
    ordinary = [row for row in rows if row.day not in surges and (row.day, row.network) not in bursts]
    return _Unit(rows, [bursts[key] for key in sorted(bursts)], limit, ordinary)


def median_day(days: Mapping[int, int], length: int) -> int:
    """The ballots of the median day; `length`: days of the box, those without ballots too."""
    counts = sorted(days.values())
    return ([0] * (length - len(counts)) + counts)[(length - 1) // 2]


def surge_limit(median: int, rules: Rules) -> int:
    """From how many ballots a day is a surge."""
    return max(rules.surge_least, -int(-rules.surge * median // 1))


def _surges(rows: Iterable[_Row], limit: int) -> dict[int, list[_Row]]:
    days: defaultdict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        days[row.day].append(row)
    return {day: days[day] for day in sorted(days) if len(days[day]) >= limit}


def _usual(rows: Iterable[_Row]) -> _Usual:
    scored = [row for row in rows if row.answered]
    total, answered = sum(row.total for row in scored), sum(row.answered for row in scored)
    better = sum(row.total * answered > total * row.answered for row in scored)
    worse = sum(row.total * answered < total * row.answered for row in scored)
    return _Usual(total, answered, better, worse, len(scored))


def _one_sided(name: str, unit: _Unit, usual: _Usual, rules: Rules, reasons: list[str]) -> Iterable[Finding]:
    """R3, then R4 over what R3 left: hold the ballots on the side to which a burst or a surge leans."""
    bursts = _leaning(unit.bursts, usual, rules)
    _hold(bursts, NETWORK_BURST, reasons)
    left = [row for row in unit.rows if not reasons[row.place]]
    surges = _leaning(_surges(left, unit.limit).values(), usual, rules)
    _hold(surges, DAY_SURGE, reasons)
    found = (NETWORK_BURST, bursts, rules.burst), (DAY_SURGE, surges, unit.limit)
    return [_finding(name, reason, groups, limit) for reason, groups, limit in found if groups]


def _leaning(groups: Iterable[list[_Row]], usual: _Usual, rules: Rules) -> list[_Group]:
    found = (_lean(group, usual, rules) for group in groups)
    return [group for group in found if group is not None]


def _lean(rows: list[_Row], usual: _Usual, rules: Rules) -> _Group | None:
    scored = [row for row in rows if row.answered]
    better = [row for row in scored if row.total * usual.answered > usual.total * row.answered]
    worse = [row for row in scored if row.total * usual.answered < usual.total * row.answered]
    for side, often in ((better, usual.better), (worse, usual.worse)):
        if _beyond(len(side), len(scored), often, usual.ballots, rules):
            return _Group(len(rows), len(scored), side, Fraction(often, usual.ballots))
    return None


def _beyond(side: int, size: int, usual: int, of: int, rules: Rules) -> bool:
    """Whether `side` of `size` is beyond `usual` of `of` by the margin and by chance, both samples counted.

    One ballot on either side is added to what is usual, so that a unanimous past has a deviation too.
    """
    if not size:
        return False
    usual, of = usual + 1, of + 2
    more = side * of - usual * size
    variance = usual * (of - usual) * size * (of + size)
    return more >= rules.margin * size * of and more * more * of >= rules.deviations**2 * variance


def _hold(groups: Iterable[_Group], reason: str, reasons: list[str]) -> None:
    for group in groups:
        for row in group.side:
            reasons[row.place] = reason


def _finding(unit: str, reason: str, groups: Sequence[_Group], limit: int) -> Finding:
    held, scored = sum(len(group.side) for group in groups), sum(group.scored for group in groups)
    expected = sum((group.usual * group.scored for group in groups), Fraction(0)) / scored
    return Finding(
        unit=unit,
        reason=reason,
        held=held,
        groups=len(groups),
        peak=max(group.size for group in groups),
        limit=limit,
        share=Fraction(held, scored),
        usual=expected,
    )
