"""The web server under another clock: under libfaketime 0.9.10 Python cannot sleep, so it waits here."""

from __future__ import annotations

import os
import select
import time

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from pingyi import wsgi


def make() -> Flask:
    """The application as it is; only its sleep is a wait for nothing."""
    time.sleep = _sleep
    return wsgi.make()


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


if __name__ == "__main__":
    Granian(
        "tests.faults.ballots.moved_clock_server:make",
        factory=True,
        interface=Interfaces.WSGI,
        port=int(os.environ["PINGYI_PORT"]),
        workers=2,
        blocking_threads=32,
    ).serve()
