"""The record's part of a public bundle: leaves, heads and epochs, as verify.py reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg import sql
from sqlalchemy import Connection, Row, text

from pingyi.channels import Text
from pingyi.db import rows
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import Problem

MOST_HOURLY = 200
NOWHERE = (1 << 31, 0)
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cut:
    """How far a bundle shows the record (epoch and size of a head), and where its snapshot was frozen."""

    epoch: int
    size: int
    frozen: Place


@dataclass(frozen=True, slots=True)
class _Act:
    """A leaf of an act, and its place in the record once it is sealed."""

    kind: str
    epoch: int | None
    index: int | None


def cut_of(connection: Connection, period_id: int, revision: int, *, reopened: bool) -> Cut:
    """The newest head; for a period that takes entries again, the first head that covers its publication.

    Raises Problem record_unsealed while the publication is not under a signed head.
    """
    acts = rows(connection, _Act, _ACTS, period=period_id, revision=revision)
    places = {
        act.kind: (act.epoch, act.index) for act in acts if act.epoch is not None and act.index is not None
    }
    if len(places) < len(acts):
        raise Problem("record_unsealed", 409, _UNSEALED)
    epoch, index = places.get("result.published", NOWHERE)
    heads = connection.execute(text(_COVERING if reopened else _NEWEST), {"epoch": epoch, "index": index})
    head = heads.first() or connection.execute(text(_NEWEST)).first()
    if head is None:
        raise Problem("record_unsealed", 409, _UNSEALED)
    return Cut(head.epoch, head.size, places.get("snapshot.frozen", NOWHERE))


_UNSEALED = Text(
    zh="这次公布还没有写入树头，一般几秒钟即可；请稍后再试（封存进程 sealer 须在运行）。",
    en="The publication is not under a signed head yet, which takes seconds; try again shortly"
    " (the process sealer must be running).",
)
_ACTS = """
SELECT DISTINCT ON (l.kind) l.kind, s.epoch, s.index
FROM leaf l LEFT JOIN sealed_leaf s ON s.leaf_id = l.id
WHERE l.period_id = :period AND l.kind IN ('result.published', 'snapshot.frozen')
  AND (convert_from(l.body, 'UTF8')::json ->> 'revision')::bigint = :revision
ORDER BY l.kind, l.id DESC
"""
_NEWEST = "SELECT epoch, size FROM tree_head ORDER BY epoch DESC, size DESC LIMIT 1"
_COVERING = """
SELECT epoch, size FROM tree_head WHERE epoch = :epoch AND size > :index ORDER BY size LIMIT 1
"""


def epochs_of(connection: Connection, cut: Cut) -> list[Row[Any]]:
    """The epochs up to the cut, with the number of leaves that the bundle shows of each."""
    return list(connection.execute(text(_EPOCHS), {"epoch": cut.epoch, "size": cut.size}))


_EPOCHS = """
SELECT e.number, e.origin, e.verifier_key,
  CASE WHEN e.number = :epoch THEN :size ELSE coalesce(max(h.size), 0) END AS size
FROM epoch e LEFT JOIN tree_head h ON h.epoch = e.number WHERE e.number <= :epoch
GROUP BY e.number ORDER BY e.number
"""


def epochs_json(epochs: Sequence[Row[Any]]) -> bytes:
    """epochs.json."""
    rows = [{"number": e.number, "origin": e.origin, "verifier_key": e.verifier_key} for e in epochs]
    return canonical_json(rows) + b"\n"


def leaf_lines(connection: Connection, period_id: int, epoch: int, size: int) -> Iterator[bytes]:
    """leaves/<epoch>.txt: the leaf itself where it is the period's, else whose it is and its digest."""
    given = {"period": period_id, "epoch": epoch, "size": size}
    query = sql.SQL(_LEAVES).format(**{name: sql.Literal(value) for name, value in given.items()})
    return copied(connection, query)


# Quote and delimiter are characters that no JSON of ours holds, so every line comes out as it is.
_LEAVES = """
COPY (
  SELECT CASE WHEN l.period_id = {period} OR l.kind = 'restore' THEN convert_from(l.body, 'UTF8')
    ELSE coalesce(p.key, '-') || ' ' || encode(l.hash, 'hex') END
  FROM sealed_leaf s JOIN leaf l ON l.id = s.leaf_id LEFT JOIN period p ON p.id = l.period_id
  WHERE s.epoch = {epoch} AND s.index < {size} ORDER BY s.index
) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02', ENCODING 'UTF8')
"""


