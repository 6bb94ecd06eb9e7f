"""Channels that break a law on purpose: the kit names the law."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import pytest
from marshmallow import fields

from pingyi.channels import (
    Channel,
    Context,
    Count,
    Entry,
    EntrySchema,
    Sample,
    Score,
    ScoreField,
    SettingsSchema,
    Tally,
    Text,
    Whole,
    Word,
)
from pingyi.channels.testing import check_channel

pytestmark = pytest.mark.long


class NoiseEntry(EntrySchema):
    quiet = Whole(required=True)
    nights = Whole(required=True)


class NoiseSettings(SettingsSchema):
    scale = ScoreField(required=True)


def tally(entry: Entry, _context: Context) -> Iterable[Count]:
    values = entry.values
    return [Count(("quiet",), min(values["quiet"], values["nights"])), Count(("nights",), values["nights"])]


def score(tally: Tally, _context: Context) -> Score:
    if not tally["nights"]:
        return Score(None, "no_cases")
    return Score(Fraction(tally["quiet"], tally["nights"]), n=tally["nights"])


RIGHT = Channel(
    key="noise",
    title=Text(zh="噪声", en="Noise"),
    entry_schema=NoiseEntry,
    settings_schema=NoiseSettings,
    tally=tally,
    score=score,
)
FINGERS = count()


def trusting(entry: Entry, _context: Context) -> Iterable[Count]:
    return [Count(("quiet",), entry.values["quiet"]), Count(("nights",), entry.values["nights"])]


def fractional(entry: Entry, _context: Context) -> Iterable[Count]:
    return [Count(("nights",), entry.values["nights"] / 2)]


def counting_calls(entry: Entry, _context: Context) -> Iterable[Count]:
    return [Count(("nights",), next(FINGERS))]


def changing(entry: Entry, context: Context) -> Iterable[Count]:
    entry.values["nights"] = 0  # type: ignore[index]  # wrong on purpose
    return []


def remembering_the_first(entry: Entry, context: Context) -> Iterable[Count]:
    first = context.cache.setdefault("first", entry.values["nights"])
    return [Count(("nights",), 1 if first == entry.values["nights"] else 2)]


def zero_for_nothing(tally: Tally, _context: Context) -> Score:
    return Score(Fraction(tally["quiet"], max(1, tally["nights"])), n=tally["nights"])


def with_float(tally: Tally, context: Context) -> Score:
    found = score(tally, context)
    return replace(found, facts={"share": 0.5})


def rate_of_float(tally: Tally, _context: Context) -> Score:
    if not tally["nights"]:
        return Score(None, "no_cases")
    return Score(tally["quiet"] / tally["nights"], n=tally["nights"])  # type: ignore[arg-type]  # on purpose


def presence(tally: Tally, _context: Context) -> Score:
    if not tally.counts:
        return Score(None, "no_cases")
    return Score(Fraction(1, 2), n=1)


def in_the_order_of_the_map(tally: Tally, _context: Context) -> Score:
    if not tally["nights"]:
        return Score(None, "no_cases")
    return Score(Fraction(1, 2), n=1, facts={"first": next(iter(tally))[-1]})


def by_kind(entry: Entry, _context: Context) -> Iterable[Count]:
    return [Count(("quiet", str(entry.values["quiet"]))), Count(("nights",))]


def half_a_name(entry: Entry, context: Context) -> Iterable[Count]:
    return [*tally(entry, context), Count(("night", None))]  # type: ignore[arg-type]  # wrong on purpose


def with_a_status_of_its_own(tally: Tally, _context: Context) -> Score:
    return Score(None, "no_nights") if not tally["nights"] else score(tally, _context)  # type: ignore[arg-type]


def with_a_float_in_its_sample(tally: Tally, context: Context) -> Score:
    found = score(tally, context)
    sample = Sample(0.5, 1, Fraction(0))  # type: ignore[arg-type]  # wrong on purpose
    return found if found.rate is None else replace(found, samples=(sample,))


def remembering_every_sum() -> Any:
    seen: list[int] = []

    def learn(tally: Tally, context: Context) -> Score:
        seen.append(tally["nights"])
        found = score(tally, context)
        return found if found.rate is None else replace(found, facts={"seen": len(seen)})

    return learn


class Unclaimed(NoiseEntry):
    unit_required = False


class Forgetful(NoiseEntry):
    remark = fields.String(load_default="", load_only=True)


WORDS = Text(zh="安静夜", en="quiet nights")


def with_a_fact(tally: Tally, context: Context) -> Score:
    return replace(score(tally, context), facts={"quiet": tally["quiet"]})


class Impatient(NoiseEntry):
    speed = fields.Function(deserialize=lambda value: 1 / int(value))


class LaxSettings(SettingsSchema):
    scale = fields.Decimal(required=True, allow_nan=True)


class Unchecked(SettingsSchema):
    weights = fields.Dict(keys=Word(), values=ScoreField(), required=True)


WRONG: list[tuple[str, Channel]] = [
    ("rate", replace(RIGHT, tally=trusting)),
    ("integers", replace(RIGHT, tally=fractional)),
    ("purity", replace(RIGHT, tally=counting_calls)),
    ("purity", replace(RIGHT, tally=changing)),
    ("purity", replace(RIGHT, tally=remembering_the_first)),
    ("evidence", replace(RIGHT, score=zero_for_nothing)),
    ("facts", replace(RIGHT, score=with_float)),
    ("rate", replace(RIGHT, score=rate_of_float)),
    ("taking back", replace(RIGHT, score=presence)),
    ("order", replace(RIGHT, tally=by_kind, score=in_the_order_of_the_map)),
    ("batches|order", replace(RIGHT, score=remembering_every_sum())),
    ("names", replace(RIGHT, tally=half_a_name)),
    ("status", replace(RIGHT, score=with_a_status_of_its_own)),
    ("samples", replace(RIGHT, score=with_a_float_in_its_sample)),
    ("units", replace(RIGHT, entry_schema=Unclaimed)),
    ("empty cells", replace(RIGHT, entry_schema=Forgetful)),
    ("refusal", replace(RIGHT, entry_schema=Impatient)),
    ("declaration", replace(RIGHT, identity=("unit", "night"))),
    ("declaration", replace(RIGHT, key="no key")),
    ("settings", replace(RIGHT, settings_schema=LaxSettings)),
    ("facts", replace(RIGHT, score=with_a_fact, fact_titles={"loud": WORDS})),
    ("declaration", replace(RIGHT, score=with_a_fact, fact_titles={"quiet": WORDS, "*_n": WORDS})),
    ("declaration", replace(RIGHT, words={"quiet": Text(zh="安静", en="")})),
]


def test_right_channel_passes() -> None:
    check_channel(RIGHT, settings={"scale": "5"})


@pytest.mark.parametrize("titles", [{}, {"quiet": WORDS}, {"*et": Text(zh="{word}夜", en="{word} nights")}])
def test_channel_passes_without_titles_and_with_all_of_them(titles: dict[str, Text]) -> None:
    check_channel(replace(RIGHT, score=with_a_fact, fact_titles=titles), settings={"scale": "5"}, examples=20)


@pytest.mark.parametrize(("law", "channel"), WRONG, ids=lambda part: part if isinstance(part, str) else "")
def test_wrong_channel_is_told_which_law_it_breaks(law: str, channel: Channel) -> None:
    # A row without a unit: the kit finds one by itself, and then takes half a minute to make it small.
    rows = [{"quiet": "1", "nights": "2"}] if law == "units" else []
    with pytest.raises(AssertionError, match=f"^law of ({law}):"):
        check_channel(channel, settings={"scale": "5"}, rows=rows)


def test_the_kit_finds_a_row_without_a_unit_by_itself() -> None:
    with pytest.raises(AssertionError, match=r"^law of units:"):
        check_channel(replace(RIGHT, entry_schema=Unclaimed), settings={"scale": "5"})


def test_weights_that_are_not_checked_are_found_out() -> None:
    lax = replace(RIGHT, settings_schema=Unchecked)
    with pytest.raises(AssertionError, match="weights that do not sum to 1"):
        check_channel(lax, settings={"weights": {"a": "0.5", "b": "0.5"}})


def test_channel_that_is_never_rated_is_found_out() -> None:
    silent: Any = replace(RIGHT, score=lambda *_: Score(None, "too_few"))
    with pytest.raises(AssertionError, match="ever rated"):
        check_channel(silent, settings={"scale": "5"})


def test_score_needs_a_rate_exactly_when_it_is_ok() -> None:
    with pytest.raises(ValueError, match="rate"):
        Score(None)
    with pytest.raises(ValueError, match="rate"):
        Score(Fraction(Decimal("0.5")), "too_few")
