"""The transactional outbox: work is asked for with the act and struck off with its effect."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, text

FOLD = "fold"
ASSESS = "assess"
SEAL = "seal"
WITNESS = "witness"
RELEASE = "publish"

Work = tuple[str, int]


def request_work(connection: Connection, topic: str, subject_id: int) -> None:
    """Ask for `topic` to be done on `subject_id` once this transaction has committed."""
    connection.execute(
        text("INSERT INTO outbox (topic, subject_id) VALUES (:topic, :subject_id)"),
        {"topic": topic, "subject_id": subject_id},
    )


def request_once(connection: Connection, topic: str, subject_id: int) -> None:
    """Ask for work unless somebody asks for the same already."""
    connection.execute(
        text(
            "INSERT INTO outbox (topic, subject_id) SELECT CAST(:topic AS text), :subject_id"
            " WHERE NOT EXISTS (SELECT FROM outbox WHERE topic = :topic AND subject_id = :subject_id)"
        ),
        {"topic": topic, "subject_id": subject_id},
    )


def take_requests(connection: Connection, topic: str, subject_id: int) -> int:
    """Delete the requests for this work and return their number.

    Call it before reading what the work is about: what was committed with a deleted request is then visible.
    """
    return connection.execute(
        text("DELETE FROM outbox WHERE topic = :topic AND subject_id = :subject_id"),
        {"topic": topic, "subject_id": subject_id},
    ).rowcount


def lease_due_work(
    connection: Connection, lease_seconds: int, topics: Collection[str] | None = None, most: int = 500
) -> list[Work]:
    """Lease work whose requests were never sent, or whose lease (doubling with each attempt) ran out.

    Requests of other topics than `topics` wait untouched. A lease from the future (the clock was set back)
    counts as run out. Work that is already on its way is not sent twice. Returns each (topic, subject) once,
    oldest first.
    """
    rows = connection.execute(
        text(
            """
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
        ),
        {"lease": lease_seconds, "most": most, "topics": None if topics is None else sorted(topics)},
    ).all()
    return list(dict.fromkeys((row.topic, row.subject_id) for row in sorted(rows, key=lambda row: row.id)))


def open_requests(connection: Connection) -> int:
    """How many requests are not done yet."""
    return int(connection.execute(text("SELECT count(*) FROM outbox")).scalar_one())


def is_open(connection: Connection, topic: str, subject_id: int) -> bool:
    """Whether a request for this work is not done yet."""
    found = text("SELECT EXISTS (SELECT FROM outbox WHERE topic = :topic AND subject_id = :subject_id)")
    return bool(connection.execute(found, {"topic": topic, "subject_id": subject_id}).scalar_one())
