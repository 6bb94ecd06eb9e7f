"""Rows made from a channel's schema, plausible and adversarial, and settings that must be refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields

from pingyi.channels.channel import Channel
from pingyi.channels.own_words import SETTING, spellings, title_tables
from pingyi.channels.schema import Choice, Flag, Moment, Month, Score, Whole, Word
from pingyi.channels.types import Context, Entry

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Row = Mapping[str, Any]

UNITS = ("u1", "u2")
USUAL = ("issued", "returned", "no_answer", "no_opinion", "invalid", "withheld", "satisfied", "dissatisfied")
ODD_WORDS = ("a/b~c", "~1", "数据", "x" * 200)
ODD_CELLS: tuple[Any, ...] = (
    *("", None, "NaN", "Infinity", "-1", "1e5", "\x00", "9" * 30, "0001-01-01"),
    *(1.5, True, [], {}),
)
NUMBERS = ("0", "1", "2.5", "59.99", "60", "99.995", "100", "100.01", "999999999999999")
COUNTS = (0, 1, 2, 3, 5, 29, 30, 31, 100, 10**12)


def words_in(settings: Any) -> Iterator[str]:
    """Every key of a table and every word of a list inside the settings, at any depth."""
    for value in settings.values() if isinstance(settings, Mapping) else settings:
        if isinstance(value, Mapping):
            yield from value
            yield from words_in(value)
        elif isinstance(value, tuple):
            yield from (word for word in value if isinstance(word, str))
            yield from words_in(value)


def mostly(usual: SearchStrategy[Any], rare: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Nine times in ten the usual; hypothesis would choose evenly."""
    from hypothesis import strategies as st

    return st.integers(1, 10).flatmap(lambda number: rare if number == 4 else usual)


def rows_for(channel: Channel, context: Context, given: Sequence[Row]) -> SearchStrategy[list[Row]]:
    """Lists of raw rows: made from the schema's fields, or the given rows with a few cells changed."""
    from hypothesis import strategies as st

    made = {
        name: _cell(name, field, context, given)
        for name, field in channel.entry_schema(context).fields.items()
    }
    fresh: SearchStrategy[Row] = st.fixed_dictionaries({}, optional=made)
    full: SearchStrategy[Row] = st.fixed_dictionaries(made)
    row = mostly(full, fresh)
    if given:
        known = st.sampled_from(list(given))
        row = st.one_of(row, known, st.builds(lambda one, cells: {**one, **cells}, known, fresh))
    return st.one_of(st.lists(row, max_size=3), st.lists(row, min_size=8, max_size=24))


def _cell(name: str, field: Any, context: Context, given: Sequence[Row]) -> SearchStrategy[Any]:
    from hypothesis import strategies as st

    seen = [row[name] for row in given if name in row]
    plausible = _plausible(name, field, context)
    known = st.sampled_from(seen) if seen else plausible
    own = [word for title in title_tables(context.settings).values() for word in spellings(title)]
    if own and isinstance(field, Word):
        plausible = st.one_of(plausible, st.sampled_from(own))
    return mostly(st.one_of(known, plausible), st.sampled_from(ODD_CELLS))


def _plausible(name: str, field: Any, context: Context) -> SearchStrategy[Any]:
    from hypothesis import strategies as st

    named = sorted(set(words_in(_akin(name, context.settings)))) or list(USUAL)
    days = _days(context)
    known: list[tuple[type[Any], SearchStrategy[Any]]] = [
        (Whole, st.one_of(st.sampled_from(COUNTS), st.integers(0, 60))),
        (Score, st.one_of(st.sampled_from(NUMBERS), st.decimals(0, 100, places=2).map(str))),
        (Moment, days.map(str)),
        (Month, days.map(lambda day: f"{day:%Y-%m}")),
        (Flag, st.sampled_from((True, False, "是", "否"))),
    ]
    if name == "unit":
        return st.sampled_from((UNITS[0], *UNITS))
    if isinstance(field, fields.Dict):
        keys = sorted(context.settings.get(field.metadata.get("keys", ""), {})) or ["x"]
        own = title_tables(context.settings)
        keys += [word for key in keys if key in own for word in spellings(own[key])]
        values = _plausible(name, field.value_field, context)
        return st.dictionaries(st.sampled_from(keys), mostly(values, st.just("")), max_size=3)
    if isinstance(field, Choice):
        return st.sampled_from([*field.words, *(word.zh for word in field.words.values())])
    for kind, cells in known:
        if isinstance(field, kind):
            return cells
    rare = st.sampled_from((*USUAL, "1", "2", *ODD_WORDS))
    return mostly(st.sampled_from(named), rare)


