"""Work that is done once in a fork, so that what it loads does not stay for as long as the process runs."""

from __future__ import annotations

import os
import pickle
import signal
import traceback
from collections.abc import Callable
from typing import NoReturn, TypeVar

from pingyi.domain.errors import Problem
from pingyi.embedded.processes import tie_to_owner

Answer = TypeVar("Answer")


def aside(work: Callable[[], Answer]) -> Answer:
    """The answer of `work`, which can be pickled; its Problem is raised here.

    To be called from the main thread, with no connection open. Raises RuntimeError where the work ended in
    another way, which is printed.
    """
    reading, writing = os.pipe()
    tie = tie_to_owner(signal.SIGKILL)
    pid = os.fork()
    if pid == 0:
        tie()
        os.close(reading)
        _answer(work, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        os.waitpid(pid, 0)
    if not said:
        raise RuntimeError("what was done in a fork failed")
    problem, answer = pickle.loads(said)  # noqa: S301 - bytes of our own child
    if problem:
        raise Problem(*problem)
    return answer  # type: ignore[no-any-return]  # of the type that `work` returns


def _answer(work: Callable[[], object], writing: int) -> NoReturn:
    try:
        try:
            said = pickle.dumps((None, work()))
        except Problem as problem:
            fields = (problem.code, problem.status, problem.message, tuple(problem.errors))
            said = pickle.dumps((fields, None))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(said)
    except Exception:  # noqa: BLE001 - printed, and said by the empty answer
        traceback.print_exc()
    finally:
        os._exit(0)
