"""The fields that several resources share."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from pingyi.api.openapi import KEY
from pingyi.channels import Word
from pingyi.channels.schema import MAX_TEXT_CHARACTERS

SOME = validate.Length(min=1)
MAX_ROWS = 5_000


def key_field(**kwargs: Any) -> Word:
    """A key of ours: a letter, then letters, digits, "_" and "-"."""
    return Word(validate=validate.Regexp(f"^{KEY}$"), limit=64, **kwargs)


def name_field(**kwargs: Any) -> Word:
    """A line that may not be empty."""
    return Word(required=True, validate=SOME, **kwargs)


def reason_field() -> Word:
    """Why something is done; required wherever it stands."""
    return Word(required=True, validate=SOME, limit=MAX_TEXT_CHARACTERS)


def rows_of(schema: type[Schema], *, least: int = 0) -> fields.List[Any]:
    """A required list of one kind of rows."""
    return fields.List(
        fields.Nested(schema), required=True, validate=validate.Length(min=least, max=MAX_ROWS)
    )


class TitleSchema(Schema):
    """A title in Chinese and English."""

    zh = fields.String(required=True)
    en = fields.String(required=True)


class ReasonSchema(Schema):
    """Why something is withdrawn."""

    reason = reason_field()
