"""What a channel takes, what was delivered to it, and the receipts, for its operator and for the office."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from marshmallow import fields
from sqlalchemy import Connection, Row, text

from pingyi.channels import Exact, Flag, Moment, Month, ScoreField, SettingsSchema, Text, Whole
from pingyi.channels.schema import title_of
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, not_found
from pingyi.services.core.roles import OFFICE_READERS
from pingyi.services.core.unit_index import unit_index
from pingyi.services.intake.parse_rows import delivery_schema

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


@dataclass(frozen=True, slots=True)
class EntriesPage:
    """Some entries in the order of their arrival, and the place after which the next page begins."""

    entries: list[Document]
    after: str | None


def readable_channel(connection: Connection, caller: Caller, ref: ChannelRef) -> BoundChannel:
    """The channel, for its operator and for those of the office who read everything."""
    working = bound_channel(connection, ref)
    if not (caller.may_deliver(working.operator_id, working.key) or caller.roles & {*OFFICE_READERS}):
        raise forbidden()
    return working


def entry_form(connection: Connection, working: BoundChannel) -> Document:
    """What may be posted to a channel: its fields, its settings, the period's units and the state."""
    units = connection.execute(
        text(
            "SELECT u.code, p.name, p.category FROM period_unit p JOIN unit u ON u.id = p.unit_id"
            " WHERE p.period_id = :period ORDER BY p.position"
        ),
        {"period": working.period_id},
    )
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
        "fields": entry_fields(working),
        "settings": _settings(working),
        "units": [dict(row) for row in units.mappings()],
    }


def entry_fields(working: BoundChannel) -> list[Document]:
    """The columns of an entry; those of a mapping are named by a setting and have their key after a dot."""
    schema = delivery_schema(working.plugin.entry_schema)(working.context)
    return [_field(name, field, working) for name, field in schema.fields.items()]


def _field(name: str, field: fields.Field[Any], working: BoundChannel) -> Document:
    meta = field.metadata
    unit_needed = name == "unit" and working.plugin.entry_schema.unit_required
    keys = working.context.settings.get(meta.get("keys", "")) if meta.get("keys") else None
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
    rows = connection.execute(
        text(_ENTRIES),
        {
            "channel": working.id,
            "delivery": int(delivery or 0),
            "position": int(position or 0),
            "unit": _unit_id(connection, working, unit) if unit else None,
            "limit": limit + 1,
        },
    ).all()
    hidden = frozenset[str]()
    if not caller.may_deliver(working.operator_id, working.key):
        schema = working.plugin.entry_schema()
        hidden = frozenset(name for name, field in schema.fields.items() if field.metadata.get("private"))
    last = rows[limit - 1] if len(rows) > limit else None
    following = f"{last.delivery_id}.{last.position}" if last else None
    return EntriesPage([_entry(row, hidden) for row in rows[:limit]], following)


def _unit_id(connection: Connection, working: BoundChannel, given: str) -> int:
    found = unit_index(connection, working.period_id, [given]).find(given)
    if isinstance(found, FieldError):
        raise Problem("units_unknown", 422, found.message)
    return found[1]


def _entry(row: Row[Any], hidden: frozenset[str]) -> Document:
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


_ENTRIES = """
SELECT e.delivery_id, e.position, d.kind, u.code, e.values::text AS values, e.standing, e.reason, e.hash,
  e.replaces_delivery, e.replaces_position, d.received_at, h.channel_id IS NOT NULL AS current,
  f.delivery_id IS NULL AS folded
FROM delivery d JOIN entry e ON e.delivery_id = d.id
LEFT JOIN unit u ON u.id = e.unit_id
LEFT JOIN entry_head h ON h.channel_id = e.channel_id AND h.identity = e.identity
  AND h.delivery_id = e.delivery_id AND h.position = e.position
LEFT JOIN unfolded f ON f.delivery_id = d.id
WHERE d.channel_id = :channel AND d.id >= :delivery
  AND (e.delivery_id > :delivery OR e.position > :position)
  AND (CAST(:unit AS bigint) IS NULL OR e.unit_id = :unit)
ORDER BY e.delivery_id, e.position LIMIT :limit
"""


def stored_receipt(connection: Connection, working: BoundChannel, delivery_id: int) -> bytes:
    """The receipt of a delivery to this channel, byte for byte; Problem not_found otherwise."""
    body: bytes | None = connection.execute(
        text(
            "SELECT r.body FROM receipt r JOIN delivery d ON d.id = r.delivery_id"
            " WHERE d.id = :delivery AND d.channel_id = :channel"
        ),
        {"delivery": delivery_id, "channel": working.id},
    ).scalar_one_or_none()
    if body is None:
        raise not_found(zh=f"报送{delivery_id}", en=f"Delivery {delivery_id}")
    return body
