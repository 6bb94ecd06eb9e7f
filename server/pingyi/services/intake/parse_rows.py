"""Reads what an operator sent into entries: schema, unit, identity and counts, with every error named."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import Connection

from pingyi.channels import Entry, Text, Word
from pingyi.channels.schema import MAX_TEXT_CHARACTERS, EntrySchema
from pingyi.channels.types import encode_name
from pingyi.domain.errors import FieldError, Problem
from pingyi.registry import current_registry, field_errors
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.plugin_timeouts import guarded
from pingyi.services.core.unit_index import SHARED_UNIT, UnitIndex, unit_index
from pingyi.services.intake.evidence_references import unknown_references
from pingyi.services.intake.identities import identity_of

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """One row that may be stored: values without the reason, its unit, identity and counts."""

    unit_id: int
    unit_code: str | None
    identity: str
    values: Mapping[str, Any]
    reason: str
    counts: Counts
    shared: Counts


@cache
def delivery_schema(schema: type[EntrySchema]) -> type[EntrySchema]:
    """A channel's entry as an operator sends it: its own fields, and the reason of a correction."""
    reason = Word(
        limit=MAX_TEXT_CHARACTERS,
        metadata={"title_zh": "更正理由", "title_en": "Reason", "also": ("更正原因", "修改原因")},
    )
    name = f"{schema.__module__.rsplit('.', 1)[-1].removeprefix('pingyi_')}_{schema.__name__}"
    return type(name, (schema,), {"reason": reason})


def read_rows(connection: Connection, working: BoundChannel, rows: Sequence[Any]) -> list[ReadEntry]:
    """Validate and tally all rows; Problem entries_invalid names every wrong field by its position.

    Problem plugin_failed names the package whose code fails or does not return.
    """
    failed = partial(plugin_failed, working)
    with guarded(failed):
        loaded = _load(working, rows)
    index = unit_index(connection, working.period_id, [row["unit"] for row in loaded if "unit" in row])
    units = _units(loaded, index)
    if unknown := unknown_references(connection, working, loaded):
        raise invalid_rows(unknown)
    with guarded(failed):
        entries = [_entry(working, row, unit) for row, unit in zip(loaded, units, strict=True)]
    _refuse_repeats(entries)
    return entries


def _load(working: BoundChannel, rows: Sequence[Any]) -> list[dict[str, Any]]:
    schema = delivery_schema(working.plugin.entry_schema)(working.context, many=True)
    try:
        loaded: list[dict[str, Any]] = schema.load(rows)
    except ValidationError as error:
        messages = error.messages_dict
        in_order = {
            key: messages[key] for key in sorted(messages, key=lambda key: (isinstance(key, str), key))
        }
        raise invalid_rows(list(field_errors(in_order, "/entries"))) from error
    return loaded


def _units(loaded: Sequence[Mapping[str, Any]], index: UnitIndex) -> list[tuple[str | None, int]]:
    found: list[tuple[str | None, int]] = []
    errors: list[FieldError] = []
    for position, row in enumerate(loaded):
        unit = index.find(row["unit"]) if "unit" in row else (None, SHARED_UNIT)
        if isinstance(unit, FieldError):
            errors.append(replace(unit, pointer=f"/entries/{position}/unit"))
        else:
            found.append(unit)
    if errors:
        raise invalid_rows(errors)
    return found


def _entry(working: BoundChannel, row: dict[str, Any], unit: tuple[str | None, int]) -> ReadEntry:
    code, unit_id = unit
    reason = row.pop("reason", "")
    values = row if code is None else {**row, "unit": code}
    counts, shared = tally_entry(working, code, values)
    # Without an identity nothing ever corrects an entry: each is its own.
    plugin = working.plugin
    identity = identity_of(plugin, working.context, values) if plugin.identity else secrets.token_hex(16)
    return ReadEntry(unit_id, code, identity, values, reason, counts, shared)


def tally_entry(working: BoundChannel, code: str | None, values: Mapping[str, Any]) -> tuple[Counts, Counts]:
    """The unit's and the channel's counts of one entry, under their stored spelling."""
    counts: Counts = {}
    shared: Counts = {}
    for count in working.plugin.tally(Entry(code, values), working.context):
        if type(count.amount) is not int or (code is None and not count.shared):
            raise plugin_failed(working, f"bad count {count!r}")
        into = shared if count.shared else counts
        name = encode_name(count.counter)
        into[name] = into.get(name, 0) + count.amount
    return counts, shared


def _refuse_repeats(entries: Sequence[ReadEntry]) -> None:
    first: dict[str, int] = {}
    errors = []
    for position, entry in enumerate(entries):
        earlier = first.setdefault(entry.identity, position)
        if earlier != position:
            errors.append(_repeat(earlier, position))
    if errors:
        raise invalid_rows(errors)


def _repeat(earlier: int, position: int) -> FieldError:
    message = Text(
        zh="与同一批中的第 {earlier} 条是同一项，一批中只能出现一次。",
        en="The same item as entry {earlier} of this batch; it may occur once only.",
    )
    return FieldError(
        code="repeated_in_batch", pointer=f"/entries/{position}", message=message.format(earlier=earlier + 1)
    )


def invalid_rows(errors: Sequence[FieldError]) -> Problem:
    """The refusal of a batch that names every wrong field by its position."""
    message = Text(
        zh="有 {n} 处不符合要求，整批均未保存；请改正后重新提交。",
        en="{n} things are wrong, so nothing of this batch was stored; correct them and send it again.",
    )
    return Problem("entries_invalid", 422, message.format(n=len(errors)), errors)


def plugin_failed(working: BoundChannel, detail: str) -> Problem:
    """The refusal that names a channel's plugin with the package that brings it."""
    message = Text(
        zh="渠道插件“{plugin}”（{version}）出错，未保存任何内容；请通知管理员。（{detail}）",
        en="The channel plugin {plugin} ({version}) failed; nothing was stored. Tell the administrator."
        " ({detail})",
    )
    version = current_registry().version(working.plan.plugin)
    named = message.format(plugin=working.plan.plugin, version=version, detail=detail)
    return Problem("plugin_failed", 500, named)
