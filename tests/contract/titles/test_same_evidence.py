"""A scheme's own words change nothing but words: every family counts and scores the same with and without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from tests.contract.test_laws import CASES_OF_LAW, ROLLS, ROWS
from tests.contract.test_wrong_settings import altered

from pingyi.channels import Channel, Context, Entry, Period
from pingyi.channels.generating import load, rows_for
from pingyi.channels.own_words import keys_named
from pingyi.channels.settings import VOCABULARIES
from pingyi.channels.testing import Bench, check_channel, tally_of
from pingyi.registry import check_settings

Row = Mapping[str, Any]

YEAR = Period(starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31), folds_names=True)
NAMED = [
    (key, settings) for key, settings in CASES_OF_LAW if not key.startswith(("partner", "panel", "dist"))
]
SPELLINGS = ("本市叫法之{}", "Own word {}", "俗称（{}）", "又名 {}")


def titles_of(channel: Channel, settings: Row) -> dict[str, dict[str, Any]]:
    """A title of its own, with two more spellings, for every key that the settings name."""
    loaded = channel.settings_schema().load(dict(settings))
    keys = dict.fromkeys(key for names in VOCABULARIES for key in keys_named(loaded, names))
    return {
        key: {"zh": zh.format(place), "en": en.format(place), "also": [more.format(place) for more in also]}
        for place, key in enumerate(keys)
        for zh, en, *also in [SPELLINGS]
    }


def respelled(settings: Row, row: Row, titles: Row, turn: int) -> dict[str, Any]:
    """A row whose keys stand in the scheme's words, one of the four spellings in turn."""

    def word(key: Any) -> Any:
        title = titles.get(key) if isinstance(key, str) else None
        return [title["zh"], title["en"], *title["also"]][turn % 4] if title else key

    named = {"option", "dimension", "measure", "item", "opinion", "attended_by"}
    named |= {"stratum"} if "strata" in settings else set()  # any other stratum is whatever stands there
    return {
        name: {word(key): word(cell) for key, cell in value.items()}
        if isinstance(value, Mapping)
        else word(value)
        if name in named
        else value
        for name, value in row.items()
    }


def bench(channel: Channel, settings: Row, rolls: Mapping[tuple[str, str], int]) -> Bench:
    return Bench(channel, channel.settings_schema().load(dict(settings)), YEAR, rolls)


def stored(channel: Channel, context: Context, entry: Entry) -> dict[str, Any]:
    """The values as they are stored, with the unit."""
    values = dict(entry.values) if entry.unit is None else {**entry.values, "unit": entry.unit}
    shown: dict[str, Any] = channel.entry_schema(context).dump(values)
    return {name: value for name, value in shown.items() if value is not None}


def entries_of(channel: Channel, context: Context, rows: Iterable[Row]) -> list[Entry]:
    return [entry for row in rows if (entry := load(channel, row, context)) is not None]


@pytest.mark.long
@pytest.mark.parametrize(("key", "settings"), NAMED)
def test_own_words_change_no_value_count_or_score(
    channels: dict[str, Channel], key: str, settings: dict[str, Any]
) -> None:
    channel, titles = channels[key], titles_of(channels[key], settings)
    assert titles and not check_settings(channel, {**settings, "titles": titles})
    rolls = ROLLS.get(key, {})
    plain, own = bench(channel, settings, rolls), bench(channel, {**settings, "titles": titles}, rolls)

    def agree(rows: Sequence[Row]) -> None:
        before = entries_of(channel, plain.context(), rows)
        values = [stored(channel, plain.context(), entry) for entry in before]
        schema = channel.entry_schema(own.context(), many=True)
        words = [respelled(settings, row, titles, turn) for turn, row in enumerate(values)]
        for told in (values, words):
            loaded = schema.load(told)
            after = [Entry(row.pop("unit", None), row) for row in loaded]
            assert after == before
            sums = plain.fold(before, plain.context())
            assert own.fold(after, own.context()) == sums
            for unit in ("u1", "u2"):
                tally = tally_of(sums, unit)
                assert own.score(tally, own.context()) == plain.score(tally, plain.context())

    agree(ROWS.get(key, []))
    quiet = effort(
        max_examples=15,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    given(rows_for(channel, plain.context(), ROWS.get(key, [])))(quiet(agree))()


@pytest.mark.long
@pytest.mark.parametrize(("key", "settings"), NAMED[::4])
def test_half_written_titles_are_refused_in_both_languages_or_load(
    channels: dict[str, Channel], key: str, settings: dict[str, Any]
) -> None:
    titles = titles_of(channels[key], settings)
    for wrong in altered({"titles": titles}):
        errors = check_settings(channels[key], {**settings, **wrong})
        assert all(error.message.zh and error.message.en for error in errors), wrong
        assert all(
            error.pointer == "" or error.pointer.split("/")[1] in {"titles", "执行不力"} for error in errors
        )


@pytest.mark.long
@pytest.mark.parametrize(("key", "settings"), NAMED)
def test_channel_with_own_words_keeps_every_law(
    channels: dict[str, Channel], key: str, settings: dict[str, Any]
) -> None:
    titles = titles_of(channels[key], settings)
    rows = [respelled(settings, row, titles, turn) for turn, row in enumerate(ROWS.get(key, []))]
    check_channel(
        channels[key],
        settings={**settings, "titles": titles},
        rows=rows or None,
        rolls=ROLLS.get(key),
        examples=15,
    )
