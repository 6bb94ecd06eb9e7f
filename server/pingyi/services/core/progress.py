"""How far long work is, for pages, the API and the shell."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from pingyi.channels import Text


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """`done` of `total` steps; `waiting`: asked for and not ended; `error`: the sentence that stopped it."""

    done: int
    total: int
    waiting: bool
    error: Text | None


def report_progress(connection: Connection, topic: str, subject_id: int, done: int, total: int) -> None:
    """Say how far a piece of work is."""
    _put(connection, topic, subject_id, done, total, "")


def stop_progress(connection: Connection, topic: str, subject_id: int, error: Text) -> None:
    """Say that a piece of work ended with an error."""
    _put(connection, topic, subject_id, 0, 0, f"{error.zh}\n{error.en}")


def read_progress(connection: Connection, topic: str, subject_id: int) -> ProgressRow:
    """How far a piece of work is; 0 of 0 when it was never asked for."""
    given = {"topic": topic, "subject": subject_id}
    row = connection.execute(
        text("SELECT done, total, error FROM progress WHERE topic = :topic AND subject_id = :subject"), given
    ).one_or_none()
    waiting = connection.execute(
        text("SELECT EXISTS (SELECT FROM outbox WHERE topic = :topic AND subject_id = :subject)"), given
    ).scalar_one()
    if row is None:
        return ProgressRow(0, 0, waiting, None)
    zh, _, en = row.error.partition("\n")
    return ProgressRow(row.done, row.total, waiting, Text(zh=zh, en=en) if zh else None)


def _put(connection: Connection, topic: str, subject_id: int, done: int, total: int, error: str) -> None:
    connection.execute(
        text(
            "INSERT INTO progress (topic, subject_id, done, total, error)"
            " VALUES (:topic, :subject, :done, :total, :error)"
            " ON CONFLICT (topic, subject_id) DO UPDATE SET done = excluded.done, total = excluded.total,"
            " error = excluded.error, updated_at = now()"
        ),
        {"topic": topic, "subject": subject_id, "done": done, "total": total, "error": error},
    )
