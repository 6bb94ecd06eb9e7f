"""Case totals (F2): an operator's sums or published rates instead of single cases.

Counters: ("of", measure), ("count", measure), ("rate", measure, "98.06") once for each rate published without
`of`, ("rate_of", measure, "98.06") its `of`; ("given", measure, "of" or "bare" or "alone", "month" or
"whole") once for each row. Rates with and without `of`, or rows with and without `month`, for one measure are
`inconsistent`, and so is more satisfied (with credit) than asked.

Facts: `<measure>_n`, `<measure>_rate` (without credit) and `<measure>_score`, or `<event>_count` and
`<event>_deducted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

from marshmallow import ValidationError, validate, validates, validates_schema

from pingyi.channels import (
    Channel,
    Context,
    Count,
    Entry,
    EntrySchema,
    Listed,
    Month,
    Percent,
    Score,
    Settings,
    Share,
    Tally,
    Text,
    Whole,
    called,
    in_words,
    word,
)
from pingyi.channels.families.case.measure_settings import MeasureSettings
from pingyi.channels.families.case.measures import Reading, plan_of, read, score_events, score_rates, used
from pingyi.channels.families.case.titles import ALSO_MEASURES, MEASURE_TITLES, OPINION_WORDS, WORDS
from pingyi.channels.families.words import evidence_field
from pingyi.channels.messages import ONE_OF, REQUIRED, Message
from pingyi.channels.schema import MAX_COUNT

__all__ = ["MeasureSettings", "TotalsEntry", "channel", "score", "tally"]

SATISFIED = "satisfied"


def measure_words(settings: Settings) -> Mapping[str, Text]:
    """What may be reported: measures, what counts partly, events."""
    keys = (*used(settings), *settings.get("credit", ()), *settings.get("events", ()))
    return called(keys, {**OPINION_WORDS, **WORDS})


def figures_of(measure: str, settings: Settings) -> tuple[str, ...]:
    """The columns that an entry about this measure may fill in."""
    if measure in settings.get("events", ()):
        return ("count",)
    return ("count", "of") if measure in settings.get("credit", ()) else ("count", "of", "rate")


class TotalsEntry(EntrySchema):
    """`month`, `measure`, then `count` and `of`, or `rate` (percent, if known with `of`); `evidence`."""

    month = Month(metadata={"title_zh": "月份", "title_en": "Month", "across": ("count", "of", "rate")})
    measure = Listed(
        measure_words,
        also=ALSO_MEASURES,
        required=True,
        validate=validate.Length(min=1),
        metadata={
            "title_zh": "指标",
            "title_en": "Measure",
            "also": ("考核指标", "指标名称"),
            "across": figures_of,
        },
    )
    count = Whole(metadata={"title_zh": "件数", "title_en": "Count", "also": ("数量",)})
    of = Whole(metadata={"title_zh": "总数", "title_en": "Of", "also": ("总件数", "合计")})
    rate = Percent(metadata={"title_zh": "率（%）", "title_en": "Rate (%)", "also": ("比率", "百分比")})
    evidence = evidence_field()

    @validates("month")
    def is_in_the_period(self, value: str, data_key: str) -> None:
        period = self.channel.period
        first = period.starts_on.strftime("%Y-%m") if period.starts_on else value
        last = period.ends_on.strftime("%Y-%m") if period.ends_on else value
        if not first <= value <= last:
            raise ValidationError(Message(zh="月份不在本周期内。", en="This month lies outside the period."))

    @validates("measure")
    def is_named_by_the_settings(self, value: str, data_key: str) -> None:
        settings = self.channel.settings
        if settings and value not in (known := measure_words(settings)):
            raise ValidationError(ONE_OF.format(choices=in_words(known)))

    @validates_schema
    def has_its_figures(self, data: dict[str, Any], **_: Any) -> None:
        settings, measure = self.channel.settings, data["measure"]
        if measure in settings.get("events", ()):
            if "count" not in data or "of" in data or "rate" in data:
                raise ValidationError(
                    Message(zh="扣分事项只填件数。", en="An event has a count alone."), "count"
                )
        elif measure in settings.get("credit", ()):
            if "count" not in data or "rate" in data:
                raise ValidationError(REQUIRED, "count")
        elif ("rate" in data) == ("count" in data) or ("count" in data and "of" not in data):
            raise ValidationError(
                Message(
                    zh="填“件数”和“总数”，或者只填“率（%）”。",
                    en='Give either "count" with "of", or "rate".',
                ),
                "count",
            )
        if "count" in data and "of" in data and data["count"] > data["of"]:
            raise ValidationError(Message(zh="大于总数。", en='Larger than "of".'), "count")
        if "rate" in data and data.get("of") == 0:
            raise ValidationError(
                Message(zh="总数为0时没有率。", en="A rate of nothing is not a rate."), "of"
            )


def tally(entry: Entry, _context: Context) -> Iterable[Count]:
    """Add the row's figures, and how they were given."""
    values = entry.values
    measure, of = values["measure"], values.get("of")
    month = "month" if values.get("month") else "whole"
    if values.get("rate") is not None:
        rate = word(values["rate"])
        counted = Count(("rate", measure, rate)) if of is None else Count(("rate_of", measure, rate), of)
        return (Count(("given", measure, "bare" if of is None else "of", month)), counted)
    given = Count(("given", measure, "alone" if of is None else "of", month))
    return (given, Count(("count", measure), values["count"]), Count(("of", measure), of or 0))


