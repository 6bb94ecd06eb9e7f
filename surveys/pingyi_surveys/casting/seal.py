"""Seals a group of ballots and writes their rows and leaves in one statement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, select

from pingyi.db import db
from pingyi.domain.canonical import plain_json
from pingyi.ledger.leaves import leaf_hash
from pingyi_surveys.ballot.sealed_box import seal_group, tied_to
from pingyi_surveys.casting.box_cache import CachedBox
from pingyi_surveys.models import SealedBallot

Place = tuple[int, bytes]
"""Channel and nullifier: where a ballot's row stands."""


@dataclass(slots=True)
class SealRequest:
    """A ballot to be sealed; `tried`: the receipts under which it has been sealed so far."""

    box: CachedBox
    unit_id: int
    nullifier: bytes
    plaintext: bytes
    tried: set[bytes] = field(default_factory=set)

    @property
    def place(self) -> Place:
        return self.box.channel_id, self.nullifier


class _Row(NamedTuple):
    """One row with its leaf; the order of the fields is the statement's."""

    channel: int
    nullifier: bytes
    period: int
    unit: int
    group: bytes
    position: int
    ciphertext: bytes
    receipt: bytes
    body: bytes


# Values come as arrays, each as one literal, which costs half of psycopg's lists. Rows are written in the
# order of their key, so that two processes never wait for each other.
_WRITE: Final = """
WITH given AS MATERIALIZED (
  SELECT * FROM unnest(%(channel)s::bigint[], %(nullifier)s::bytea[], %(period)s::bigint[],
    %(unit)s::bigint[], %(group)s::bytea[], %(position)s::bigint[],
    %(ciphertext)s::bytea[], %(receipt)s::bytea[], %(body)s::bytea[])
    AS g (channel_id, nullifier, period_id, unit_id, group_key, position, ciphertext, receipt, body)
), stored AS (
  INSERT INTO sealed_ballot
    (channel_id, nullifier, period_id, unit_id, group_key, position, ciphertext, receipt)
  SELECT channel_id, nullifier, period_id, unit_id, group_key, position, ciphertext, receipt
  FROM given ORDER BY channel_id, nullifier
  ON CONFLICT DO NOTHING RETURNING receipt
), told AS (
  INSERT INTO leaf (kind, period_id, body, hash)
  SELECT 'ballot', g.period_id, g.body, g.receipt FROM stored s JOIN given g ON g.receipt = s.receipt
)
SELECT receipt FROM stored
"""
_FIND: Final = """
SELECT b.channel_id, b.nullifier, b.receipt FROM sealed_ballot b
JOIN unnest(%(channel)s::bigint[], %(nullifier)s::bytea[]) AS g (channel_id, nullifier)
ON b.channel_id = g.channel_id AND b.nullifier = g.nullifier
"""
_RECEIPT = select(SealedBallot.receipt).where(
    SealedBallot.channel_id == bindparam("channel"), SealedBallot.nullifier == bindparam("ballot")
)


class Writer:
    """Writes group after group on one connection, which goes back to the pool when no ballots wait.

    For one thread at a time. Every statement is a transaction of its own: it has been committed when it
    returns.
    """

    def __init__(self) -> None:
        self._held: Connection | None = None

    def write(self, jobs: Iterable[SealRequest]) -> dict[Place, bytes]:
        """Commit ballots in one transaction; the receipt that counts of each, new or from before.

        Of several under one nullifier the first is stored. Every call seals anew under keys of its own.
        """
        first: dict[Place, SealRequest] = {}
        for job in jobs:
            first.setdefault(job.place, job)
        rows = sorted(_seal(first.values()))
        stored = {bytes(row[0]) for row in self._run(_WRITE, _columns(rows))}
        found = {(row.channel, row.nullifier): row.receipt for row in rows if row.receipt in stored}
        return found if len(found) == len(first) else found | self._find(first.keys() - found.keys())

    def find(self, jobs: Iterable[SealRequest]) -> dict[Place, bytes]:
        """The receipts of those ballots that are stored."""
        return self._find({job.place for job in jobs})

    def rest(self) -> None:
        """Give the connection back."""
        held, self._held = self._held, None
        if held is not None:
            held.close()

    def _find(self, places: Iterable[Place]) -> dict[Place, bytes]:
        there = list(places)
        given = {
            "channel": _numbers(channel for channel, _ in there),
            "nullifier": _blobs(nullifier for _, nullifier in there),
        }
        return {(row[0], bytes(row[1])): bytes(row[2]) for row in self._run(_FIND, given)}

    def _run(self, statement: str, given: dict[str, str]) -> Sequence[Any]:
        if self._held is None:
            self._held = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            return self._held.exec_driver_sql(statement, given).all()
        except BaseException:
            self.rest()
            raise


def write_group(jobs: Iterable[SealRequest]) -> dict[Place, bytes]:
    """Commit one group, as `Writer.write` does."""
    writer = Writer()
    try:
        return writer.write(jobs)
    finally:
        writer.rest()


def stored_receipt(channel_id: int, nullifier: bytes) -> bytes | None:
    """The receipt of the ballot that was cast under a nullifier; None before."""
    with db.engine.connect() as connection:
        receipt: bytes | None = connection.execute(
            _RECEIPT, {"channel": channel_id, "ballot": nullifier}
        ).scalar_one_or_none()
    return receipt


def _seal(jobs: Iterable[SealRequest]) -> Iterator[_Row]:
    """The jobs as rows: one ephemeral key for all that go into boxes of one key."""
    by_key: dict[bytes, list[SealRequest]] = {}
    for job in jobs:
        by_key.setdefault(job.box.public, []).append(job)
    for public, together in by_key.items():
        group = seal_group(
            ((job.plaintext, tied_to(job.box.channel, job.nullifier)) for job in together), public
        )
        for position, (job, ciphertext) in enumerate(zip(together, group.ciphertexts, strict=True)):
            yield _row(job, group.public, position, ciphertext)


def _row(job: SealRequest, group: bytes, position: int, ciphertext: bytes) -> _Row:
    box = job.box
    body = ballot_leaf(box.channel, box.period, ciphertext)
    receipt = leaf_hash(body)
    job.tried.add(receipt)
    return _Row(
        box.channel_id,
        job.nullifier,
        box.period_id,
        job.unit_id,
        group,
        position,
        ciphertext,
        receipt,
        body,
    )


def ballot_leaf(channel: str, period: str, ciphertext: bytes) -> bytes:
    """The leaf of a sealed ballot: it names nothing but where the ballot went, and its digest."""
    digest = hashlib.sha256(ciphertext).hexdigest()
    return plain_json({"ballot": digest, "channel": channel, "kind": "ballot", "period": period})


def _columns(rows: Sequence[_Row]) -> dict[str, str]:
    columns = zip(_Row._fields, zip(*rows, strict=True), strict=True)
    return {name: _numbers(one) if name in _WHOLE else _blobs(one) for name, one in columns}


_WHOLE: Final = frozenset({"channel", "period", "unit", "position"})


def _numbers(values: Iterable[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


def _blobs(values: Iterable[bytes]) -> str:
    return '{"\\\\x' + '","\\\\x'.join([value.hex() for value in values]) + '"}'
