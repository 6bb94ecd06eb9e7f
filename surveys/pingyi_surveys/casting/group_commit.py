"""Casts ballots together: whoever comes while one group is written waits and shares the next commit.

One of the threads that wait leads: it seals the group, writes rows and leaves in one statement, and gives the
lead to the first of those who came meanwhile. What is acknowledged has been committed.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from flask import current_app
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pingyi.channels import Text
from pingyi.database_refusals import sqlstate
from pingyi.domain.errors import Problem
from pingyi_surveys.casting.box_cache import CachedBox, closed
from pingyi_surveys.casting.seal import SealRequest, Writer

EXTENSION = "pingyi_surveys.committing"
MOST_IN_GROUP: Final = 256
MOST_WAITING: Final = 2048
LONGEST_WAIT: Final = 20.0
GATHER_SECONDS: Final = 0.005
_CLOSED: Final = "PY001"
_AGAIN: Final = "40"  # deadlocks and their like: alone it will pass
_Away = (OperationalError, InterfaceError, PoolTimeout)


class Cast(NamedTuple):
    """`receipt`: the leaf hash of the ballot that counts; `fresh` where that is the one just given."""

    receipt: bytes
    fresh: bool


class _Waiting:
    """A ballot on its way, and what became of it once `done` is set."""

    __slots__ = ("cast", "done", "error", "job", "leads")

    def __init__(self, job: SealRequest) -> None:
        self.job = job
        self.done = threading.Event()
        self.leads = False
        self.cast: Cast | None = None
        self.error: BaseException | None = None

    def finish(self, cast: Cast | None, error: BaseException | None = None) -> None:
        self.cast, self.error = cast, error
        self.done.set()

    def outcome(self) -> Cast:
        if self.error is not None:
            raise self.error
        if self.cast is None:
            raise busy()
        return self.cast


def cast(box: CachedBox, unit_id: int, nullifier: bytes, plaintext: bytes) -> Cast:
    """Seal and store a ballot, or find the one that was cast before under its nullifier.

    `unit_id`: the unit that the address names, 0 on a ballot of every unit. Raises Problem ballots_closed,
    busy; OperationalError where the database is away. After either of the latter the same call again is safe.
    """
    extensions = current_app.extensions
    committer: Committer = extensions.get(EXTENSION) or extensions.setdefault(EXTENSION, Committer())
    return committer.cast(SealRequest(box, unit_id, nullifier, plaintext))


class Committer:
    """The queue of a process; `cast` may be called by any number of threads inside an application context."""

    def __init__(self, most_waiting: int = MOST_WAITING, longest_wait: float = LONGEST_WAIT) -> None:
        self._lock = threading.Lock()
        self._queue: deque[_Waiting] = deque()
        self._led = False
        self._most_waiting = most_waiting
        self._longest_wait = longest_wait
        self._writer = Writer()
        self._together = 1

    def cast(self, job: SealRequest) -> Cast:
        """Have a ballot committed, with others or alone."""
        waiting = _Waiting(job)
        with self._lock:
            if len(self._queue) >= self._most_waiting:
                raise busy()
            self._queue.append(waiting)
            leads = not self._led
            self._led = True
        if leads or self._called(waiting):
            self._lead(waiting)
        return waiting.outcome()

    def _called(self, waiting: _Waiting) -> bool:
        """Wait until the ballot is done or has to lead; True where it leads."""
        waiting.done.wait(self._longest_wait)
        with self._lock:
            if waiting.leads:
                return True
            if not waiting.done.is_set() and waiting in self._queue:
                self._queue.remove(waiting)
        return False

    def _lead(self, own: _Waiting) -> None:
        """Commit the first group, the leader's own ballot in it, and hand over whatever happened."""
        group = [own]
        try:
            group = self._gather()
            _commit(self._writer, group)
        except BaseException as error:
            for one in group:
                if one.cast is None and one.error is None:
                    one.finish(None, error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._hand_over(own)

    def _gather(self) -> list[_Waiting]:
        """Take the group; where ballots come together, wait a moment for more: they cost little more."""
        if self._together > 1 or len(self._queue) > 1:
            time.sleep(GATHER_SECONDS)
        with self._lock:
            count = self._together = min(len(self._queue), MOST_IN_GROUP)
            return [self._queue.popleft() for _ in range(count)]

    def _hand_over(self, own: _Waiting) -> None:
        with self._lock:
            if own in self._queue:
                self._queue.remove(own)  # it was stopped before it took its group
            if not self._queue:
                self._led = False
                self._writer.rest()
                return
            following = self._queue[0]
            following.leads = True
        following.done.set()


def _commit(writer: Writer, group: Sequence[_Waiting]) -> None:
    """Commit a group and tell every ballot what became of it; raises only where the database is away."""
    jobs = [one.job for one in group]
    try:
        receipts = writer.write(jobs)
    except Exception as error:
        if isinstance(error, _Away) and not _sqlstate(error).startswith(_AGAIN):
            raise
        if _sqlstate(error) == _CLOSED and len({job.box.period_id for job in jobs}) == 1:
            _tell_closed(writer, group)
        elif len(group) == 1:
            group[0].finish(None, error)
        else:
            for one in group:
                _commit(writer, [one])
        return
    for one in group:
        stored = receipts[one.job.place]
        one.finish(Cast(stored, stored in one.job.tried))


def _tell_closed(writer: Writer, group: Sequence[_Waiting]) -> None:
    """A box that has closed: what was cast in time still has its receipt."""
    receipts = writer.find(one.job for one in group)
    for one in group:
        stored = receipts.get(one.job.place)
        if stored is None:
            one.finish(None, closed())
        else:
            one.finish(Cast(stored, stored in one.job.tried))


def _sqlstate(error: BaseException) -> str:
    return sqlstate(error) if isinstance(error, DBAPIError) else ""


def busy() -> Problem:
    """More ballots at once than can be written; nothing of this one is lost by sending it again."""
    return Problem("busy", 503, _BUSY, retry_after_seconds=2)


_BUSY = Text(
    zh="此刻提交的人很多，请稍等两秒再点一次“提交”；不会重复计票。",
    en="Very many people are submitting right now: wait two seconds and press the button again. Nothing is "
    "counted twice.",
)
