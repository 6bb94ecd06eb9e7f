"""The conformance kit: the laws every channel must keep, checked with generated and adversarial rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError

from pingyi.channels.channel import Channel
from pingyi.channels.facts import STAR, WORD, fact_title
from pingyi.channels.generating import UNITS, Row, bad_settings, load, rows_for
from pingyi.channels.text import Text
from pingyi.channels.types import (
    EMPTY,
    STATUSES,
    Context,
    Count,
    Entry,
    Period,
    Roll,
    Sample,
    Score,
    Share,
    Tally,
    encode_name,
)

YEAR = Period(starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
NEEDS = frozenset({"dates", "eligible", "issued", "registered"})
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

Sums = dict[str | None, Counter[str]]


def check_channel(
    channel: Channel,
    *,
    settings: Mapping[str, Any],
    rows: Sequence[Row] | None = None,
    rolls: Mapping[Roll, int] | None = None,
    period: Period | None = None,
    examples: int = 100,
) -> None:
    """Check every law of the contract; an AssertionError names the law that is broken.

    `settings` are raw, as a scheme gives them. `rows` are raw rows of real use: they make the generated ones
    more telling, and are necessary where generated ones alone are never rated. `rolls` and `period` are
    what the office knows beforehand; by default a year and 1,000 for each roll that the channel needs. The
    same arguments always check the same rows.
    """
    _declares_itself(channel)
    loaded = _loads(channel, settings)
    _refuses_bad_settings(channel, settings, loaded)
    needs = channel.needs(loaded)
    _law("declaration", needs <= NEEDS, f"needs names only {sorted(NEEDS)}")
    known = rolls if rolls is not None else {(name, ""): 1000 for name in needs - {"dates"}}
    bench = Bench(channel, loaded, period or YEAR, known)
    bench.nothing_is_not_rated()
    _run(bench, list(rows or ()), examples)


def _law(name: str, kept: bool, what: str) -> None:
    if not kept:
        raise AssertionError(f"law of {name}: {what}")


def _run(bench: Bench, rows: list[Row], examples: int) -> None:
    try:
        import hypothesis
    except ImportError as error:
        raise ImportError("check_channel generates its rows with hypothesis: install pingyi[test]") from error
    rated = 0

    def example(batch: list[Row]) -> None:
        nonlocal rated
        rated += bench.keeps_the_laws(batch)

    example(rows)
    quiet = hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    strategy = rows_for(bench.channel, bench.context(), rows)
    hypothesis.given(strategy)(quiet(example))()
    _law("evidence", rated > 0, "no generated rows are ever rated; give some with rows=[...]")


@dataclass(frozen=True)
class Bench:
    """A channel with its settings, and what is known beforehand."""

    channel: Channel
    settings: Mapping[str, Any]
    period: Period
    rolls: Mapping[Roll, int]

    def context(self) -> Context:
        """Make a fresh context, its cache empty."""
        return Context(self.settings, self.period, self.rolls)

    def nothing_is_not_rated(self) -> None:
        """No entries, no rolls and no dates: not rated, and never an error."""
        for context in (self.context(), Context(self.settings)):
            score = self.score(EMPTY, context)
            _law("evidence", score.rate is None, "without evidence a unit is not rated, never 0")
            _law("evidence", not score.n, "without evidence n is 0 or not known")

    def keeps_the_laws(self, batch: Sequence[Row]) -> int:
        """Check one list of raw rows; returns how many units they rate."""
        before = deepcopy(dict(self.settings))
        entries = self.standing([entry for row in batch if (entry := self.entry(row)) is not None])
        sums = self.fold(entries, self.context())
        self.order_never_matters(entries, sums)
        self.taking_back_leaves_nothing(entries, sums)
        rated = sum(self.score_is_sound(tally_of(sums, unit)) for unit in UNITS)
        _law("purity", before == dict(self.settings), "the settings are changed by an entry or a score")
        return rated

    def entry(self, row: Row) -> Entry | None:
        """Load a row: only ValidationErrors refuse, empty cells are not given, a dump loads again."""
        try:
            entry = load(self.channel, row, self.context())
        except Exception as error:
            raise AssertionError(f"law of refusal: a row raises {error!r}, not a ValidationError") from error
        if entry is not None:
            self.empty_is_not_given(entry)
        return entry

    def empty_is_not_given(self, entry: Entry) -> None:
        """Dump the entry, add empty cells, load it again: it is the same."""
        schema = self.channel.entry_schema(self.context())
        values = {**entry.values, "unit": entry.unit} if entry.unit is not None else dict(entry.values)
        dumped = {key: value for key, value in schema.dump(values).items() if value is not None}
        for empty in ("", None):
            try:
                again = schema.load({**dict.fromkeys(schema.fields, empty), **dumped})
            except ValidationError as error:
                raise AssertionError(f"law of empty cells: {dumped} is refused when loaded again") from error
            _law("empty cells", again == values, f"{dumped} loads differently with empty cells")

    def standing(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries that stand: of one identity the last."""
        latest: dict[Any, Entry] = {}
        for position, entry in enumerate(entries):
            words = tuple(
                entry.unit or "" if name == "unit" else str(entry.values.get(name) or "")
                for name in self.channel.identity
            )
            latest[words or position] = entry
        return list(latest.values())

    def counts(self, entry: Entry, context: Context) -> list[Count]:
        """What an entry adds, twice the same, in integers, and only shared counts without a unit."""
        values = deepcopy(dict(entry.values))
        try:
            found = list(self.channel.tally(entry, context))
            again = list(self.channel.tally(entry, self.context()))
        except Exception as error:
            raise AssertionError(f"law of purity: tally raises {error!r} for {values}") from error
        _law("purity", found == again, f"tally adds something else the second time for {values}")
        _law("purity", values == dict(entry.values), "tally changes its entry")
        for count in found:
            _law("integers", type(count.amount) is int, f"{count.counter} adds {count.amount!r}")
            words = count.counter
            named = type(words) is tuple and bool(words) and all(type(word) is str for word in words)
            _law("names", named, f"{words!r} is not a tuple of words")
            _law("units", count.shared or entry.unit is not None, "an entry without a unit adds to no unit")
        return found

    def fold(self, entries: Sequence[Entry], context: Context) -> Sums:
        """Sum what the entries add, per unit; the shared sums under None."""
        sums: Sums = {}
        for entry in entries:
            for count in self.counts(entry, context):
                unit = None if count.shared else entry.unit
                sums.setdefault(unit, Counter())[encode_name(count.counter)] += count.amount
        return sums

    def order_never_matters(self, entries: Sequence[Entry], sums: Sums) -> None:
        """Backwards, and in two batches: the same sums and the same scores."""
        backwards = self.fold(entries[::-1], self.context())
        half = len(entries) // 2
        first, second = self.fold(entries[half:], self.context()), self.fold(entries[:half], self.context())
        for unit, counts in second.items():
            first.setdefault(unit, Counter()).update(counts)
        for unit in UNITS:
            wanted = self.score(tally_of(sums, unit), self.context())
            for name, other in (("order", backwards), ("batches", first)):
                same = tally_of(other, unit)
                _law(name, dict(same) == dict(tally_of(sums, unit)), "the sums depend on it")
                _law(name, self.score(same, self.context()) == wanted, "the score depends on it")

    def taking_back_leaves_nothing(self, entries: Sequence[Entry], sums: Sums) -> None:
        """Subtract what was added: the score is that of nothing."""
        left = deepcopy(sums)
        for unit, counts in self.fold(entries[::-1], self.context()).items():
            left.setdefault(unit, Counter()).subtract(counts)
        for unit in UNITS:
            tally = tally_of(left, unit)
            _law("taking back", len(tally) == 0, "subtracting what was added leaves something")
            empty = self.score(EMPTY, self.context())
            _law("taking back", self.score(tally, self.context()) == empty, "a counter of 0 is not nothing")

    def score_is_sound(self, tally: Tally) -> bool:
        """Score again with a fresh and a used cache; check rate, status, facts, samples. Is it rated?"""
        context = self.context()
        score = self.score(tally, context)
        for other in (context, self.context()):
            _law("purity", self.score(tally, other) == score, "the same tally scores differently")
        _law("status", score.status in STATUSES, f"{score.status!r} is no status")
        _law("evidence", score.n is None or (type(score.n) is int and score.n >= 0), f"n is {score.n!r}")
        if score.rate is not None:
            _law("rate", type(score.rate) is Fraction, f"the rate is {score.rate!r}, not an exact Fraction")
            _law("rate", 0 <= score.rate <= 1, f"the rate is {score.rate}, not within 0 and 1")
            _law("evidence", score.n != 0, "a unit with no evidence is rated")
        for name, fact in score.facts.items():
            _law("facts", type(name) is str and _is_exact(fact), f"{name} is {fact!r}")
            titled = not self.channel.fact_titles or fact_title(self.channel, name) is not None
            _law("facts", titled, f"{name} has no title among those that fact_titles gives")
        for sample in score.samples:
            _law("samples", _is_sample(sample), f"{sample!r}")
        return score.rate is not None

    def score(self, tally: Tally, context: Context) -> Score:
        """Score a tally; it never raises."""
        try:
            return self.channel.score(tally, context)
        except Exception as error:
            raise AssertionError(f"law of purity: score raises {error!r} for {dict(tally)}") from error


