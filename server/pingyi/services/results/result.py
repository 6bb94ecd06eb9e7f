"""A period's result as one value, from memory or from the tables, and its published files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from pingyi.channels import word
from pingyi.domain.canonical import canonical_json, plain_json
from pingyi.domain.period_state import PeriodState
from pingyi.domain.scheme.values import Scheme
from pingyi.services.spreadsheets.writing.csv_files import csv_for_people

TRAILING_COLUMNS = ("adjustments", "total", "rank", "of", "rank_low", "rank_high", "label", "grade", "status")
WHOLE_COLUMNS = ("all_total", "all_rank", "review")


@dataclass(frozen=True, slots=True)
class ChannelResult:
    """A unit on one channel: published points ("" where not rated), status, evidence, facts as printed."""

    points: str
    status: str
    n: int | None
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WholeResult:
    """A unit with held evidence counted, as published; `points` by channel, only where they are others.

    `review`: the rank is not that of the counted evidence.
    """

    total: str
    rank: int | None
    points: Mapping[str, str]
    review: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitResult:
    """A unit's line of the board; numbers are published spellings, "" where there is none.

    `scores` in the order of the scheme's channels; `groups` by key; `actions` proposed; `undecided` actions
    wait for a person's decision on a tie; `items` are the adjustments; `previous` the newest earlier result;
    `whole` only where something of the period is held.
    """

    code: str
    name: str
    category: str
    status: str
    total: str
    rank: int | None
    of: int | None
    grade: str
    adjustments: str
    coverage_percent: str
    in_bottom: bool
    groups: Mapping[str, str]
    scores: Sequence[ChannelResult]
    actions: Sequence[str] = ()
    undecided: Sequence[str] = ()
    items: Sequence[Mapping[str, str]] = ()
    previous: Mapping[str, Any] | None = None
    whole: WholeResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One revision of a period's result; units by category, then rank, then the list's order.

    `head`: the first signed head of the record that covers the publication, "" before that.
    """

    period: str
    scheme: Scheme
    units: Sequence[UnitResult]
    switch_offs: Sequence[Mapping[str, Any]] = ()
    notices: Sequence[Mapping[str, str]] = ()
    state: str = PeriodState.ASSESSED
    demonstration: bool = False
    revision: int = 1
    snapshot_digest: str = ""
    digest: str = ""
    assessed_at: datetime | None = None
    published_at: datetime | None = None
    head: str = ""
    record: Mapping[str, Any] = field(default_factory=dict)

    def of_category(self, key: str) -> list[UnitResult]:
        """The units of one category, best first, those outside the ranking last."""
        return [unit for unit in self.units if unit.category == key]


def results_json(result: Result) -> bytes:
    """Everything but ids, times, order, digests and heads: the same bytes for the same evidence."""
    return plain_json(result_document(result)) + b"\n"


def result_document(result: Result) -> dict[str, Any]:
    """The plain content of results.json: text, whole numbers and truth values only."""
    keys = [channel.key for channel in result.scheme.channels]
    return {
        "scheme": result.scheme.key,
        "full_marks": word(result.scheme.full_marks),
        "decimals": result.scheme.decimals,
        "channels": {channel.key: word(channel.max_points) for channel in result.scheme.channels},
        "units": [_unit_document(unit, keys) for unit in result.units],
        "switch_off_proposals": list(result.switch_offs),
        "notices": list(result.notices),
    }


def _unit_document(unit: UnitResult, keys: Sequence[str]) -> dict[str, Any]:
    return {
        "unit": unit.code,
        "name": unit.name,
        "category": unit.category,
        "status": unit.status,
        "total": unit.total,
        "rank": unit.rank,
        "of": unit.of,
        "grade": unit.grade,
        "adjustments": unit.adjustments,
        "adjustment_items": list(unit.items),
        "coverage_percent": unit.coverage_percent,
        "proposed_actions": list(unit.actions),
        "undecided_actions": list(unit.undecided),
        "groups": dict(unit.groups),
        "channels": {
            key: {"points": score.points, "status": score.status, "n": score.n, "facts": score.facts}
            for key, score in zip(keys, unit.scores, strict=True)
        },
        **_whole_document(unit.whole),
    }


def _whole_document(whole: WholeResult | None) -> dict[str, Any]:
    if whole is None:
        return {}
    points = dict(whole.points)
    return {"all_total": whole.total, "all_rank": whole.rank, "all_points": points, "review": whole.review}


def results_csv(result: Result, *, bom: bool = False) -> bytes:
    """results.csv of design 4, wider where something is held.

    The bytes of bundles and digests, for programs; with `bom` the same columns safe in a spreadsheet.
    """
    facts = _fact_names(result)
    lines = [_header(result, facts), *(list(_line(result, facts, unit)) for unit in result.units)]
    if bom:
        return csv_for_people(lines)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue().encode()


def _fact_names(result: Result) -> list[list[str]]:
    found: list[dict[str, None]] = [{} for _ in result.scheme.channels]
    for unit in result.units:
        for names, score in zip(found, unit.scores, strict=True):
            names.update(dict.fromkeys(score.facts))
    return [sorted(names) for names in found]


def _header(result: Result, facts: Sequence[Sequence[str]]) -> list[str]:
    columns = ["category", "unit", "name"]
    for channel, names in zip(result.scheme.channels, facts, strict=True):
        columns += [channel.key, f"{channel.key}.n", f"{channel.key}.status"]
        columns += [f"{channel.key}.{name}" for name in names]
    last = WHOLE_COLUMNS if any(unit.whole for unit in result.units) else ()
    return [*columns, *(group.key for group in result.scheme.groups), *TRAILING_COLUMNS, *last]


def _line(result: Result, facts: Sequence[Sequence[str]], unit: UnitResult) -> Iterator[Any]:
    yield from (unit.category, unit.code, unit.name)
    for names, score in zip(facts, unit.scores, strict=True):
        yield from (score.points, score.n, score.status)
        yield from (score.facts.get(name, "") for name in names)
    yield from (unit.groups.get(group.key, "") for group in result.scheme.groups)
    yield from (unit.adjustments, unit.total, unit.rank, unit.of, "", "", "", unit.grade, unit.status)
    if unit.whole:
        yield from (unit.whole.total, unit.whole.rank, "true" if unit.whole.review else "false")


def record_json(result: Result) -> bytes:
    """record.json: the ids, times, digests that results.json leaves out."""
    return (
        canonical_json(
            {
                "period": result.period,
                "revision": result.revision,
                "snapshot_sha256": result.snapshot_digest,
                "results_sha256": result.digest,
                "assessed_at": result.assessed_at,
                "published_at": result.published_at,
                "head": result.head or None,
                **result.record,
            }
        )
        + b"\n"
    )


def points_of(spelling: str) -> Decimal | None:
    """A published spelling as a number; None where nothing was rated."""
    return Decimal(spelling) if spelling else None
