"""Freezes all that an assessment is a function of into canonical bytes with one digest."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, text

from pingyi.domain.canonical import canonical_json
from pingyi.ledger.leaves import record
from pingyi.ledger.tree_heads import newest_head
from pingyi.models import Document, Period, Snapshot
from pingyi.services.periods.periods import PeriodRow

_STORE = insert(Snapshot).returning(Snapshot.id)
_STORED = select(Snapshot.digest, Snapshot.body).where(Snapshot.id == bindparam("snapshot"))
_SCHEME = (
    select(Document.toml.label("document"), Period.starts_on, Period.ends_on, Period.time_zone)
    .join(Period, Period.scheme_id == Document.id)
    .where(Period.id == bindparam("period"))
)
_ENCODER = msgspec.json.Encoder(order="sorted")
COMPRESSION = 1


@dataclass(frozen=True, slots=True)
class Frozen:
    """A stored snapshot: its id, its SHA-256 and its content (see `snapshot_content`)."""

    id: int
    digest: bytes
    content: dict[str, Any]


def freeze(connection: Connection, period: PeriodRow, revision: int) -> Frozen:
    """Store the snapshot of a revision; the same evidence gives the same bytes.

    Its digest goes on the record: every entry before that leaf is what the snapshot counts.
    """
    body = _ENCODER.encode(snapshot_content(connection, period))
    digest = hashlib.sha256(body).digest()
    snapshot = {
        "period_id": period.id,
        "digest": digest,
        "engine_version": version("pingyi"),
        "body": zlib.compress(body, COMPRESSION),
    }
    snapshot_id = connection.execute(_STORE, snapshot).scalar_one()
    head = newest_head(connection)
    content = {"period": period.key, "revision": revision, "snapshot": digest.hex()}
    record(connection, "snapshot.frozen", {**content, "head": head.line if head else None}, period.id)
    return Frozen(snapshot_id, digest, msgspec.json.decode(body))


def thaw(connection: Connection, snapshot_id: int) -> Frozen:
    """Read a stored snapshot back; ValueError when its bytes do not have its digest."""
    digest, compressed = connection.execute(_STORED, {"snapshot": snapshot_id}).one()
    body = zlib.decompress(compressed)
    if hashlib.sha256(body).digest() != digest:
        raise ValueError(f"snapshot {snapshot_id} does not have its digest")
    return Frozen(snapshot_id, digest, msgspec.json.decode(body))


def snapshot_content(connection: Connection, period: PeriodRow) -> dict[str, Any]:
    """Scheme, units, rolls, adjustments, decisions, earlier results and counters, by key, never by id.

    Counters: channel key -> standing -> unit code ("" for the channel as a whole) -> name -> integer.
    """
    given = {"period": period.id}
    scheme, starts_on, ends_on, time_zone = connection.execute(_SCHEME, given).one()
    content = {name: _rows(connection, sql, given) for name, sql in _PARTS.items()}
    dates = {"starts_on": starts_on, "ends_on": ends_on, "time_zone": time_zone}
    return {
        "scheme": scheme,
        "period": msgspec.Raw(canonical_json(dates)),
        **content,
        "counters": _counters(connection, period),
    }


def _rows(connection: Connection, sql: str, given: dict[str, int]) -> msgspec.Raw:
    return msgspec.Raw(canonical_json([list(row) for row in connection.execute(text(sql), given)]))


def _counters(connection: Connection, period: PeriodRow) -> dict[str, dict[str, dict[str, msgspec.Raw]]]:
    # Past SQLAlchemy, whose rows cost as much as all else here: there is one for every unit on every channel.
    rows = connection.connection.cursor().execute(_COUNTERS, {"period": period.id})
    found: dict[str, dict[str, dict[str, msgspec.Raw]]] = {}
    for key, standing, code, counts in rows:
        found.setdefault(key, {}).setdefault(standing, {})[code] = msgspec.Raw(counts.encode())
    return found


_COUNTERS = """
SELECT c.key, n.standing, coalesce(u.code, ''), n.counts::text
FROM counter n JOIN channel c ON c.id = n.channel_id AND c.period_id = %(period)s
LEFT JOIN unit u ON u.id = n.unit_id
WHERE n.counts::text <> '{}'
"""

_PARTS = {
    "units": "SELECT u.code, p.name, p.category, u.subordination, u.superior FROM period_unit p"
    " JOIN unit u ON u.id = p.unit_id WHERE p.period_id = :period ORDER BY p.position",
    "rolls": "SELECT c.key, r.name, r.stratum, r.count FROM roll r JOIN channel c ON c.id = r.channel_id"
    " WHERE c.period_id = :period ORDER BY c.position, r.name, r.stratum",
    "adjustments": "SELECT u.code, a.kind, a.points, a.target, a.reason, a.document FROM adjustment a"
    " JOIN unit u ON u.id = a.unit_id WHERE a.period_id = :period AND a.withdrawn_reason = ''"
    " ORDER BY u.code, a.kind, a.target, a.points, a.reason, a.document",
    "decisions": "SELECT DISTINCT ON (d.kind, u.code, d.channel, d.category)"
    " d.kind, coalesce(u.code, ''), d.channel, d.category, d.choice, d.reason FROM decision d"
    " LEFT JOIN unit u ON u.id = d.unit_id WHERE d.period_id = :period"
    " ORDER BY d.kind, u.code, d.channel, d.category, d.id DESC",
    "previous": "SELECT r.earlier, u.code, r.category, r.total, r.rank, r.of FROM previous_result r"
    " JOIN unit u ON u.id = r.unit_id WHERE r.period_id = :period ORDER BY r.earlier, u.code",
}
