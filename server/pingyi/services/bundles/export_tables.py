"""The plain files of an exported bundle: what the frozen snapshot holds, and the entries that stand in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, bindparam, select

from pingyi.models import Period
from pingyi.services.bundles.entries import value_columns
from pingyi.services.bundles.export_record import Cut, copied
from pingyi.services.bundles.queries import has_later_entries, known_units
from pingyi.services.bundles.tables import ADJUSTMENTS, DECISIONS, PREVIOUS, ROLLS, UNITS
from pingyi.services.core.bound_channels import BoundChannel

# What stands in place of a reason, which may name people: the record holds its commitment.
KEPT_REASON = "理由留存评议办"
_ROLL = ("channel", "name", "stratum", "count")
_ADJUSTMENT = ("unit", "kind", "points", "target", "reason", "document")
_DECISION = ("kind", "unit", "channel", "category", "choice", "reason")
_PREVIOUS = ("period", "unit", "category", "total", "rank", "of")
_UNIT = ("code", "name", "category", "parent", "subordination", "superior", "aliases")

_PERIOD = select(Period.key, Period.demonstration).where(Period.id == bindparam("period"))

Tables = Iterator[tuple[str, bytes]]


def plain_files(connection: Connection, period_id: int, snapshot: Mapping[str, Any]) -> Tables:
    """scheme.toml, period.toml and the tables of the snapshot; those without rows are left out."""
    yield "scheme.toml", snapshot["scheme"].encode()
    yield "period.toml", _period_toml(connection, period_id, snapshot["period"])
    yield UNITS, _table(_UNIT, _units(connection, period_id, snapshot["units"]))
    for name, columns in ((ROLLS, _ROLL), (ADJUSTMENTS, _ADJUSTMENT), (DECISIONS, _DECISION)):
        if rows := snapshot[name.removesuffix(".csv")]:
            yield name, _table(columns, rows)
    if snapshot["previous"]:
        yield PREVIOUS, _table(_PREVIOUS, snapshot["previous"])


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue().encode()


def _period_toml(connection: Connection, period_id: int, dates: Mapping[str, Any]) -> bytes:
    key, demonstration = connection.execute(_PERIOD, {"period": period_id}).one()
    lines = [f"key = {json.dumps(key)}"]
    lines += [f"{name} = {dates[name]}" for name in ("starts_on", "ends_on") if dates[name]]
    lines.append(f"time_zone = {json.dumps(dates['time_zone'])}")
    lines += ["demonstration = true"] if demonstration else []
    return ("\n".join(lines) + "\n").encode()


def _units(
    connection: Connection, period_id: int, units: Sequence[Sequence[str]]
) -> Iterator[tuple[str, ...]]:
    """The snapshot's units with what is known besides: the parent, where it takes part, and other names."""
    known = {unit.code: unit for unit in known_units(connection, period_id, [unit[0] for unit in units])}
    for code, name, category, subordination, superior in units:
        more = known.get(code)
        aliases = ";".join(one for one in more.names if one != name) if more else ""
        yield code, name, category, (more and more.parent) or "", subordination, superior, aliases


def entry_files(
    connection: Connection, channels: Sequence[BoundChannel], period_id: int, cut: Cut
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """entries/<channel>.csv as streams: what stood when the snapshot was frozen, private columns left out."""
    # Only then what stood must be worked out.
    late = has_later_entries(connection, period_id, *cut.frozen)
    for working in channels:
        columns = public_columns(working)
        rows = copied(connection, _standing(working, columns, cut, late=late))
        first = next(rows, None)
        if first is not None:
            header = ",".join((*columns, "standing", "reason")) + "\n"
            yield f"entries/{working.key}.csv", chain((header.encode(), first), rows)


def public_columns(working: BoundChannel) -> dict[str, tuple[str, str]]:
    """The columns of a channel's entries that are not private -> (field, key of the mapping or "")."""
    fields = working.plugin.entry_schema().fields
    return {
        column.label: (column.name, column.key)
        for column in value_columns(working.plugin, working.context)
        if not fields[column.name].metadata.get("private")
    }


def _standing(
    working: BoundChannel, columns: Mapping[str, tuple[str, str]], cut: Cut, *, late: bool
) -> sql.Composable:
    cells = [
        sql.SQL("e.values -> {} ->> {}").format(sql.Literal(name), sql.Literal(key))
        if key
        else sql.SQL("e.values ->> {}").format(sql.Literal(name))
        for name, key in columns.values()
    ]
    return sql.SQL(_AS_FROZEN if late else _AS_NOW).format(
        cells=sql.SQL(", ").join(cells),
        reason=sql.Literal(KEPT_REASON),
        channel=sql.Literal(working.id),
        period=sql.Literal(working.period_id),
        epoch=sql.Literal(cut.frozen[0]),
        index=sql.Literal(cut.frozen[1]),
    )


_CELLS = """
  SELECT {cells}, nullif(e.standing, 'counted'), CASE WHEN e.standing <> 'counted' THEN {reason} END
"""
_AS_NOW = f"""
COPY ({_CELLS}
  FROM entry_head h JOIN entry e ON e.delivery_id = h.delivery_id AND e.position = h.position
  WHERE h.channel_id = {{channel}} ORDER BY e.delivery_id, e.position
) TO STDOUT (FORMAT csv, ENCODING 'UTF8')
"""
_AS_FROZEN = f"""
COPY (
  WITH seen AS MATERIALIZED (
    SELECT e.delivery_id, e.position, e.replaces_delivery, e.replaces_position
    FROM leaf l JOIN sealed_leaf s ON s.leaf_id = l.id
    JOIN entry e ON e.delivery_id = l.delivery_id AND e.position = l.position
    WHERE l.period_id = {{period}} AND e.channel_id = {{channel}}
      AND (s.epoch, s.index) < ({{epoch}}, {{index}})
  ){_CELLS}
  FROM seen JOIN entry e ON e.delivery_id = seen.delivery_id AND e.position = seen.position
  WHERE NOT EXISTS (
    SELECT FROM seen r WHERE r.replaces_delivery = seen.delivery_id AND r.replaces_position = seen.position)
  ORDER BY e.delivery_id, e.position
) TO STDOUT (FORMAT csv, ENCODING 'UTF8')
"""  # noqa: S608 - both parts are constants