def copied(connection: Connection, query: sql.Composable) -> Iterator[bytes]:
    """What a COPY sends, piece by piece."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor().copy(query) as copy:
        for piece in copy:
            yield bytes(piece)


def head_lines(connection: Connection, period_id: int, cut: Cut, epochs: Sequence[Row[Any]]) -> bytes:
    """heads.jsonl: the newest, also by witness, those that leaves name, published ones, one per hour."""
    given = {"epoch": cut.epoch, "size": cut.size, "period": period_id}
    numbers = {epoch.origin: epoch.number for epoch in epochs}
    wanted = {(epoch.number, epoch.size) for epoch in epochs}
    for line in connection.execute(text(_NAMED), given).scalars():
        origin, size, _ = f"{line}  ".split(" ", 2)
        if origin in numbers and size.isdecimal():
            wanted.add((numbers[origin], int(size)))
    wanted |= {(row.epoch, row.size) for row in connection.execute(text(_PUBLISHED), given)}
    wanted |= {(row.epoch, row.size) for row in connection.execute(text(_COSIGNED), given)}
    hourly = connection.execute(text(_HOURLY), {**given, "most": MOST_HOURLY})
    wanted |= {(row.epoch, row.size) for row in hourly}
    kept = sorted(place for place in wanted if place <= (cut.epoch, cut.size))
    places = {"epochs": [place[0] for place in kept], "sizes": [place[1] for place in kept]}
    rows = connection.execute(text(_NOTES), places)
    return b"".join(msgspec.json.encode({"epoch": row.epoch, "note": row.note}) + b"\n" for row in rows)


_NAMED = """
SELECT convert_from(body, 'UTF8')::json ->> 'head' FROM leaf
WHERE period_id = :period AND kind IN ('snapshot.frozen', 'box.opened')
  AND convert_from(body, 'UTF8')::json ->> 'head' IS NOT NULL
"""
_PUBLISHED = """
SELECT h.epoch, min(h.size) AS size FROM leaf l JOIN sealed_leaf s ON s.leaf_id = l.id
JOIN tree_head h ON h.epoch = s.epoch AND h.size > s.index
WHERE l.period_id = :period AND l.kind = 'result.published' GROUP BY h.epoch, s.index
"""
_COSIGNED = """
SELECT DISTINCT ON (witness) epoch, size FROM cosignature WHERE (epoch, size) <= (:epoch, :size)
ORDER BY witness, epoch DESC, size DESC
"""
_HOURLY = """
SELECT epoch, max(size) AS size FROM tree_head WHERE (epoch, size) <= (:epoch, :size)
GROUP BY epoch, date_trunc('hour', sealed_at) ORDER BY max(sealed_at) DESC LIMIT :most
"""
_NOTES = """
SELECT h.epoch, h.note || coalesce((
  SELECT string_agg(rtrim(c.line, chr(10)) || chr(10), '' ORDER BY c.witness) FROM cosignature c
  WHERE c.epoch = h.epoch AND c.size = h.size), '') AS note
FROM tree_head h
JOIN unnest(CAST(:epochs AS bigint[]), CAST(:sizes AS bigint[])) AS wanted(epoch, size)
  ON wanted.epoch = h.epoch AND wanted.size = h.size
ORDER BY h.epoch, h.size
"""


def covered_draws(connection: Connection, cut: Cut) -> list[str]:
    """The keys of the draws of which every act lies under the cut, oldest first."""
    rows = connection.execute(text(_DRAWS), {"epoch": cut.epoch, "size": cut.size})
    return list(rows.scalars())


_DRAWS = """
SELECT convert_from(l.body, 'UTF8')::json ->> 'draw' AS draw
FROM leaf l LEFT JOIN sealed_leaf s ON s.leaf_id = l.id
WHERE l.period_id IS NULL AND l.kind IN ('draw.committed', 'draw.drawn', 'draw.substituted')
GROUP BY 1 HAVING bool_and(coalesce((s.epoch, s.index) < (:epoch, :size), false)) ORDER BY min(l.id)
"""
