"""The shapes that several resources share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from pingyi.channels.messages import ONE_OF

MAX_ROWS = 5_000


class OneOfRegistered(validate.Validator):
    """One of the keys that core and extensions register; looked up whenever it is checked or described."""

    def __init__(self, keys: Callable[[], Iterable[str]]) -> None:
        self._keys = keys

    @property
    def choices(self) -> list[str]:
        """What may be chosen, as the OpenAPI document says it."""
        return [str(key) for key in self._keys()]

    def __call__(self, value: Any) -> Any:
        if value not in self.choices:
            raise ValidationError(ONE_OF.format(choices=", ".join(self.choices)))
        return value


def rows_of(schema: type[Schema], *, least: int = 0) -> fields.List[Any]:
    """A required list of one kind of rows."""
    return fields.List(
        fields.Nested(schema), required=True, validate=validate.Length(min=least, max=MAX_ROWS)
    )


class TitleSchema(Schema):
    """A title in Chinese and English."""

    zh = fields.String(required=True)
    en = fields.String(required=True)
