"""Columns of wide sheets, whose headings are words of a channel: options, measures or months stand across."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, product
from typing import Any

from marshmallow import fields

from pingyi.channels import Listed, Month, Text, called
from pingyi.channels.listed import TitledKey, words_in
from pingyi.channels.own_words import keys_named, spellings, title_tables
from pingyi.channels.types import Settings
from pingyi.domain.names import fold_name
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.intake.entry_columns import Column, columns_of

LONGEST_HEADING = 80
MOST_PAIRS = 2000
_CHINESE = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
Across = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """A field whose words may stand across: its keys, what they are called, and what stands below each.

    `spelled`: the keys by their folded words.
    """

    name: str
    words: Mapping[str, Text]
    below: Mapping[str, Sequence[str]]
    spelled: Mapping[str, str]
    required: bool


@dataclass(frozen=True, slots=True)
class WideColumns:
    """The columns of a channel's wide sheets, by label, and the words of which their headings are made.

    `titled`: the labels by the folded titles of the template, in both languages.
    """

    columns: Mapping[str, Column]
    titled: Mapping[str, str]
    axes: Sequence[Axis]
    values: Mapping[str, Sequence[str]]

    def named(self, title: str) -> Column | None:
        """The column that a heading names, if its words can be read in one way only."""
        folded = fold_name(title)
        if not self.axes or not folded or len(folded) > LONGEST_HEADING:
            return None
        if folded in self.titled:
            return self.columns[self.titled[folded]]
        read = set(self._read(folded, (), ""))
        said = {across for across, value in read if value}
        labels = {self._label(folded, across, value) for across, value in read if value or across not in said}
        return self.columns.get(labels.pop()) if len(labels) == 1 else None

    def _read(self, rest: str, across: Across, value: str) -> Iterator[tuple[Across, str]]:
        """The ways to cut a heading into words of different axes and at most one title of what is below."""
        if not rest:
            if across:
                yield tuple(sorted(across)), value
            return
        for axis in self.axes:
            for word, key in axis.spelled.items():
                if rest.startswith(word) and all(name != axis.name for name, _ in across):
                    yield from self._read(rest[len(word) :], (*across, (axis.name, key)), value)
        for name, titles in self.values.items() if not value else ():
            for title in titles:
                if rest.startswith(title):
                    yield from self._read(rest[len(title) :], across, name)

    def _label(self, folded: str, across: Across, value: str) -> str:
        """The column of these words; where they name nothing below, what they end with, else the first."""
        below = {column.name: label for label, column in self.columns.items() if column.across == across}
        if value:
            return below.get(value, "")
        ended = [label for name, label in below.items() if folded.endswith(tuple(self.values[name]))]
        return next(iter((*ended, *below.values())), "")


def wide_columns(working: BoundChannel) -> WideColumns:
    """What may stand across in a wide sheet of a channel; nothing where its entries have no such words."""
    plain = {column.name: column for column in columns_of(working) if not column.key}
    axes = list(_axes(working, plain))
    values = {
        name: tuple(
            dict.fromkeys(map(fold_name, (plain[name].title.zh, plain[name].title.en, *plain[name].also)))
        )
        for name in dict.fromkeys(name for axis in axes for below in axis.below.values() for name in below)
    }
    columns = [
        *(column for axis in axes for column in _columns((axis,), plain)),
        *(
            column
            for pair in combinations(axes, 2)
            if len(pair[0].words) * len(pair[1].words) <= MOST_PAIRS
            for column in _columns(pair, plain)
        ),
    ]
    titled = {fold_name(f"{column.title.zh}{column.title.en}"): column.label for column in columns}
    return WideColumns({column.label: column for column in columns}, titled, axes, values)


def _columns(axes: Sequence[Axis], plain: Mapping[str, Column]) -> Iterator[Column]:
    """A column for each word, or pair of words, and each of what may stand below."""
    for keys in product(*(axis.words for axis in axes)):
        words = [axis.words[key] for axis, key in zip(axes, keys, strict=True)]
        word = Text(zh=" ".join(one.zh for one in words), en=" ".join(one.en for one in words))
        across = tuple(sorted((axis.name, key) for axis, key in zip(axes, keys, strict=True)))
        first, *others = [axis.below[key] for axis, key in zip(axes, keys, strict=True)]
        below = [name for name in first if all(name in other for other in others)]
        for name in below:
            value = plain[name].title
            title = Text(zh=f"{word.zh}：{value.zh}", en=f"{word.en}: {value.en}")
            yield replace(
                plain[name], title=title if len(below) > 1 else word, required=False, also=(), across=across
            )


def _axes(working: BoundChannel, plain: Mapping[str, Column]) -> Iterator[Axis]:
    settings = working.context.settings
    for name, field in working.plugin.entry_schema().fields.items():
        across = field.metadata.get("across")
        words = _words(field, working) if across and name in plain else {}
        if words:
            below = {key: _below(across, key, settings) for key in words}
            spelled = _months_spelled(words) if isinstance(field, Month) else _spelled(field, words, settings)
            yield Axis(name, words, below, spelled, plain[name].required)


def _below(across: Any, key: str, settings: Settings) -> tuple[str, ...]:
    return tuple(across(key, settings)) if callable(across) else tuple(across)


def _words(field: fields.Field[object], working: BoundChannel) -> Mapping[str, Text]:
    settings, period = working.context.settings, working.context.period
    if isinstance(field, Month):
        months = _months(period.starts_on, period.ends_on) if period.starts_on and period.ends_on else ()
        return {month: Text(zh=month, en=month) for month in months}
    words = words_in(field, settings)
    if not words and isinstance(field, TitledKey):
        return called(keys_named(settings, field.named_by), {})
    return words


def _months(first: date, last: date) -> Iterator[str]:
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield f"{number // 12}-{number % 12 + 1:02}"


def _months_spelled(months: Mapping[str, Text]) -> dict[str, str]:
    """Months as headings write them; without the year where the period has that month once."""
    spelled: dict[str, str] = {}
    numbers = [int(month[5:]) for month in months]
    for month, number in zip(months, numbers, strict=True):
        year = month[:4]
        names = [f"{year}年{number}月", f"{year}年{number:02}月", f"{year}{number:02}"]
        if numbers.count(number) == 1:
            names += [f"{number}月", f"{number:02}月", f"{_CHINESE[number]}月"]
        spelled |= {fold_name(name): month for name in names}
        spelled |= {fold_name(f"{name}份"): month for name in names if name.endswith("月")}
    return spelled


def _spelled(field: fields.Field[object], words: Mapping[str, Text], settings: Settings) -> dict[str, str]:
    """The folded words that mean one key: the scheme's own before the channel's, before other ones."""
    own = title_tables(settings)
    layers: list[list[tuple[str, str]]] = [
        [(word, key) for key in words if key in own for word in spellings(own[key])],
        [(word, key) for key, title in words.items() for word in (key, title.zh, title.en)],
        [(word, key) for word, key in field.also.items() if key in words]
        if isinstance(field, Listed)
        else [],
    ]
    spelled: dict[str, str] = {}
    for layer in layers:
        meant: dict[str, set[str]] = {}
        for word, key in layer:
            if folded := fold_name(word):
                meant.setdefault(folded, set()).add(key)
        spelled |= {
            word: next(iter(keys)) for word, keys in meant.items() if len(keys) == 1 and word not in spelled
        }
    return spelled
