"""The record's part of a public bundle: leaves, heads and epochs, as verify.py reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from psycopg import sql
from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import Problem
from pingyi.ledger.tree_heads import newest_head
from pingyi.services.bundles.queries import (
    HeadPlace,
    ShownEpoch,
    acts_of_revision,
    cosigned_heads,
    covering_head,
    heads_in_leaves,
    heads_of_publications,
    hourly_heads,
    notes_of,
)

MOST_HOURLY = 200
NOWHERE = (1 << 31, 0)
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cut:
    """How far a bundle shows the record (epoch and size of a head), and where its snapshot was frozen."""

    epoch: int
    size: int
    frozen: Place


def cut_of(connection: Connection, period_id: int, revision: int, *, reopened: bool) -> Cut:
    """The newest head; for a period that takes entries again, the first head that covers its publication.

    Raises Problem record_unsealed while the publication is not under a signed head.
    """
    acts = acts_of_revision(connection, period_id, revision)
    places = {
        act.kind: (act.epoch, act.index) for act in acts if act.epoch is not None and act.index is not None
    }
    if len(places) < len(acts):
        raise Problem("record_unsealed", 409, _UNSEALED)
    covering = covering_head(connection, *places.get("result.published", NOWHERE)) if reopened else None
    head = covering or newest_head(connection)
    if head is None:
        raise Problem("record_unsealed", 409, _UNSEALED)
    return Cut(head.epoch, head.size, places.get("snapshot.frozen", NOWHERE))


_UNSEALED = Text(
    zh="这次公布还没有写入树头，一般几秒钟即可；请稍后再试（封存进程 sealer 须在运行）。",
    en="The publication is not under a signed head yet, which takes seconds; try again shortly"
    " (the process sealer must be running).",
)


def epochs_json(epochs: Sequence[ShownEpoch]) -> bytes:
    """epochs.json."""
    shown = [{"number": e.number, "origin": e.origin, "verifier_key": e.verifier_key} for e in epochs]
    return canonical_json(shown) + b"\n"


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


def head_lines(connection: Connection, period_id: int, cut: Cut, epochs: Sequence[ShownEpoch]) -> bytes:
    """heads.jsonl: the newest, also by witness, those that leaves name, published ones, one per hour."""
    numbers = {epoch.origin: epoch.number for epoch in epochs}
    wanted = {HeadPlace(epoch.number, epoch.size) for epoch in epochs}
    for named in heads_in_leaves(connection, period_id):
        origin, size, _ = f"{named.line}  ".split(" ", 2)
        if origin in numbers and size.isdecimal():
            wanted.add(HeadPlace(numbers[origin], int(size)))
    wanted.update(heads_of_publications(connection, period_id))
    wanted.update(cosigned_heads(connection, cut.epoch, cut.size))
    wanted.update(hourly_heads(connection, cut.epoch, cut.size, MOST_HOURLY))
    kept = sorted(place for place in wanted if place <= (cut.epoch, cut.size))
    notes = notes_of(connection, kept)
    return b"".join(msgspec.json.encode({"epoch": one.epoch, "note": one.note}) + b"\n" for one in notes)
