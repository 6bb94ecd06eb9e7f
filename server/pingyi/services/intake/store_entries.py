"""Writes read entries beside those that stand already: verdicts, leaves, receipt, one statement."""

from __future__ import annotations

import secrets
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from pingyi.channels import EntrySchema, Text
from pingyi.domain.canonical import canonical_json, plain_json
from pingyi.domain.errors import FieldError, Problem
from pingyi.ledger.leaves import NONCE_BYTES, commitment, leaf_hash
from pingyi.ledger.tree_heads import recent_head
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.callers import Caller
from pingyi.services.intake.identities import respelled
from pingyi.services.intake.parse_rows import ReadEntry
from pingyi.services.intake.queries import LOCKED_HEADS

COUNTED = "counted"


class TwinError(Exception):
    """Another delivery stored one of the same identities meanwhile; the whole transaction is tried again."""


@dataclass(frozen=True, slots=True)
class CurrentEntry:
    """The entry that stands for an identity now.

    `same_as`: its values, the words of its identity spelled as in the entry that would replace it; `spelled`:
    those words as they stand, where that makes a difference.
    """

    delivery_id: int
    position: int
    same_as: str
    standing: str
    leaf: str
    spelled: tuple[str, ...] = ()


def find_current_entries(
    connection: Connection, working: BoundChannel, entries: Sequence[ReadEntry]
) -> dict[str, CurrentEntry]:
    """The standing entries of these identities, locked in the order of their identities."""
    identities = msgspec.json.encode([entry.identity for entry in entries]).decode()
    rows = connection.execute(LOCKED_HEADS, {"channel": working.id, "identities": identities})
    spelled = {entry.identity: entry.values for entry in entries}
    plugin, context = working.plugin, working.context
    found = {}
    for row in rows:
        values, words = respelled(plugin, context, row.values, spelled[row.identity])
        found[row.identity] = CurrentEntry(
            row.delivery_id, row.position, values, row.standing, row.hash.hex(), words
        )
    return found


def require_reasons(
    working: BoundChannel, entries: Sequence[ReadEntry], heads: Mapping[str, CurrentEntry]
) -> None:
    if not working.plugin.corrections_need_reason:
        return
    errors = [
        _reason_missing(position)
        for position, entry in enumerate(entries)
        if not entry.reason and _verdict(entry, heads.get(entry.identity)) == "corrected"
    ]
    if errors:
        message = Text(
            zh="有 {n} 条更正没有写明理由，整批均未保存。",
            en="{n} corrections lack a reason; nothing was stored.",
        )
        raise Problem("reason_required", 422, message.format(n=len(errors)), errors)


def _reason_missing(position: int) -> FieldError:
    message = Text(
        zh="此项已报送过，更正必须写明理由。",
        en="This item was delivered before; a correction needs a reason.",
    )
    return FieldError(code="reason_required", pointer=f"/entries/{position}/reason", message=message)


def _verdict(entry: ReadEntry, head: CurrentEntry | None) -> str:
    if head is None:
        return "new"
    same = head.same_as.encode() == canonical_json(entry.values) and head.standing == COUNTED
    return "unchanged" if same else "corrected"


def rows_to_store(
    working: BoundChannel,
    caller: Caller,
    delivery_id: int,
    entries: Sequence[ReadEntry],
    heads: Mapping[str, CurrentEntry],
) -> list[dict[str, Any]]:
    """The rows to write, one per entry, with their leaves; an unchanged entry has no body."""
    private = _private_fields(working.plugin.entry_schema)
    leaf = {
        "kind": "entry",
        "period": working.period_key,
        "channel": working.key,
        "delivery": delivery_id,
        "by": caller.name,
        "standing": COUNTED,
    }
    return [
        _row(leaf, position, entry, heads.get(entry.identity), private)
        for position, entry in enumerate(entries)
    ]


@cache
def _private_fields(schema: type[EntrySchema]) -> tuple[str, ...]:
    return tuple(name for name, field in schema().fields.items() if field.metadata.get("private"))


