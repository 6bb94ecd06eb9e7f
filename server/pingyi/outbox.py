"""The transactional outbox: work is asked for with the act and struck off with its effect."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select

from pingyi.db import rows
from pingyi.models import OutboxRow

Work = tuple[str, int]

_TOPIC = bindparam("topic", type_=OutboxRow.topic.type)
_SUBJECT = bindparam("subject_id", type_=OutboxRow.subject_id.type)
_THIS_WORK = (OutboxRow.topic == _TOPIC, OutboxRow.subject_id == _SUBJECT)
_ASKED_FOR = exists().where(*_THIS_WORK)
_ASK = insert(OutboxRow).inline()  # nobody asks for its id
_ASK_ONCE = insert(OutboxRow).from_select(
    ["topic", "subject_id"], select(_TOPIC, _SUBJECT).where(~_ASKED_FOR)
)
_STRIKE_OFF = delete(OutboxRow).where(*_THIS_WORK)
_IS_OPEN = select(_ASKED_FOR)
_OPEN = select(func.count()).select_from(OutboxRow)


def request_work(connection: Connection, topic: str, subject_id: int) -> None:
    """Ask for `topic` to be done on `subject_id` once this transaction has committed."""
    connection.execute(_ASK, {"topic": topic, "subject_id": subject_id})


def request_once(connection: Connection, topic: str, subject_id: int) -> None:
    """Ask for work unless somebody asks for the same already."""
    connection.execute(_ASK_ONCE, {"topic": topic, "subject_id": subject_id})


def take_requests(connection: Connection, topic: str, subject_id: int) -> int:
    """Delete the requests for this work and return their number.

    Call it before reading what the work is about: what was committed with a deleted request is then visible.
    """
    return connection.execute(_STRIKE_OFF, {"topic": topic, "subject_id": subject_id}).rowcount


def lease_due_work(
    connection: Connection, lease_seconds: int, topics: Collection[str] | None = None, most: int = 500
) -> list[Work]:
    """Lease work whose requests were never sent, or whose lease (doubling with each attempt) ran out.

    Requests of other topics than `topics` wait untouched. A lease from the future (the clock was set back)
    counts as run out. Work that is already on its way is not sent twice. Returns each (topic, subject) once,
    oldest first.
    """
    chosen = None if topics is None else sorted(topics)
    leased = rows(connection, _Leased, _LEASE, lease=lease_seconds, most=most, topics=chosen)
    return list(dict.fromkeys((row.topic, row.subject_id) for row in sorted(leased, key=lambda row: row.id)))


class _Leased(NamedTuple):
    topic: str
    subject_id: int
    id: int


_LEASE = """
WITH held AS (
  SELECT topic, subject_id FROM outbox
  WHERE dispatched_at <= now()
    AND dispatched_at >= now() - make_interval(secs => :lease * power(2, least(attempts, 6) - 1))
), due AS (
  SELECT id FROM outbox
  WHERE (topic, subject_id) NOT IN (SELECT topic, subject_id FROM held)
    AND (CAST(:topics AS text[]) IS NULL OR topic = ANY(CAST(:topics AS text[])))
  ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
)
UPDATE outbox SET dispatched_at = now(), attempts = attempts + 1
FROM due WHERE outbox.id = due.id RETURNING outbox.topic, outbox.subject_id, outbox.id
"""


def open_requests(connection: Connection) -> int:
    """How many requests are not done yet."""
    return connection.execute(_OPEN).scalar_one()


def is_open(connection: Connection, topic: str, subject_id: int) -> bool:
    """Whether a request for this work is not done yet."""
    return bool(connection.execute(_IS_OPEN, {"topic": topic, "subject_id": subject_id}).scalar_one())
