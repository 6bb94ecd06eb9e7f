"""What an assessment is made of and what it gives: plain values, points as whole numbers of 10**-decimals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal, Protocol

from pingyi.channels.text import Text
from pingyi.domain.rounding import spell_scaled, unscaled

AdjustmentKind = Literal["deduction", "bonus", "warning", "veto", "disqualification"]
ResultStatus = Literal["ranked", "needs_decision", "not_ranked", "veto", "disqualified"]

NOT_SUBMITTED = "not_submitted"
SWITCHED_OFF = "switched_off"


class Rated(Protocol):
    """What a channel says of a unit: a `pingyi.channels.Score` or a `ScoredRate`."""

    @property
    def rate(self) -> Fraction | None: ...

    @property
    def status(self) -> str: ...

    @property
    def veto(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ScoredRate:
    """A unit's exact rate in [0, 1] on one channel, or None with the reason in `status`."""

    rate: Fraction | None
    status: str = "ok"
    veto: bool = False


@dataclass(frozen=True, slots=True)
class AssessedUnit:
    """A unit by its code, and the category in which it is ranked."""

    code: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """Points (positive) added to or taken from a total; a linked one is listed, never applied."""

    unit: str
    kind: AdjustmentKind
    points: Decimal = Decimal(0)
    target: Literal["total", "linked"] = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided: `tie` for a unit (in, out), `switch_off` for a category's channel (yes, no)."""

    kind: Literal["tie", "switch_off"]
    choice: Literal["in", "out", "yes", "no"]
    unit: str = ""
    channel: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousResult:
    """A unit's place in an earlier period; rank and of are None where it was not ranked."""

    category: str
    total: Decimal | None
    rank: int | None
    of: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything a result depends on besides the scheme.

    `scores`: channel key -> unit code -> score; a unit without one counts as not submitted.
    `previous`: period key -> unit code -> result; periods are ordered by key, digits as numbers.
    """

    units: Sequence[AssessedUnit]
    scores: Mapping[str, Mapping[str, Rated]]
    adjustments: Sequence[Adjustment] = ()
    decisions: Sequence[Decision] = ()
    previous: Mapping[str, Mapping[str, PreviousResult]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitResult:
    """One unit's result; `points` and `statuses` follow the scheme's channels, `groups` its groups.

    Points, groups, adjustments and total are whole numbers of 10**-decimals, None where nothing was rated.
    `coverage` is the rated share of full_marks. `in_bottom`: in the last k of the first consequence;
    `consequences` and `undecided`: positions of the scheme's consequences that hold or wait for a decision.
    """

    unit: str
    category: str
    points: tuple[int | None, ...]
    statuses: tuple[str, ...]
    groups: tuple[int | None, ...]
    adjustments: int
    total: int | None
    rank: int | None
    of: int | None
    grade: str
    status: ResultStatus
    coverage: Fraction
    in_bottom: bool = False
    consequences: tuple[int, ...] = ()
    undecided: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A consequence proposed for a unit by the scheme's rule at position `rule`; a person confirms it."""

    unit: str
    action: str
    rule: int


@dataclass(frozen=True, slots=True)
class SwitchOffProposal:
    """A channel that `missing` of a category's `units` lack; a person decides on switching it off there."""

    category: str
    channel: str
    missing: int
    units: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to look at that stops nothing."""

    code: str
    category: str
    message: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The results of every unit in the order given, and what is proposed; nothing here is decided."""

    decimals: int
    channels: tuple[str, ...]
    groups: tuple[str, ...]
    units: tuple[UnitResult, ...]
    proposals: tuple[Proposal, ...]
    switch_offs: tuple[SwitchOffProposal, ...]
    notices: tuple[Notice, ...]

    def spell(self, value: int | None) -> str:
        """The published spelling of points: 8730 -> "87.30" at two decimals; "" where nothing was rated."""
        return spell_scaled(value, self.decimals)

    def number(self, value: int | None) -> Decimal | None:
        """The same as a Decimal, None where nothing was rated."""
        return None if value is None else unscaled(value, self.decimals)
