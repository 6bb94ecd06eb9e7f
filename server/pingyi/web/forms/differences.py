"""What differs between two contents of one schema, in the words of its form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from marshmallow import Schema

from pingyi.channels.text import Text
from pingyi.web.forms.form import filled_form
from pingyi.web.forms.rules import FormRules
from pingyi.web.forms.views import EMPTY, Carried, Control, listed, under

Kind = Literal["added", "removed", "changed", "moved"]
Row = tuple[int, Control]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`before` and `after` are the words of both sides; of what moved in its list, its numbers."""

    place: Text
    kind: Kind
    before: str
    after: str


class Change(NamedTuple):
    place: Text
    kind: Kind
    before: Text
    after: Text


def differences(
    schema: Schema,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    rules: FormRules,
    *,
    language: str = "zh",
) -> list[Difference]:
    """Every difference in the order of the form, its words in `language` ("zh" or "en").

    Rows are matched by their `key` where all have one, else by their places.
    """
    first = filled_form(schema, before, rules).view()
    second = filled_form(schema, after, rules).view()
    changes = [
        *_of_parts(first.controls, second.controls, EMPTY),
        *_of_carried(first.carried, second.carried, EMPTY),
    ]
    return [
        Difference(place=place, kind=kind, before=was.get(language), after=becomes.get(language))
        for place, kind, was, becomes in changes
    ]


def _of_parts(before: Sequence[Control], after: Sequence[Control], place: Text) -> Iterator[Change]:
    """What differs in two tables: their parts go together by their keys."""
    first, second = ({one.name.rpartition(".")[2]: one for one in side} for side in (before, after))
    for key in {**second, **first}:
        yield from _of_pair(first.get(key), second.get(key), place)


def _of_pair(before: Control | None, after: Control | None, above: Text) -> Iterator[Change]:
    one = after or before
    if one is None:
        return
    place = under(above, one.label)
    parts = [side.parts if side else () for side in (before, after)]
    if "rows" in _kinds(before, after) or "entries" in _kinds(before, after):
        yield from _of_rows(parts[0], parts[1], above, one.label)
    elif parts[0] or parts[1]:
        absent = [side if side and side.typed else None for side in (before, after)]
        sides = [side.parts if side else () for side in absent]
        yield from _of_parts(sides[0], sides[1], place if one.kind != "both" else above)
    elif not (before and after) or _typed(before) != _typed(after):
        yield from _changed(_words(before, after), _words(after, before), place)
    yield from _of_carried(before.carried if before else (), after.carried if after else (), place)


def _kinds(*controls: Control | None) -> set[str]:
    return {one.kind for one in controls if one}


def _typed(one: Control) -> tuple[str, bool, list[str]]:
    """What is typed, ticked or chosen, whatever it is called on either side."""
    return one.value, one.ticked, [option.value for option in one.options if option.chosen]


def _words(one: Control | None, other: Control | None) -> Text:
    """The words of one side; a part that only one side has says nothing where nothing is typed in it."""
    return one.words if one and (one.typed or other) else EMPTY


def _changed(before: Text, after: Text, place: Text) -> Iterator[Change]:
    if before != after:
        kind: Kind = "added" if before == EMPTY else "removed" if after == EMPTY else "changed"
        yield Change(place, kind, before, after)


def _of_carried(before: Sequence[Carried], after: Sequence[Carried], place: Text) -> Iterator[Change]:
    said = [listed(Text(zh=one.shown, en=one.shown) for one in side) for side in (before, after)]
    if [one.value for one in before] != [one.value for one in after]:
        yield from _changed(said[0], said[1], place)


def _of_rows(
    before: Sequence[Control], after: Sequence[Control], above: Text, label: Text
) -> Iterator[Change]:
    pairs = _matched(before, after)
    staying = _staying([(first[0], second[0]) for first, second in pairs if first and second])
    for first, second in pairs:
        row = second or first
        place = under(above, _called(row[1], label)) if row else above
        if first and second:
            if (first[0], second[0]) not in staying:
                was, becomes = _number(first[0]), _number(second[0])
                yield Change(place, "moved", was, becomes)
            yield from _inside(first[1], second[1], place)
        else:
            kind: Kind = "added" if second else "removed"
            yield Change(place, kind, _summary(first), _summary(second))


def _inside(before: Control, after: Control, place: Text) -> Iterator[Change]:
    if after.kind == "entry":
        value, other = before.parts[1], after.parts[1]
        if value.parts or other.parts:
            yield from _of_parts(value.parts, other.parts, place)
        else:
            yield from _changed(value.words, other.words, place)
        yield from _of_carried(value.carried, other.carried, place)
    else:
        yield from _of_parts(before.parts, after.parts, place)
        yield from _of_carried(before.carried, after.carried, place)


def _matched(before: Sequence[Control], after: Sequence[Control]) -> list[tuple[Row | None, Row | None]]:
    """Rows that are the same one, in the order after; then those that are gone. Each with its number."""
    keys = [[_key(one) for one in side] for side in (before, after)]
    keyed = all(all(side) and len(set(side)) == len(side) for side in keys)
    first, second = (
        {names[at] if keyed else str(at): (at, row) for at, row in enumerate(side)}
        for names, side in zip(keys, (before, after), strict=True)
    )
    stay: list[tuple[Row | None, Row | None]] = [(first.get(name), row) for name, row in second.items()]
    return stay + [(row, None) for name, row in first.items() if name not in second]


def _key(row: Control) -> str:
    return next((part.value for part in row.parts if part.name == f"{row.name}.key"), "")


def _staying(pairs: list[tuple[int, int]]) -> set[tuple[int, int]]:
    """The most rows that keep their order; `pairs`: their numbers before and after, in the order after."""
    best: list[list[tuple[int, int]]] = []
    for pair in pairs:
        best.append([*_longest([run for run in best if run[-1][0] < pair[0]]), pair])
    return set(_longest(best))


def _longest(runs: list[list[tuple[int, int]]]) -> list[tuple[int, int]]:
    return runs[max(range(len(runs)), key=lambda at: len(runs[at]))] if runs else []


def _called(row: Control, label: Text) -> Text:
    if row.caption == EMPTY:
        return row.label
    return Text(zh=f"{label.zh}“{row.caption.zh}”", en=f'{label.en} "{row.caption.en}"')


def _number(at: int) -> Text:
    return Text(zh=f"第{at + 1}位", en=f"no. {at + 1}")


def _summary(row: Row | None) -> Text:
    """A row in one sentence: the labels and words of all that is typed in it."""
    return listed(_said(row[1]), "；", "; ") if row else EMPTY


def _said(one: Control) -> Iterator[Text]:
    if one.kind == "entry":
        value = one.parts[1]
        yield from ([value.words] if not value.parts else _said(value))
    elif one.parts:
        for part in one.parts:
            yield from _said(part) if part.typed else ()
    elif one.typed:
        yield Text(zh=f"{one.label.zh}：{one.words.zh}", en=f"{one.label.en}: {one.words.en}")
