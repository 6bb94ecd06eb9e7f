"""Pictures of a box as plain numbers for a template: bars of days, and bars beside those of all units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any, Final

from pingyi.channels import Text

WIDTH: Final = 360
HEIGHT: Final = 120
TOP: Final = 16
ROW: Final = 40
SPAN: Final = 300
FEW: Final = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: place and size, whether it reaches the line, and whether it is told with others only."""

    x: str
    y: str
    width: str
    height: str
    kind: str


@dataclass(frozen=True, slots=True)
class DayRow:
    """A line of the table: days, ballots (None: under 10), how far it leans (None: not told)."""

    days: str
    ballots: int | None
    over: bool
    leaning: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The ballots of every day; `limit_y` is None where the line is above the picture."""

    bars: tuple[Bar, ...]
    limit: int
    limit_y: str | None
    most: int
    first: str
    last: str
    rows: tuple[DayRow, ...]

    @property
    def over(self) -> int:
        """How many days reach the line."""
        return sum(row.over for row in self.rows)


@dataclass(frozen=True, slots=True)
class Beside:
    """A share of the unit's ballots beside that of all units, in percent; None where it is not told."""

    title: Text
    own: int | None
    every: int | None
    y: int

    def width(self, share: int | None) -> int:
        """How long its bar is."""
        return SPAN * (share or 0) // 100


def days_of(unit: Mapping[str, Any], every: Mapping[str, Any], first_day: date, length: int) -> Days:
    """The picture of a unit's days; `every`: the same of all units, `length`: days of the box."""
    counts = {group["of"][0]: group["ballots"] for group in unit["daily"] if len(group["of"]) == 1}
    together = {day for group in unit["daily"] if len(group["of"]) > 1 for day in group["of"]}
    told = {day: count for day, count in counts.items() if count is not None}
    start = min((day for group in every["daily"] for day in group["of"]), default=0)
    limit, most = unit["limit"], max(told.values(), default=0)
    top = max(most, limit)
    step = Fraction(WIDTH, max(1, length))
    bars = [_bar(day - start, told.get(day), step, top, limit) for day in sorted({*counts, *together})]
    return Days(
        bars=tuple(bars),
        limit=limit,
        limit_y=_spell(_height(top, limit)),
        most=most,
        first=_named(first_day, [start]),
        last=_named(first_day, [start + length - 1]),
        rows=tuple(_rows(unit, first_day)),
    )


def _bar(place: int, count: int | None, step: Fraction, top: int, limit: int) -> Bar:
    y = Fraction(HEIGHT - FEW) if count is None else _height(top, count)
    kind = "few" if count is None else "over" if count >= limit else "day"
    gap = step / 8
    return Bar(_spell(place * step + gap), _spell(y), _spell(step - 2 * gap), _spell(HEIGHT - y), kind)


def _height(top: int, count: int) -> Fraction:
    return HEIGHT - Fraction((HEIGHT - TOP) * count, max(1, top))


def _rows(unit: Mapping[str, Any], first_day: date) -> list[DayRow]:
    leaning = dict(unit["leaning"])
    return [
        DayRow(
            _named(first_day, group["of"]),
            group["ballots"],
            len(group["of"]) == 1 and (group["ballots"] or 0) >= unit["limit"],
            leaning.get(group["of"][0]) if len(group["of"]) == 1 else None,
        )
        for group in unit["daily"]
    ]


def _named(first_day: date, days: Sequence[int]) -> str:
    """Days as month and day, runs of them as one: "05-01 – 05-03, 05-09"."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    spelt = [[f"{first_day + timedelta(days=day):%m-%d}" for day in (run[0], run[-1])] for run in runs]
    return ", ".join(one if one == other else f"{one} – {other}" for one, other in spelt)


def groups_beside(
    unit: Sequence[Mapping[str, Any]], every: Sequence[Mapping[str, Any]], titles: Mapping[Any, Text]
) -> tuple[Beside, ...]:
    """The groups of a unit (times, strata), each beside the same group of all units."""
    own, whole = _sum(unit), _sum(every)
    return tuple(
        Beside(
            _joined([titles.get(key, Text(zh=str(key), en=str(key))) for key in group["of"]]),
            percent(group["ballots"], own),
            percent(_same(group["of"], every), whole),
            place * ROW,
        )
        for place, group in enumerate(unit)
    )


def _same(keys: Sequence[Any], groups: Sequence[Mapping[str, Any]]) -> int | None:
    """How many ballots groups hold that make up exactly these keys."""
    inside = [group for group in groups if set(group["of"]) <= set(keys)]
    told = sum(len(group["of"]) for group in inside) == len(keys)
    return _sum(inside) if told else None


def shares_beside(rows: Sequence[tuple[Text, int | None, int | None]]) -> tuple[Beside, ...]:
    """Shares in percent, each beside that of all units."""
    return tuple(Beside(title, own, every, place * ROW) for place, (title, own, every) in enumerate(rows))


def _sum(groups: Sequence[Mapping[str, Any]]) -> int:
    return sum(group["ballots"] or 0 for group in groups)


def _joined(titles: Sequence[Text]) -> Text:
    return Text(zh="、".join(title.zh for title in titles), en=", ".join(title.en for title in titles))


def percent(count: int | None, of: int) -> int | None:
    """A share of 100, half up; None where it is not told."""
    return None if count is None or not of else floor(Fraction(count * 100, of) + Fraction(1, 2))


def _spell(value: Fraction | int) -> str:
    """A length with one decimal, as the picture writes it."""
    tenths = floor(Fraction(value) * 10 + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10}"
