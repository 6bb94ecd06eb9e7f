"""Seals a group of ballots and writes their rows and leaves in one statement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import Connection, text

from pingyi.db import db
from pingyi.domain.canonical import plain_json
from pingyi.ledger.leaves import leaf_hash
from pingyi_surveys.box import seal_group, tied_to
from pingyi_surveys.services.live import LiveBox

Place = tuple[int, bytes]
"""Channel and nullifier: where a ballot's row stands."""


@dataclass(slots=True)
class Job:
    """A ballot to be sealed; `tried`: the receipts under which it has been sealed so far."""

    box: LiveBox
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


# Values come as arrays: one plan for a group of any size. Rows are written in the order of their key, so that
# two processes never wait for each other.
_WRITE = text(
    """
WITH given AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:channel AS bigint[]), CAST(:nullifier AS bytea[]), CAST(:period AS bigint[]),
    CAST(:unit AS bigint[]), CAST(:group AS bytea[]), CAST(:position AS bigint[]),
    CAST(:ciphertext AS bytea[]), CAST(:receipt AS bytea[]), CAST(:body AS bytea[]))
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
)
_FIND = text(
    "SELECT b.channel_id, b.nullifier, b.receipt FROM sealed_ballot b JOIN"
    " unnest(CAST(:channel AS bigint[]), CAST(:nullifier AS bytea[])) AS g (channel_id, nullifier)"
    " ON b.channel_id = g.channel_id AND b.nullifier = g.nullifier"
)
_ONE_STATEMENT: Final = "AUTOCOMMIT"


def write_group(jobs: Iterable[Job]) -> dict[Place, bytes]:
    """Commit ballots in one transaction; the receipt that counts of each, new or from before.

    Of several under one nullifier the first is stored. Every call seals anew under keys of its own.
    """
    first: dict[Place, Job] = {}
    for job in jobs:
        first.setdefault(job.place, job)
    rows = list(_seal(first.values()))
    with db.engine.connect().execution_options(isolation_level=_ONE_STATEMENT) as connection:
        stored = {bytes(one) for one in connection.execute(_WRITE, _columns(rows)).scalars()}
        found = {(row.channel, row.nullifier): row.receipt for row in rows if row.receipt in stored}
        if len(found) < len(first):
            found |= _find(connection, [place for place in first if place not in found])
    return found


def find_receipts(jobs: Iterable[Job]) -> dict[Place, bytes]:
    """The receipts of those ballots that are stored."""
    with db.engine.connect().execution_options(isolation_level=_ONE_STATEMENT) as connection:
        return _find(connection, list({job.place for job in jobs}))


def stored_receipt(channel_id: int, nullifier: bytes) -> bytes | None:
    """The receipt of the ballot that was cast under a nullifier; None before."""
    place = channel_id, nullifier
    with db.engine.connect().execution_options(isolation_level=_ONE_STATEMENT) as connection:
        return _find(connection, [place]).get(place)


def _find(connection: Connection, places: Sequence[Place]) -> dict[Place, bytes]:
    given = {
        "channel": [channel for channel, _ in places],
        "nullifier": [nullifier for _, nullifier in places],
    }
    return {(row[0], bytes(row[1])): bytes(row[2]) for row in connection.execute(_FIND, given)}


def _seal(jobs: Iterable[Job]) -> Iterator[_Row]:
    """The jobs as rows: one ephemeral key for all that go into boxes of one key."""
    by_key: dict[bytes, list[Job]] = {}
    for job in jobs:
        by_key.setdefault(job.box.public, []).append(job)
    for public, together in by_key.items():
        group = seal_group(
            ((job.plaintext, tied_to(job.box.channel, job.nullifier)) for job in together), public
        )
        for position, (job, ciphertext) in enumerate(zip(together, group.ciphertexts, strict=True)):
            yield _row(job, group.public, position, ciphertext)


def _row(job: Job, group: bytes, position: int, ciphertext: bytes) -> _Row:
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


def _columns(rows: Sequence[_Row]) -> dict[str, list[int] | list[bytes]]:
    ordered = sorted(rows)
    return {name: [row[at] for row in ordered] for at, name in enumerate(_Row._fields)}
