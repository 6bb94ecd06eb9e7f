"""Decisions that a person takes: on a tie at the cut, on a channel switched off for a category."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import ValidationError, validate, validates_schema
from sqlalchemy import Connection, bindparam, insert, select

from pingyi.channels import Text, Word
from pingyi.channels.messages import ONE_OF, REQUIRED, Message
from pingyi.domain.errors import FieldError
from pingyi.domain.period_state import UNTIL_RELEASE
from pingyi.domain.scheme.values import Scheme
from pingyi.ledger.leaves import record
from pingyi.models import Decision, PeriodUnit, Unit
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.core.row_schemas import (
    RowSchema,
    below,
    invalid_request,
    not_in_scheme,
    reason_field,
    repeated,
    row_error,
)
from pingyi.services.core.unit_index import unit_ids
from pingyi.services.periods.periods import PeriodRow

_STORE = insert(Decision)
_CATEGORIES = (
    select(Unit.code, PeriodUnit.category)
    .join(Unit, Unit.id == PeriodUnit.unit_id)
    .where(PeriodUnit.period_id == bindparam("period"))
)
CHOICES = {"tie": ("in", "out"), "switch_off": ("yes", "no")}
_NEEDED = {"tie": ("unit",), "switch_off": ("channel", "category")}
_FOREIGN = {"tie": ("channel",), "switch_off": ("unit",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """A person's decision on a tie (unit) or on switching a channel off (channel, category)."""

    kind: str
    choice: str
    reason: str
    unit: str = ""
    channel: str = ""
    category: str = ""


class NewDecisionSchema(RowSchema):
    """kind tie: unit, choice in or out; kind switch_off: channel and category, choice yes or no.

    A tie may name the unit's category.
    """

    row = DecisionRow

    kind = Word(required=True, validate=validate.OneOf(tuple(CHOICES)))
    unit = Word(load_default="")
    channel = Word(load_default="")
    category = Word(load_default="")
    choice = Word(required=True, validate=validate.OneOf(("in", "out", "yes", "no")))
    reason = reason_field()

    @validates_schema(skip_on_field_errors=False)
    def fits_its_kind(self, data: dict[str, Any], **_: Any) -> None:
        kind = data.get("kind")
        if kind is None:
            return
        wrong = {name: [REQUIRED] for name in _NEEDED[kind] if not data.get(name)}
        wrong |= {name: [_NOT_OF_KIND] for name in _FOREIGN[kind] if data.get(name)}
        if "choice" in data and data["choice"] not in CHOICES[kind]:
            wrong["choice"] = [ONE_OF.format(choices=", ".join(CHOICES[kind]))]
        if wrong:
            raise ValidationError(wrong)


_NOT_OF_KIND = Message(zh="这种裁定不填此项。", en="A decision of this kind has none.")


def decision_errors(
    rows: Sequence[DecisionRow],
    scheme: Scheme,
    category_of: Callable[[str], str | None],
    numbers: Sequence[int] | None = None,
) -> list[FieldError]:
    """What of a list of decisions does not fit the scheme, the units or itself; units are codes.

    `category_of`: a unit's category, None where it is not known. `numbers`: as `repeated` takes them.
    """
    keys = {
        "channel": [plan.key for plan in scheme.channels],
        "category": [plan.key for plan in scheme.categories],
    }
    errors = []
    for position, row in enumerate(rows):
        for column, key in (("channel", row.channel), ("category", row.category)):
            if key and key not in keys[column]:
                errors.append(not_in_scheme(position, column, key, keys[column]))
        own = category_of(row.unit) if row.unit and row.category in keys["category"] else None
        if own and row.category != own:
            errors.append(row_error(position, "category", "category_other", _OTHER.format(category=own)))
    return [*errors, *repeated(rows, _subject, "kind", numbers)]


def _subject(row: DecisionRow) -> tuple[str, ...] | None:
    matter = {"tie": (row.unit,), "switch_off": (row.channel, row.category)}.get(row.kind, ("",))
    return (row.kind, *matter) if all(matter) else None


_OTHER = Text(zh="此单位属于类别“{category}”。", en="This unit belongs to the category {category}.")


def add_decisions(
    connection: Connection, caller: Caller, period: PeriodRow, scheme: Scheme, rows: Sequence[DecisionRow]
) -> None:
    """Record decisions; a later one on the same matter outranks the earlier.

    Raises Problem: wrong_state, units_unknown, request_invalid (not of the scheme, a matter twice).
    """
    require_state(period.state, UNTIL_RELEASE)
    units = _units(connection, period, rows)
    rows = [replace(row, unit=code) for row, (code, _) in zip(rows, units, strict=True)]
    categories = {row.code: row.category for row in connection.execute(_CATEGORIES, {"period": period.id})}
    if errors := decision_errors(rows, scheme, categories.get):
        raise invalid_request(below("/decisions", errors))
    stored = [
        {
            "period_id": period.id,
            "kind": row.kind,
            "unit_id": unit_id,
            "channel": row.channel,
            "category": "" if row.unit else row.category,
            "choice": row.choice,
            "reason": row.reason,
        }
        for row, (_, unit_id) in zip(rows, units, strict=True)
    ]
    if stored:
        connection.execute(_STORE, stored)
    for row, one in zip(rows, stored, strict=True):
        matter = {"what": row.kind, "channel": row.channel, "category": one["category"], "choice": row.choice}
        content = {"period": period.key, "unit": row.unit or None, "by": caller.name, **matter}
        record(connection, "decision.taken", content, period.id)


def _units(
    connection: Connection, period: PeriodRow, rows: Sequence[DecisionRow]
) -> list[tuple[str, int | None]]:
    """Code and id of each row's unit, ("", None) where a decision is about none."""
    about = [position for position, row in enumerate(rows) if row.unit]
    ids = unit_ids(connection, period.id, [rows[position].unit for position in about], "decisions", about)
    named = dict(zip(about, ids, strict=True))
    return [named.get(position, ("", None)) for position in range(len(rows))]