def contradictions(entries: Sequence[Entry], context: Context) -> Iterator[tuple[int, Message]]:
    """Months beside a whole year, rates with and without their total, more satisfied than were asked."""
    credit = context.settings.get("credit", {})
    first: dict[tuple[str, str], bool] = {}
    asked: dict[str, dict[str, int]] = {}
    for at, entry in enumerate(entries):
        values = entry.values
        measure, month = values["measure"], values.get("month") or ""
        if first.setdefault(("month", measure), bool(month)) != bool(month):
            yield at, _MONTHS_AND_YEAR
        if "rate" in values or "of" in values:
            known = "of" in values
            if first.setdefault(("of", measure), known) != known:
                yield at, _WITH_AND_WITHOUT
        if measure == SATISFIED or measure in credit:
            sums = asked.setdefault(month, {})
            sums[measure] = values.get("count", 0)
            if measure == SATISFIED and "count" in values:
                sums["of"] = values["of"]
            if sum(n for name, n in sums.items() if name != "of") > sums.get("of", MAX_COUNT):
                yield at, _MORE_THAN_ASKED


_MONTHS_AND_YEAR = Message(
    zh="同一单位的同一指标已按另一口径报送：分月数和全年数不能并存，请只报一种。",
    en="This unit's measure was given the other way: months and the whole period do not go together.",
)
_WITH_AND_WITHOUT = Message(
    zh="同一单位的同一指标，有的行有总数，有的行只有率，不能并存；请统一。",
    en="Rows of this unit's measure give a total and a rate alone; give all of them the same way.",
)
_MORE_THAN_ASKED = Message(
    zh="满意与折算满意的件数合计大于总数；请核对。",
    en="The satisfied, with those that count partly, are more than were asked.",
)


