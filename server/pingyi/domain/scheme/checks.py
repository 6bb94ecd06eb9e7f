"""The rules between the parts of a scheme: each takes what could be read and yields what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any

from pingyi.channels.numbers import word
from pingyi.domain.document_messages import pointer
from pingyi.domain.errors import FieldError
from pingyi.domain.scheme.messages import field_error
from pingyi.domain.scheme.values import FIXED_COLUMNS

Table = Mapping[str, Any]


def cross_errors(document: Table) -> Iterator[FieldError]:
    """Everything wrong between the parts of a document; parts that could not be read are passed over."""
    for check in (_presence, _categories, _namespace, _groups, _cycles, _sum, _tie_break, _grades):
        yield from check(document)


def float_errors(value: Any, *path: object) -> Iterator[FieldError]:
    """A float anywhere in a setting, however deep."""
    if isinstance(value, float):
        yield field_error("float", pointer(*path))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from float_errors(inner, *path, key)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from float_errors(inner, *path, position)


def exact_sum(values: Sequence[Decimal]) -> Decimal:
    """The sum of decimals without rounding, whatever the context's precision."""
    with localcontext() as context:
        context.prec = 100
        return sum(values, Decimal(0))


def _keyed(document: Table, part: str) -> Iterator[tuple[int, str, Table]]:
    for position, table in enumerate(document.get(part, ())):
        if "key" in table:
            yield position, table["key"], table


def _presence(document: Table) -> Iterator[FieldError]:
    for part in ("categories", "channels"):
        if part in document and not document[part]:
            yield field_error("too_few", pointer(part))


def _categories(document: Table) -> Iterator[FieldError]:
    seen: set[str] = set()
    for position, key, _ in _keyed(document, "categories"):
        if key in seen:
            yield field_error("duplicate_category", pointer("categories", position, "key"), key=key)
        seen.add(key)


def _namespace(document: Table) -> Iterator[FieldError]:
    seen: set[str] = set()
    for part in ("groups", "channels"):
        for position, key, _ in _keyed(document, part):
            code = "reserved_key" if key in FIXED_COLUMNS else "duplicate_key"
            if key in FIXED_COLUMNS or key in seen:
                yield field_error(code, pointer(part, position, "key"), key=key)
            seen.add(key)


def _groups(document: Table) -> Iterator[FieldError]:
    known = {key for _, key, _ in _keyed(document, "groups")}
    used: set[str] = set()
    for part, name in (("groups", "parent"), ("channels", "group")):
        for position, table in enumerate(document.get(part, ())):
            key = table.get(name)
            used.add(key)
            if key is not None and key not in known:
                yield field_error("unknown_group", pointer(part, position, name), key=key)
    for position, key, _ in _keyed(document, "groups"):
        if key not in used:
            yield field_error("empty_group", pointer("groups", position), key=key)


def _cycles(document: Table) -> Iterator[FieldError]:
    parents = {key: table.get("parent") for _, key, table in _keyed(document, "groups")}
    for position, key, _ in _keyed(document, "groups"):
        path = [key]
        above = parents[key]
        while above in parents and above not in path:
            path.append(above)
            above = parents[above]
        if above == key:
            yield field_error(
                "group_cycle", pointer("groups", position, "parent"), key=key, path=" → ".join([*path, key])
            )


def _sum(document: Table) -> Iterator[FieldError]:
    channels = document.get("channels", ())
    full_marks = document.get("full_marks")
    if full_marks is None or not channels or any("max_points" not in channel for channel in channels):
        return
    points = exact_sum([channel["max_points"] for channel in channels])
    if points != full_marks:
        yield field_error("points_sum", "/channels", sum=word(points), full_marks=word(full_marks))


def _tie_break(document: Table) -> Iterator[FieldError]:
    known = {key for part in ("groups", "channels") for _, key, _ in _keyed(document, part)}
    chain = document.get("policies", {}).get("tie_break", ())
    counts = Counter(chain)
    for position, key in enumerate(chain):
        place = pointer("policies", "tie_break", position)
        if key not in known:
            yield field_error("unknown_tie_break", place, key=key)
        if counts[key] > 1 and key in chain[:position]:
            yield field_error("repeated_tie_break", place, key=key)


def _grades(document: Table) -> Iterator[FieldError]:
    grades = document.get("grades")
    if grades is None:
        return
    if bool(grades.get("bounds")) == bool(grades.get("shares")):
        yield field_error("grades_choice", "/grades")
        return
    yield from _bounds(grades.get("bounds") or {}, document.get("full_marks"))
    shares = grades.get("shares") or {}
    if shares and exact_sum(list(shares.values())) != 1:
        yield field_error("shares_sum", "/grades/shares", sum=word(exact_sum(list(shares.values()))))
    known = {**(grades.get("bounds") or {}), **shares}
    for key in grades.get("titles", {}):
        if key not in known:
            yield field_error("unknown_grade", pointer("grades", "titles", key), key=key)


def _bounds(bounds: Mapping[str, Decimal], full_marks: Decimal | None) -> Iterator[FieldError]:
    before: Decimal | None = None
    for key, bound in bounds.items():
        place = pointer("grades", "from", key)
        if before is not None and bound >= before:
            yield field_error("bounds_order", place, key=key, bound=word(bound), before=word(before))
        if full_marks is not None and bound > full_marks:
            yield field_error("bounds_above", place, bound=word(bound), full_marks=word(full_marks))
        before = bound
    if before:
        yield field_error("bounds_end", "/grades/from")
