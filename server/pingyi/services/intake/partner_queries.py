"""What a channel takes, what was delivered to it, and the receipts, for its operator and for the office."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from marshmallow import fields
from sqlalchemy import BigInteger, Connection, String, bindparam, cast, or_, select

from pingyi.channels import (
    Channel,
    Context,
    Exact,
    Flag,
    Moment,
    Month,
    ScoreField,
    SettingsSchema,
    Text,
    Whole,
)
from pingyi.channels.schema import title_of
from pingyi.db import rows
from pingyi.domain.errors import FieldError, Problem
from pingyi.models import Delivery, Entry, EntryHead, Receipt, Unfolded, Unit
from pingyi.roles import OFFICE_READERS
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, not_found
from pingyi.services.core.unit_index import UNITS_OF_PERIOD, unit_index
from pingyi.services.intake.parse_rows import delivery_schema
from pingyi.services.intake.queries import IS_CURRENT

_KINDS: tuple[tuple[type[fields.Field[Any]], str], ...] = (
    (Exact, "decimal"),
    (ScoreField, "decimal"),
    (Whole, "whole"),
    (Moment, "moment"),
    (Month, "month"),
    (Flag, "flag"),
    (fields.Dict, "mapping"),
    (fields.String, "text"),
)

Document = dict[str, Any]
_UNIT = bindparam("unit", type_=BigInteger)
_ENTRIES = (
    select(
        Entry.delivery_id,
        Entry.position,
        Delivery.kind,
        Unit.code,
        cast(Entry.values, String).label("values"),
        Entry.standing,
        Entry.reason,
        Entry.hash,
        Entry.replaces_delivery,
        Entry.replaces_position,
        Delivery.received_at,
        EntryHead.channel_id.is_not(None).label("current"),
        Unfolded.delivery_id.is_(None).label("folded"),
    )
    .join(Delivery, Delivery.id == Entry.delivery_id)
    .outerjoin(Unit, Unit.id == Entry.unit_id)
    .outerjoin(EntryHead, IS_CURRENT)
    .outerjoin(Unfolded, Unfolded.delivery_id == Delivery.id)
    .where(
        Delivery.channel_id == bindparam("channel"),
        Delivery.id >= bindparam("delivery"),
        or_(Entry.delivery_id > bindparam("delivery"), Entry.position > bindparam("position")),
        or_(_UNIT.is_(None), Entry.unit_id == _UNIT),
    )
    .order_by(Entry.delivery_id, Entry.position)
    .limit(bindparam("most"))
)
_RECEIPT = (
    select(Receipt.body)
    .join(Delivery, Delivery.id == Receipt.delivery_id)
    .where(Delivery.id == bindparam("delivery"), Delivery.channel_id == bindparam("channel"))
)


@dataclass(frozen=True, slots=True)
class EntriesPage:
    """Some entries in the order of their arrival, and the place after which the next page begins."""

    entries: list[Document]
    after: str | None


@dataclass(frozen=True, slots=True)
class _EntryRow:
    delivery_id: int
    position: int
    kind: str
    code: str | None
    values: str
    standing: str
    reason: str
    hash: bytes
    replaces_delivery: int | None
    replaces_position: int | None
    received_at: datetime
    current: bool
    folded: bool


def readable_channel(connection: Connection, caller: Caller, ref: ChannelRef) -> BoundChannel:
    """The channel, for its operator and for those of the office who read everything."""
    working = bound_channel(connection, ref)
    if not (caller.may_deliver(working.operator_id, working.key) or caller.roles & {*OFFICE_READERS}):
        raise forbidden()
    return working


def entry_form(connection: Connection, working: BoundChannel) -> Document:
    """What may be posted to a channel: its fields, its settings, the period's units and the state."""
    units = connection.execute(UNITS_OF_PERIOD, {"period": working.period_id})
    period, plugin = working.context.period, working.plugin
    return {
        "period": working.period_key,
        "state": working.state,
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "time_zone": period.time_zone,
        "channel": working.key,
        "plugin": plugin.key,
        "title": _both(working.plan.title),
        "identity": list(plugin.identity),
        "corrections_need_reason": plugin.corrections_need_reason,
        "fields": entry_fields(plugin, working.context),
        "settings": _settings(working),
        "units": [dict(row) for row in units.mappings()],
    }