def _akin(name: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings named like the column ("strata" for `stratum`), else all but the presets' names."""
    akin = {key: value for key, value in settings.items() if key[:5] == name[:5]}
    return akin or {key: value for key, value in settings.items() if key not in {"preset", SETTING}}


def _days(context: Context) -> SearchStrategy[date]:
    from hypothesis import strategies as st

    first = context.period.starts_on or date(2017, 1, 1)
    last = context.period.ends_on or first + timedelta(days=364)
    return st.one_of(st.dates(first, last), st.sampled_from((first, last, last + timedelta(days=1))))


def load(channel: Channel, row: Row, context: Context) -> Entry | None:
    """The entry of a raw row, without cells that are refused; None where none can be made of it."""
    values = _repaired(channel.entry_schema(context), dict(row))
    if values is None:
        return None
    return Entry(values.get("unit"), {key: value for key, value in values.items() if key != "unit"})


def _repaired(schema: Schema, rest: dict[str, Any]) -> dict[str, Any] | None:
    while rest:
        named, values = _try(schema, rest)
        if values is not None:
            return values
        for left_out in rest:
            _, values = _try(schema, {key: value for key, value in rest.items() if key != left_out})
            if values is not None:
                return values
        if not named:
            return None
        rest = {key: value for key, value in rest.items() if key not in named}
    return None


def _try(schema: Schema, row: Row) -> tuple[set[str], dict[str, Any] | None]:
    """What is refused of a row, and the loaded values where nothing is."""
    try:
        values: dict[str, Any] = schema.load(row)
    except ValidationError as error:
        return set(error.messages if isinstance(error.messages, dict) else ()) & set(row), None
    return set(), values


def bad_settings(
    channel: Channel, settings: Mapping[str, Any], loaded: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Settings that must be refused, each with what is wrong with it."""
    raw = dict(settings)
    yield "an unknown key", {**raw, "no_such_setting": "1"}
    for name, field in channel.settings_schema().fields.items():
        if field.required and name in raw and "preset" not in raw:
            yield f"a missing {name}", {key: value for key, value in raw.items() if key != name}
    for path, value in _numbers(raw, loaded):
        yield f"a float for {'.'.join(path)}", _changed(raw, path, float(Fraction(str(value))))
        yield f"NaN for {'.'.join(path)}", _changed(raw, path, "NaN")
    for name in ("weights", "strata"):
        if isinstance(loaded.get(name), Mapping) and loaded[name]:
            yield f"{name} that do not sum to 1", {**raw, name: dict.fromkeys(loaded[name], "0.9")}
    if loaded.get("shown_as") == "rate" and isinstance(loaded.get("options"), Mapping):
        worst = min(loaded["options"], key=lambda option: loaded["options"][option])
        options = {option: str(value) for option, value in loaded["options"].items()}
        yield "a worst option worth 50 shown as a rate", {**raw, "options": {**options, worst: "50"}}


def _numbers(raw: Any, loaded: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(raw, Mapping) and isinstance(loaded, Mapping):
        for key, value in raw.items():
            yield from _numbers(value, loaded.get(key), (*path, str(key)))
    elif isinstance(loaded, (Decimal, Fraction)) and isinstance(raw, (str, int)):
        yield path, raw


def _changed(raw: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    if len(path) == 1:
        return {**raw, path[0]: value}
    return {**raw, path[0]: _changed(raw[path[0]], path[1:], value)}
