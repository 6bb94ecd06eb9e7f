"""What the rows of an office's lists have in common, whether they come as JSON, as a form or as a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from pingyi.channels import Moment, Text, Word
from pingyi.channels.messages import REQUIRED, Message, bilingual
from pingyi.channels.schema import MAX_TEXT_CHARACTERS
from pingyi.domain.document_fields import KEY_PATTERN, PERIOD_KEY_PATTERN
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.names import unseen_in
from pingyi.registry import field_errors

Row = TypeVar("Row")
SOME = validate.Length(min=1, error=REQUIRED)
_ALIASES = re.compile(r"[;；|]")


def key_field(**kwargs: Any) -> Word:
    """A key of ours: a letter, then letters, digits, "_" and "-"."""
    return Word(validate=validate.Regexp(f"^{KEY_PATTERN.pattern}$", error=_NOT_A_KEY), limit=64, **kwargs)


_NOT_A_KEY = Message(
    zh="代号须以字母开头，只含字母、数字、“_”和“-”，不超过64个字符。",
    en='A key begins with a letter and holds letters, digits, "_" and "-" only, at most 64.',
)


def period_key_field(**kwargs: Any) -> Word:
    """A period's key, which may also begin with a digit: 2017."""
    pattern = f"^{PERIOD_KEY_PATTERN.pattern}$"
    return Word(validate=validate.Regexp(pattern, error=_NOT_A_PERIOD_KEY), limit=64, **kwargs)


_NOT_A_PERIOD_KEY = Message(
    zh="代号须以字母或数字开头，只含字母、数字、“_”和“-”，不超过64个字符。",
    en='A key begins with a letter or digit and holds letters, digits, "_" and "-" only, at most 64.',
)


def name_field(**kwargs: Any) -> Word:
    """A line that may not be empty."""
    return Word(required=True, validate=SOME, **kwargs)


def readable_name(name: str, pointer: str) -> str:
    """A name that people will read, as it is; Problem unseen_letter where something in it is not seen."""
    if message := unseen_in(name):
        raise Problem("unseen_letter", 422, message, [unseen_error(message, pointer)])
    return name


def unseen_error(message: Text, pointer: str) -> FieldError:
    """What `unseen_in` says of the text at a place."""
    return FieldError(code="unseen_letter", message=message, pointer=pointer)


def reason_field(**kwargs: Any) -> Word:
    """Why something is done; required wherever it stands."""
    return Word(required=True, validate=SOME, limit=MAX_TEXT_CHARACTERS, **kwargs)


class Names(fields.List[Any]):
    """Names as a list, or in one cell, parted by semicolons or "|". Loads to a tuple."""

    def __init__(self, *, most: int) -> None:
        super().__init__(
            Word(validate=SOME), load_default=tuple, dump_default=list, validate=validate.Length(max=most)
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            value = [name for name in _ALIASES.split(value) if name.strip()]
        return tuple(super()._deserialize(value, attr, data, **kwargs))


class WallClock(Moment):
    """A Moment; without an offset it stays so, and whoever takes it knows whose clock is meant."""

    def _on_clock(self, moment: datetime) -> datetime:
        return super()._on_clock(moment) if moment.tzinfo else moment


class RowSchema(Schema):
    """A row that loads to its `row`, a dataclass with the schema's fields."""

    row: type[Any]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        bilingual(self)

    @post_load
    def make_row(self, data: dict[str, Any], **_: Any) -> Any:
        return self.row(**data)


class ReasonSchema(Schema):
    """Why something is done."""

    reason = reason_field()


def read_cells(schema: Schema, cells: Mapping[str, str]) -> Any:
    """What a form or a line of a file says: cells that are empty were not given, others of no field ignored.

    Raises ValidationError, `valid_data` with what is right.
    """
    filled = {name: cell for name, cell in cells.items() if cell.strip()}
    return schema.load(filled, unknown=EXCLUDE)


def read_form(schema: Schema, cells: Mapping[str, str]) -> Any:
    """The same for a form; Problem request_invalid names every wrong field by its pointer."""
    try:
        return read_cells(bilingual(schema), cells)
    except ValidationError as error:
        raise invalid_request(list(field_errors(error.messages, ""))) from error


def invalid_request(errors: Sequence[FieldError]) -> Problem:
    """What is wrong in a request, each place named."""
    message = Text(zh="请求有 {n} 处不符合要求。", en="{n} things in the request are wrong.")
    return Problem("request_invalid", 422, message.format(n=len(errors)), errors)


def row_error(position: int, column: str, code: str, message: Text) -> FieldError:
    """What is wrong with one row of a list, found by its position."""
    return FieldError(code=code, message=message, pointer=f"/{position}/{column}", column=column)


def repeated(
    rows: Sequence[Row],
    same: Callable[[Row], Hashable],
    column: str,
    numbers: Sequence[int] | None = None,
) -> list[FieldError]:
    """Rows that say `same` of something that another one above said; None is never the same.

    `numbers`: what a reader calls the rows, else counted from 1.
    """
    first: dict[Hashable, int] = {}
    errors = []
    for position, row in enumerate(rows):
        subject = same(row)
        above = position if subject is None else first.setdefault(subject, position)
        if above != position:
            number = numbers[above] if numbers else above + 1
            errors.append(row_error(position, column, "repeated", _REPEATED.format(above=number)))
    return errors


_REPEATED = Text(
    zh="与第 {above} 行重复，只能出现一次。", en="The same as row {above}; it may occur once only."
)


def below(pointer: str, errors: Sequence[FieldError]) -> list[FieldError]:
    """The errors of a list that stands at `pointer` in what was sent."""
    return [replace(error, pointer=pointer + error.pointer) for error in errors]


def not_in_scheme(position: int, column: str, key: str, keys: Sequence[str]) -> FieldError:
    """A key of nothing in the period's scheme; its code is `category_unknown` or `channel_unknown`."""
    message = _NOT_IN_SCHEME[column].format(key=key, keys=", ".join(keys))
    return row_error(position, column, f"{column}_unknown", message)


_NOT_IN_SCHEME = {
    "category": Text(
        zh="方案没有类别“{key}”；类别有：{keys}。",
        en="The scheme has no category {key}; its categories: {keys}.",
    ),
    "channel": Text(
        zh="方案没有渠道“{key}”；渠道有：{keys}。",
        en="The scheme has no channel {key}; its channels: {keys}.",
    ),
}