def entry_fields(plugin: Channel, context: Context) -> list[Document]:
    """The columns of an entry; those of a mapping are named by a setting and have their key after a dot."""
    schema = delivery_schema(plugin.entry_schema)(context)
    return [_field(name, field, plugin, context) for name, field in schema.fields.items()]


def _field(name: str, field: fields.Field[Any], plugin: Channel, context: Context) -> Document:
    meta = field.metadata
    unit_needed = name == "unit" and plugin.entry_schema.unit_required
    keys = context.settings.get(meta.get("keys", "")) if meta.get("keys") else None
    return {
        "name": field.data_key or name,
        "title": _both(title_of(field, name)),
        "type": next((kind for known, kind in _KINDS if isinstance(field, known)), "text"),
        "required": bool(field.required or unit_needed),
        "private": bool(meta.get("private")),
        "keys": list(keys or ()),
    }


def _settings(working: BoundChannel) -> Mapping[str, Any]:
    schema = working.plugin.settings_schema()
    if isinstance(schema, SettingsSchema):
        filled: Mapping[str, Any] = schema.fill_from_presets(working.plan.settings)
        return filled
    return working.plan.settings


def _both(title: Text) -> Document:
    return {"zh": title.zh, "en": title.en}


def entries_page(
    connection: Connection, caller: Caller, working: BoundChannel, *, after: str, limit: int, unit: str
) -> EntriesPage:
    """Entries of a channel in the order of their arrival, from `after` ("delivery.position") on.

    A private value is shown to the channel's operator only.
    """
    delivery, _, position = after.partition(".")
    found = rows(
        connection,
        _EntryRow,
        _ENTRIES,
        channel=working.id,
        delivery=int(delivery or 0),
        position=int(position or 0),
        unit=_unit_id(connection, working, unit) if unit else None,
        most=limit + 1,
    )
    hidden = frozenset[str]()
    if not caller.may_deliver(working.operator_id, working.key):
        schema = working.plugin.entry_schema()
        hidden = frozenset(name for name, field in schema.fields.items() if field.metadata.get("private"))
    last = found[limit - 1] if len(found) > limit else None
    following = f"{last.delivery_id}.{last.position}" if last else None
    return EntriesPage([_entry(row, hidden) for row in found[:limit]], following)


def _unit_id(connection: Connection, working: BoundChannel, given: str) -> int:
    found = unit_index(connection, working.period_id, [given]).find(given)
    if isinstance(found, FieldError):
        raise Problem("units_unknown", 422, found.message)
    return found[1]


def _entry(row: _EntryRow, hidden: frozenset[str]) -> Document:
    values: Document = msgspec.json.decode(row.values)
    replaces = {"delivery": row.replaces_delivery, "position": row.replaces_position}
    return {
        "delivery": row.delivery_id,
        "position": row.position,
        "kind": row.kind,
        "unit": row.code,
        "values": {name: value for name, value in values.items() if name not in hidden},
        "standing": row.standing,
        "status": "folded" if row.folded else "waiting",
        "current": row.current,
        "replaces": replaces if row.replaces_delivery is not None else None,
        "reason": row.reason,
        "hash": row.hash.hex(),
        "received_at": row.received_at,
    }


def stored_receipt(connection: Connection, working: BoundChannel, delivery_id: int) -> bytes:
    """The receipt of a delivery to this channel, byte for byte; Problem not_found otherwise."""
    asked = {"delivery": delivery_id, "channel": working.id}
    body = connection.execute(_RECEIPT, asked).scalar_one_or_none()
    if body is None:
        raise not_found(zh=f"报送{delivery_id}", en=f"Delivery {delivery_id}")
    return body