def tally_of(sums: Sums, unit: str) -> Tally:
    """A unit's tally with the shared one behind it."""
    return Tally(dict(sums.get(unit, {})), Tally(dict(sums.get(None, {}))))


def _is_exact(fact: Any) -> bool:
    if isinstance(fact, Share):
        return type(fact.part) is int and type(fact.whole) is int and 0 <= fact.part <= fact.whole != 0
    if isinstance(fact, Fraction):
        return 0 <= fact <= 1
    return type(fact) in {int, str} or (isinstance(fact, Decimal) and fact.is_finite())


def _is_sample(sample: Sample) -> bool:
    exact = isinstance(sample.weight, Fraction) and isinstance(sample.sum_squares, Fraction)
    return exact and sample.weight >= 0 and sample.n > 0 and sample.sum_squares >= 0


def _declares_itself(channel: Channel) -> None:
    _law("declaration", bool(KEY.fullmatch(channel.key)), f"{channel.key!r} is not a key")
    _law("declaration", _in_both(channel.title), "the title stands in Chinese and English")
    for name, title in [*channel.fact_titles.items(), *channel.words.items()]:
        _law("declaration", _in_both(title), f"the title of {name} stands in Chinese and English")
    for name, title in channel.fact_titles.items():
        stars = name.count(STAR)
        whole = stars == 0 or (stars == 1 and WORD in title.zh and WORD in title.en)
        _law("declaration", whole, f"{name} has one star, and its title {WORD} in both languages")
    columns, options = channel.entry_schema().fields, channel.settings_schema().fields
    unknown = set(channel.identity) - set(columns)
    _law("declaration", not unknown, f"the identity names no column {sorted(unknown)}")
    for name, field in columns.items():
        keys = field.metadata.get("keys")
        _law("declaration", keys is None or keys in options, f"{name} has its keys from no setting {keys!r}")


def _in_both(title: object) -> bool:
    return isinstance(title, Text) and bool(title.zh and title.en)


def _loads(channel: Channel, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        loaded: Mapping[str, Any] = channel.settings_schema().load(deepcopy(dict(settings)))
    except ValidationError as error:
        raise AssertionError(f"law of settings: these are refused: {error.messages}") from error
    return loaded


def _refuses_bad_settings(channel: Channel, settings: Mapping[str, Any], loaded: Mapping[str, Any]) -> None:
    for what, bad in bad_settings(channel, settings, loaded):
        try:
            channel.settings_schema().load(bad)
        except ValidationError:
            continue
        except Exception as error:
            raise AssertionError(f"law of settings: {what} raises {error!r}") from error
        raise AssertionError(f"law of settings: {what} is not refused")
