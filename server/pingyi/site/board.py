"""The board of one category as plain values: parts of the total, bars, changes of rank, flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from pingyi.channels import Text
from pingyi.domain.scheme.values import Category, Scheme
from pingyi.services.results.result import Result, UnitResult, points_of
from pingyi.site.labels import RESULT_TITLES, REVIEW, plain

WIDTH = 1000
COLOURS = 12
_COUNTS = {1: "末位", 2: "末两位"}


@dataclass(frozen=True, slots=True)
class BoardPart:
    """A group or channel that stands directly below the total; `channels` are positions in the scheme."""

    key: str
    title: Text
    max_points: Decimal
    colour: int
    channels: tuple[int, ...]
    is_group: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar, in thousandths of its width."""

    colour: int
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A unit on the board; `change` is how many ranks it rose since the last result, None where unknown."""

    unit: UnitResult
    segments: tuple[Segment, ...]
    bar_words: Text
    change: int | None
    flags: tuple[tuple[str, Text], ...]
    reason: Text | None


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the page of one category shows."""

    result: Result
    category: Category
    parts: tuple[BoardPart, ...]
    ranked: tuple[BoardLine, ...]
    unranked: tuple[BoardLine, ...]
    evidence: int
    delivered: int
    fingerprint: str
    shows_grades: bool
    shows_previous: bool
    shows_whole: bool
    notes: tuple[Text, ...]

    @property
    def at(self) -> datetime | None:
        """When the result was published, or else assessed."""
        return self.result.published_at or self.result.assessed_at


def board_of(result: Result, category: Category) -> Board:
    """Lay out the units of a category; `result` holds at least those."""
    units = result.of_category(category.key)
    parts = parts_of(result.scheme)
    lines = [_line(result.scheme, parts, unit) for unit in units]
    return Board(
        result=result,
        category=category,
        parts=parts,
        ranked=tuple(line for line in lines if line.unit.rank is not None),
        unranked=tuple(line for line in lines if line.unit.rank is None),
        evidence=sum(score.n or 0 for unit in units for score in unit.scores),
        delivered=_delivered(result.scheme, units),
        fingerprint=fingerprint(result.digest),
        shows_grades=any(unit.grade for unit in units),
        shows_previous=any(unit.previous for unit in units),
        shows_whole=any(unit.whole for unit in units),
        notes=_notes(result, category),
    )


def parts_of(scheme: Scheme) -> tuple[BoardPart, ...]:
    """The groups and channels directly below the total, in the order of the scheme's channels."""
    found: dict[str, list[int]] = {}
    for position, channel in enumerate(scheme.channels):
        found.setdefault(top_of(scheme, channel.group) or channel.key, []).append(position)
    parts = []
    for colour, (key, positions) in enumerate(found.items()):
        group = scheme.group(key)
        title = group.title if group else scheme.channels[positions[0]].title
        points = sum((scheme.channels[position].max_points for position in positions), Decimal(0))
        parts.append(BoardPart(key, title, points, colour % COLOURS, tuple(positions), group is not None))
    return tuple(parts)


def top_of(scheme: Scheme, group_key: str) -> str:
    """The outermost group around a group, "" where there is none."""
    group = scheme.group(group_key)
    return (top_of(scheme, group.parent) or group.key) if group else ""


def part_points(part: BoardPart, unit: UnitResult) -> str:
    """A unit's published points on a part of the total, "" where nothing was rated."""
    return unit.groups.get(part.key, "") if part.is_group else unit.scores[part.channels[0]].points


def fingerprint(digest: str) -> str:
    """The first twelve hexadecimal digits, in fours."""
    return " ".join(digest[start : start + 4] for start in (0, 4, 8))


def thousandths(points: Decimal, full: Decimal) -> int:
    """A length in thousandths of a bar, between 0 and its whole width."""
    return min(max(int(Fraction(points) * WIDTH / Fraction(full)), 0), WIDTH) if full else 0


def _line(scheme: Scheme, parts: Sequence[BoardPart], unit: UnitResult) -> BoardLine:
    segments, words, so_far = [], [], Decimal(0)
    for part in parts:
        spelling = part_points(part, unit)
        words.append((part.title, spelling or "—", plain(part.max_points)))
        points = points_of(spelling)
        if points:
            start = thousandths(so_far, scheme.full_marks)
            so_far += points
            segments.append(Segment(part.colour, start, thousandths(so_far, scheme.full_marks) - start))
    bar_words = Text(
        zh="；".join(f"{title.zh} {got}/{most}" for title, got, most in words),
        en="; ".join(f"{title.en} {got} of {most}" for title, got, most in words),
    )
    return BoardLine(
        unit, tuple(segments), bar_words, _change(unit), _flags(scheme, unit), _reason(scheme, unit)
    )


def _change(unit: UnitResult) -> int | None:
    earlier = (unit.previous or {}).get("rank")
    if earlier is None or unit.rank is None or (unit.previous or {}).get("category") != unit.category:
        return None
    return int(earlier) - unit.rank


def _flags(scheme: Scheme, unit: UnitResult) -> tuple[tuple[str, Text], ...]:
    flags: list[tuple[str, Text]] = []
    if unit.in_bottom and scheme.consequences:
        k = scheme.consequences[0].k
        flags.append(("bottom", Text(zh=_COUNTS.get(k, f"末{k}位"), en="last" if k == 1 else f"last {k}")))
    if unit.undecided or unit.status == "needs_decision":
        flags.append(("open", RESULT_TITLES["needs_decision"]))
    if unit.whole and unit.whole.review:
        flags.append(("review", REVIEW))
    return tuple(flags)


def _reason(scheme: Scheme, unit: UnitResult) -> Text | None:
    """Why a unit stands outside the ranking."""
    if unit.rank is not None:
        return None
    if unit.status == "not_ranked":
        return _TOO_LITTLE.format(rated=unit.coverage_percent, least=plain(scheme.policies.min_coverage))
    title = RESULT_TITLES.get(unit.status, RESULT_TITLES["not_ranked"])
    told = [
        item["reason"]
        for item in unit.items
        if item["kind"] in {"veto", "disqualification"} and item["reason"]
    ]
    return Text(zh="：".join([title.zh, *told]), en=": ".join([title.en, *told]))


def _delivered(scheme: Scheme, units: Sequence[UnitResult]) -> int:
    """On how many channels anything came for these units."""
    silent = {"not_submitted", "switched_off"}
    return sum(
        any(unit.scores[position].status not in silent for unit in units)
        for position in range(len(scheme.channels))
    )


def _notes(result: Result, category: Category) -> tuple[Text, ...]:
    notes = [Text(zh=n["zh"], en=n["en"]) for n in result.notices if n["category"] in {"", category.key}]
    for proposal in result.switch_offs:
        channel = result.scheme.channel(proposal["channel"])
        if proposal["category"] == category.key and channel:
            counts = {"missing": proposal["missing"], "units": proposal["units"]}
            notes.append(_SWITCH_OFF.format(zh=channel.title.zh, en=channel.title.en, **counts))
    return tuple(notes)


_TOO_LITTLE = Text(
    zh="可计分渠道仅占满分的 {rated}%，低于方案规定的 {least}%",
    en="only {rated}% of the full marks could be rated, below the {least}% that the scheme demands",
)
_SWITCH_OFF = Text(
    zh="渠道“{zh}”在本类别有 {missing}/{units} 个单位未计分，是否停用由评议办公室决定。",
    en="Channel {en} did not rate {missing} of {units} units here; the office decides whether it is used.",
)