def score(tally: Tally, context: Context) -> Score:
    """Weighted rates, bands or events of the totals (F2); a rate without `of` has no n and still counts."""
    plan, counts, credit = plan_of(context), tally.counts, context.settings.get("credit", {})
    names = context.cache.get("totals")
    if names is None:
        names = context.cache["totals"] = _names(context.settings)
    given = {key: forms for key, spelled in names.items() if (forms := _forms(counts, spelled))}
    if not given:
        return Score(None, "no_cases")
    if any(len(forms & side) > 1 for forms in given.values() for side in EITHER_OR):
        return Score(None, "inconsistent", n=None)
    if plan.events:
        events = {event: counts.get(f"count/{event}", 0) for event, _ in plan.events}
        return score_events(events, plan, n=None, facts={})
    readings: dict[str, Reading] = {}
    for rule in plan.rules:
        if rule.measure in given:
            partly = credit if rule.measure == SATISFIED else {}
            reading = _read(names[rule.measure], counts, partly, given[rule.measure])
            if reading is None:
                return Score(None, "inconsistent", n=None)
            if reading.below:
                readings[rule.measure] = reading
    if not readings:
        return Score(None, "no_cases")
    known = [reading.n for reading in readings.values() if reading.n is not None]
    return score_rates(readings, plan, n=max(known, default=None), facts={})


class Names(NamedTuple):
    """The stored spelling of a measure's counters; `given` with the words that tell how a row was given."""

    counted: str
    of: str
    rate: str
    rate_of: str
    given: tuple[tuple[str, frozenset[str]], ...]


EITHER_OR = (frozenset({"of", "bare"}), frozenset({"month", "whole"}))
FORMS = tuple((form, span) for form in ("of", "bare", "alone") for span in ("month", "whole"))


def _names(settings: Settings) -> dict[str, Names]:
    keys = (*used(settings), *settings.get("credit", ()), *settings.get("events", ()))
    return {
        key: Names(
            f"count/{key}",
            f"of/{key}",
            f"rate/{key}/",
            f"rate_of/{key}/",
            tuple((f"given/{key}/{form}/{span}", frozenset((form, span))) for form, span in FORMS),
        )
        for key in keys
    }


def _forms(counts: Mapping[str, int], names: Names) -> frozenset[str]:
    found = [words for name, words in names.given if counts.get(name)]
    return found[0] if len(found) == 1 else frozenset().union(*found)


def _rates(counts: Mapping[str, int], start: str) -> tuple[int, int, int]:
    """Sum the rates, each times its amount, as a quotient (above, below); and the amounts."""
    found = [
        (Decimal(name[len(start) :]).as_integer_ratio(), n)
        for name, n in counts.items()
        if n and name.startswith(start)
    ]
    below = lcm(*[parts for (_, parts), _ in found])
    above = sum([rate * (below // parts) * n for (rate, parts), n in found])
    return above, below * 100, sum([n for _, n in found])


def _read(
    names: Names, counts: Mapping[str, int], credit: Mapping[str, Fraction], forms: frozenset[str]
) -> Reading | None:
    """Pool the measure's cases or average its bare rates; None where they contradict each other."""
    partly = [(counts.get(f"count/{key}", 0), part) for key, part in credit.items()]
    partial = sum([count for count, _ in partly])
    if "bare" in forms:
        above, below, times = _rates(counts, names.rate)
        share = Share(above, below * times)
        return None if partial else Reading(above, below * times, None, None, share)
    n, full = counts.get(names.of, 0), Fraction(counts.get(names.counted, 0))
    above, below, more = _rates(counts, names.rate_of)
    if more:
        n, full = n + more, full + Fraction(above, below)
    if full + partial > n or any(counts.get(f"of/{key}", 0) not in {0, n} for key in credit):
        return None
    return read(full, n, partly) if n else Reading(0, 0, 0, None, Share(0, 1))


def channel(
    key: str,
    title: Text,
    entry_schema: type[TotalsEntry] = TotalsEntry,
    settings_schema: type[MeasureSettings] = MeasureSettings,
) -> Channel:
    """Make a channel of this family."""
    return Channel(
        key=key,
        title=title,
        family="case_totals",
        entry_schema=entry_schema,
        settings_schema=settings_schema,
        tally=tally,
        score=score,
        identity=("unit", "month", "measure"),
        contradictions=contradictions,
        fact_titles=MEASURE_TITLES,
        words=WORDS,
    )
