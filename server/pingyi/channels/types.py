"""The contract's values: what a channel is given and what it returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, NamedTuple

from pingyi.channels.comparing import compared_text, plain_text

Name = tuple[str, ...]
Settings = Mapping[str, Any]
Status = Literal["ok", "no_cases", "too_few", "below_quorum", "void", "inconsistent"]

STATUSES: tuple[Status, ...] = ("ok", "no_cases", "too_few", "below_quorum", "void", "inconsistent")


def encode_name(words: Iterable[str]) -> str:
    """Join a counter's words into its stored spelling; "/" inside a word becomes "~1", "~" becomes "~0"."""
    parts = tuple(words)
    joined = "/".join(parts)
    if joined.count("/") == len(parts) - 1 and "~" not in joined:
        return joined
    return "/".join(part.replace("~", "~0").replace("/", "~1") for part in parts)


def decode_name(spelling: str) -> Name:
    """Split a stored spelling back into the counter's words."""
    parts = tuple(spelling.split("/"))
    if "~" not in spelling:
        return parts
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted submission: its values and its unit (None: only shared counts come of it)."""

    unit: str | None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Count:
    """What one entry adds: a counter's name as a tuple of words and an integer amount.

    It belongs to the entry's unit, or to the whole channel when `shared`.
    """

    counter: Name
    amount: int = 1
    shared: bool = False


class Tally(Mapping[Name, int]):
    """A unit's summed counters: a multiset of names.

    `tally["returned"]` and `tally["answer", "overall", "satisfied"]` are 0 when absent; `below` sums one
    level; `distinct` tells how many names there are; `shared` is the channel's own tally. The counts given
    to it must not change afterwards.
    """

    __slots__ = ("_counts", "_distinct", "_shared")

    def __init__(self, counts: Mapping[str, int] | None = None, shared: Tally | None = None) -> None:
        self._counts = counts or {}
        self._shared = shared
        self._distinct: dict[str, int] | None = None

    @classmethod
    def of(cls, counts: Mapping[Name, int], shared: Mapping[Name, int] | None = None) -> Tally:
        """Make a tally from counters named by tuples of words."""
        below = cls({encode_name(name): amount for name, amount in shared.items()}) if shared else None
        return cls({encode_name(name): amount for name, amount in counts.items()}, below)

    @property
    def shared(self) -> Tally:
        """The counters that belong to the channel as a whole."""
        return EMPTY if self._shared is None else self._shared

    @property
    def counts(self) -> Mapping[str, int]:
        """The counters under their stored spelling (words joined by "/"): the fast way in for a family."""
        return self._counts

    def __getitem__(self, name: Name | str) -> int:
        return self._counts.get(name if isinstance(name, str) and "/" not in name else _spelling(name), 0)

    def __iter__(self) -> Iterator[Name]:
        return (decode_name(name) for name, amount in self._counts.items() if amount)

    def __len__(self) -> int:
        return sum(1 for amount in self._counts.values() if amount)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, (str, tuple)) and self[name] != 0

    def below(self, *prefix: str) -> dict[str, int]:
        """The next words under `prefix`, each with all that lies deeper summed; zero sums are left out."""
        start = encode_name(prefix) + "/" if prefix else ""
        sums: dict[str, int] = {}
        for name, amount in self._counts.items():
            if name.startswith(start):
                head = name[len(start) :].split("/", 1)[0].replace("~1", "/").replace("~0", "~")
                sums[head] = sums.get(head, 0) + amount
        return {head: amount for head, amount in sums.items() if amount}

    def distinct(self, first: str) -> int:
        """How many names begin with the word `first`. All are counted once, however many units ask."""
        if self._distinct is None:
            self._distinct = Counter(name.split("/", 1)[0] for name, amount in self._counts.items() if amount)
        return self._distinct.get(encode_name((first,)), 0)


def _spelling(name: Name | str) -> str:
    return encode_name((name,) if isinstance(name, str) else name)


EMPTY = Tally()


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The dates of a scoring period (None where a bundle gives none) and its IANA time zone.

    `folds_names`: whether what makes an identity is compared folded; earlier periods compare it as written.
    """

    starts_on: date | None = None
    ends_on: date | None = None
    time_zone: str = "Asia/Shanghai"
    folds_names: bool = False


Roll = tuple[str, str]


@dataclass(frozen=True)
class Context:
    """What a channel may know besides the entry: its loaded settings, the period's dates, the rolls.

    `rolls` maps (name, stratum) to a count known beforehand; the stratum is "" when none was named.
    `cache` is a scratch place for values derived from the settings alone; it never changes a result.
    """

    settings: Settings
    period: Period = Period()
    rolls: Mapping[Roll, int] = field(default_factory=dict)
    cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def roll(self, name: str, stratum: str | None = None) -> int | None:
        """The recorded count `name` ("eligible", "issued", "registered"), over all strata when none is named.

        None when nothing was recorded.
        """
        if stratum is not None:
            return self.rolls.get((name, stratum))
        found = [count for (key, _), count in self.rolls.items() if key == name]
        return sum(found) if found else None

    def compared(self, text: str) -> str:
        """A name as this period compares it, whatever its width, case and dashes."""
        return compared_text(text) if self.period.folds_names else text

    def named(self, text: str) -> str:
        """A name as a counter of this period spells it: plain, in the case in which it was written."""
        return plain_text(text) if self.period.folds_names else text

    @cached_property
    def roll_names(self) -> frozenset[str]:
        """The names of all rolls recorded for this channel."""
        return frozenset(name for name, _ in self.rolls)


class Share(NamedTuple):
    """An exact share as a fact: `part` of `whole` (whole > 0), printed in percent with two decimals, half-up.

    It may stand unreduced; `Fraction(*share)` is its value.
    """

    part: int
    whole: int


class Sample(NamedTuple):
    """What a standard error needs of one stratum of a dimension or measure.

    `weight`: its exact weight in the rate; `n` answers; `sum_squares`: sum of squared deviations of the
    answers (on the rate's scale 0..1) from their mean; `population` for the finite correction; `block`:
    samples of one block add variances, blocks add standard errors.
    """

    weight: Fraction
    n: int
    sum_squares: Fraction
    population: int | None = None
    block: str = ""


Fact = Any


@dataclass(frozen=True, slots=True)
class Score:
    """What a unit's sum is worth: an exact rate in [0, 1], or None with the reason in `status`.

    `n` is the evidence (None where it cannot be known), `facts` named figures printed beside the points:
    a Share or Fraction in [0, 1] (printed in percent), a Decimal or int (printed as it is), or a word.
    """

    rate: Fraction | None
    status: Status = "ok"
    n: int | None = 0
    samples: tuple[Sample, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    veto: bool = False

    def __post_init__(self) -> None:
        if (self.rate is None) == (self.status == "ok"):
            raise ValueError("a score has a rate exactly when its status is ok")
