"""Bounds a plugin's code in time, and names the package whose code failed or did not return."""

from __future__ import annotations

import ctypes
import functools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from flask import current_app

from pingyi.domain.errors import Problem

TICK_SECONDS = 0.2
_WATCH = "pingyi.watch"
Params = ParamSpec("Params")
Answer = TypeVar("Answer")


class OutOfTime(BaseException):
    """A plugin's code ran longer than it may; `except Exception` does not swallow it."""


@contextmanager
def guarded(failed: Callable[[str], Problem], seconds: float | None = None) -> Iterator[None]:
    """Run a plugin's code: whatever it raises is `failed(detail)`, and so is its not returning in time.

    Problems pass as they are. `seconds`: PINGYI_PLUGIN_SECONDS when None, unbounded when 0. What cannot be
    ended: code that waits inside C in a thread of the web server, and code that catches BaseException.
    """
    limit = current_app.extensions["pingyi.configuration"].plugin_seconds if seconds is None else seconds
    try:
        with limited(limit):
            yield
    except Problem:
        raise
    except OutOfTime:
        raise failed(f"no answer within {limit} seconds") from None
    except Exception as error:
        raise failed(f"{type(error).__name__}: {error}") from error


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise OutOfTime inside the body once `seconds` have passed; 0 is no limit."""
    if not seconds:
        yield
    elif threading.current_thread() is threading.main_thread():
        with _by_alarm(seconds):
            yield
    else:
        with _watch().limited(seconds):
            yield


def without_limit(call: Callable[Params, Answer]) -> Callable[Params, Answer]:
    """Code of ours that a plugin calls: its time is not the plugin's, and OutOfTime never strikes in it.

    It may be storing entries; once it has ended, what was left of the plugin's time goes on.
    """

    @functools.wraps(call)
    def calling(*args: Params.args, **kwargs: Params.kwargs) -> Answer:
        main = threading.current_thread() is threading.main_thread()
        with _alarm_held() if main else _watch().held():
            return call(*args, **kwargs)

    return calling


@contextmanager
def _alarm_held() -> Iterator[None]:
    left, interval = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, interval)


def _watch() -> Watch:
    watch: Watch = current_app.extensions.setdefault(_WATCH, Watch())
    return watch


@contextmanager
def _by_alarm(seconds: float) -> Iterator[None]:
    """In a main thread; an alarm set by somebody else goes on, and one that rings earlier stays alone."""
    outer, interval = signal.getitimer(signal.ITIMER_REAL)
    if 0 < outer <= seconds:
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    started = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer:
            left = outer - (time.monotonic() - started)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001), interval)


def _ring(*_: object) -> None:
    raise OutOfTime


class Watch:
    """Ends code of other threads: one thread looks whose time is over and raises OutOfTime there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[int, float] = {}
        self._limited: set[int] = set()
        self._looking = False

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        me = threading.get_ident()
        self._start(me, seconds)
        try:
            yield
        finally:
            with self._lock:
                self._limited.discard(me)
                if self._until.pop(me, None) is None:
                    _raise_in(me, None)  # raised already, or about to be: not in what comes after

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no time pass of this thread's limit, if it has one."""
        me = threading.get_ident()
        with self._lock:
            until = self._until.pop(me, None)
            if until is None and me in self._limited:
                _raise_in(me, None)  # about to be raised: before what follows, never in it
                raise OutOfTime
            self._limited.discard(me)
        left = None if until is None else until - time.monotonic()
        try:
            yield
        finally:
            if left is not None:
                self._start(me, left)

    def _start(self, thread: int, seconds: float) -> None:
        with self._lock:
            self._limited.add(thread)
            self._until[thread] = time.monotonic() + seconds
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look, daemon=True, name="pingyi plugin watch").start()

    def _look(self) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            with self._lock:
                late = [thread for thread, until in self._until.items() if until < time.monotonic()]
                for thread in late:
                    del self._until[thread]
                    _raise_in(thread, OutOfTime)
                self._looking = bool(self._until)
                if not self._looking:
                    return


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    given = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), given)
