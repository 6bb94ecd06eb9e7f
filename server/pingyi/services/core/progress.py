"""How far long work is, for pages, the API and the shell."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from pingyi.channels import Text
from pingyi.models import Progress
from pingyi.outbox import is_open

_OF_WORK = select(Progress.done, Progress.total, Progress.error).where(
    Progress.topic == bindparam("topic"), Progress.subject_id == bindparam("subject")
)
_STORE = insert(Progress)
_PUT = _STORE.on_conflict_do_update(
    index_elements=[Progress.topic, Progress.subject_id],
    set_={
        "done": _STORE.excluded.done,
        "total": _STORE.excluded.total,
        "error": _STORE.excluded.error,
        "updated_at": func.now(),
    },
)


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
    row = connection.execute(_OF_WORK, {"topic": topic, "subject": subject_id}).one_or_none()
    waiting = is_open(connection, topic, subject_id)
    if row is None:
        return ProgressRow(0, 0, waiting, None)
    zh, _, en = row.error.partition("\n")
    return ProgressRow(row.done, row.total, waiting, Text(zh=zh, en=en) if zh else None)


def _put(connection: Connection, topic: str, subject_id: int, done: int, total: int, error: str) -> None:
    stored = {"topic": topic, "subject_id": subject_id, "done": done, "total": total, "error": error}
    connection.execute(_PUT, stored)
