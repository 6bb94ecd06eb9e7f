"""Lines of work forked from one process that has loaded everything once: they share its memory."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from pingyi.embedded.processes import named, tie_to_owner

_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOOK_SECONDS, _FIRST_PAUSE, _LONGEST_PAUSE, _STEADY_SECONDS = 0.1, 0.2, 10.0, 30.0
_log = logging.getLogger(__name__)


@dataclass
class Line:
    """A child that is to run for ever: what it runs, and when it may be forked anew."""

    name: str
    run: Callable[[], object]
    pid: int = 0
    started: float = 0.0
    pause: float = _FIRST_PAUSE
    not_before: float = 0.0


class Forks:
    """Keeps a child running for every line until this process is told to end.

    To be used in the main thread, with no connection open: a child makes its own.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._stopping = False

    def keep(self) -> None:
        """Fork every line, and anew whichever ends; a signal ends them all, each after what it works on."""
        others = threading.active_count() - 1
        if others:
            _log.warning("%d threads of packages end with the fork", others)
        for number in _STOPPING:
            signal.signal(number, self._stop)
        signal.signal(
            signal.SIGCHLD, signal.SIG_DFL
        )  # ignored by whoever started us, it would hide every end
        gc.collect()
        # What is never looked at again by the collector is never written to, and stays shared.
        gc.freeze()
        while not self._stopping:
            now = time.monotonic()
            for line in self._lines:
                if not line.pid and now >= line.not_before:
                    self._fork(line)
            self._reap()
            time.sleep(_LOOK_SECONDS)
        self._end()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _fork(self, line: Line) -> None:
        tie = tie_to_owner(signal.SIGTERM)
        # A signal that came between fork and the child's own handling would be lost on it.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        pid = os.fork()
        if pid == 0:
            _be(line, tie)
        line.pid, line.started = pid, time.monotonic()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)

    def _reap(self) -> None:
        for line in self._lines:
            pid, status = os.waitpid(line.pid, os.WNOHANG) if line.pid else (0, 0)
            if pid:
                now = time.monotonic()
                steady = now - line.started > _STEADY_SECONDS
                line.pause = _FIRST_PAUSE if steady else min(line.pause * 2, _LONGEST_PAUSE)
                line.pid, line.not_before = 0, now + line.pause
                if not self._stopping:
                    _log.warning("%s ended: %s", line.name, os.waitstatus_to_exitcode(status))

    def _end(self) -> None:
        for line in self._lines:
            if line.pid:
                os.kill(line.pid, signal.SIGTERM)
        while any(line.pid for line in self._lines):
            self._reap()
            time.sleep(_LOOK_SECONDS)


def _be(line: Line, tie: Callable[[], None]) -> NoReturn:
    """Be the child: a group of its own, signals as in a fresh process, and never back to the parent's."""
    status = 1
    try:
        tie()
        os.setpgid(0, 0)
        named(line.name)
        for number in _STOPPING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
        line.run()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - whatever it is, it ends this child alone and is printed
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