def _row(
    leaf: Mapping[str, Any],
    position: int,
    entry: ReadEntry,
    head: CurrentEntry | None,
    private: Sequence[str],
) -> dict[str, Any]:
    row = {"position": position, "unit": entry.unit_code, "verdict": _verdict(entry, head)}
    if row["verdict"] == "unchanged" and head:
        return {**row, "hash": head.leaf}
    values = msgspec.Raw(canonical_json(entry.values))
    sealed = {name: entry.values[name] for name in private if name in entry.values}
    published = msgspec.Raw(canonical_json(_without(entry.values, sealed))) if sealed else values
    if entry.reason:
        sealed["reason"] = entry.reason
    salt = secrets.token_bytes(16) if sealed else b""
    body = plain_json(
        {
            **leaf,
            "nonce": secrets.token_hex(NONCE_BYTES),
            "position": position,
            "values": published,
            "commitments": {name: commitment(salt, value) for name, value in sealed.items()},
            "replaces": head.leaf if head else None,
        }
    )
    return {
        **row,
        "hash": leaf_hash(body).hex(),
        "body": body.decode(),
        "unit_id": entry.unit_id,
        "identity": entry.identity,
        "values": values,
        "counts": entry.counts,
        "shared": entry.shared,
        "reason": entry.reason,
        "salt": salt.hex(),
        "replaces_delivery": head.delivery_id if head else None,
        "replaces_position": head.position if head else None,
    }


def _without(values: Mapping[str, Any], left_out: Container[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in left_out}


def receipt_of(
    working: BoundChannel, delivery_id: int, stored: Sequence[Mapping[str, Any]], *, columns: str = ""
) -> bytes:
    """What the caller keeps: every entry's verdict and leaf, and the newest head of the record.

    `columns`: the SHA-256 of the mapping by which a file's columns were read.
    """
    head = recent_head()
    return plain_json(
        {
            "checkpoint": head.line if head else None,
            "delivery": delivery_id,
            "period": working.period_key,
            "channel": working.key,
            "entries": [
                {name: row[name] for name in ("position", "unit", "verdict", "hash")} for row in stored
            ],
            **({"columns": columns} if columns else {}),
        }
    )


def insert_rows(
    connection: Connection,
    working: BoundChannel,
    delivery_id: int,
    stored: Sequence[Mapping[str, Any]],
    receipt: bytes,
) -> None:
    """Everything in one statement; fewer heads than entries means that a twin was faster."""
    rows = sorted((row for row in stored if "body" in row), key=lambda row: str(row["identity"]))
    written = connection.execute(
        _INSERT,
        {
            "rows": msgspec.json.encode(rows).decode(),
            "n": len(rows),
            "period": working.period_id,
            "channel": working.id,
            "delivery": delivery_id,
            "receipt": receipt,
        },
    ).scalar_one()
    if written != len(rows):
        raise TwinError


_INSERT = text("""
WITH given AS MATERIALIZED (
  SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(
    position bigint, unit_id bigint, identity text, values json, counts json, shared json, reason text,
    salt text, replaces_delivery bigint, replaces_position bigint, body text, hash text)
), entries AS (
  INSERT INTO entry (delivery_id, position, channel_id, unit_id, identity, standing, values, counts, shared,
    replaces_delivery, replaces_position, reason, salt, hash)
  SELECT :delivery, position, :channel, unit_id, identity, 'counted', values, counts, shared,
    replaces_delivery, replaces_position, reason, decode(nullif(salt, ''), 'hex'), decode(hash, 'hex')
  FROM given
), leaves AS (
  INSERT INTO leaf (kind, period_id, delivery_id, position, body, hash)
  SELECT 'entry', :period, :delivery, position, convert_to(body, 'UTF8'), decode(hash, 'hex') FROM given
), heads AS (
  INSERT INTO entry_head (channel_id, identity, delivery_id, position)
  SELECT :channel, identity, :delivery, position FROM given
  ON CONFLICT (channel_id, identity)
  DO UPDATE SET delivery_id = excluded.delivery_id, position = excluded.position
  WHERE (entry_head.delivery_id, entry_head.position) = (
    SELECT replaces_delivery, replaces_position FROM given WHERE given.identity = entry_head.identity)
  RETURNING 1
), folding AS (
  INSERT INTO unfolded (delivery_id, channel_id, entries) SELECT :delivery, :channel, :n WHERE :n > 0
), request AS (
  INSERT INTO outbox (topic, subject_id) SELECT 'fold', :channel WHERE :n > 0
), answered AS (
  INSERT INTO receipt (delivery_id, body) VALUES (:delivery, :receipt)
)
SELECT count(*) FROM heads
""")
