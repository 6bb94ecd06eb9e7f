"""The shapes that several resources share."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

MAX_ROWS = 5_000


def rows_of(schema: type[Schema], *, least: int = 0) -> fields.List[Any]:
    """A required list of one kind of rows."""
    return fields.List(
        fields.Nested(schema), required=True, validate=validate.Length(min=least, max=MAX_ROWS)
    )


class TitleSchema(Schema):
    """A title in Chinese and English."""

    zh = fields.String(required=True)
    en = fields.String(required=True)
