"""Runs the web server and several workers at once, and says where they are found."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from pingyi.embedded.ports import with_free_port
from pingyi.embedded.processes import spawn
from pingyi.settings import Settings

BACKLOG = 2048
STOP_SECONDS = 5


def serve(settings: Settings) -> None:
    """Serve the application with granian until the process is ended; its processes read the environment."""
    settings = with_free_port(settings)
    os.environ.update(_environment(settings))
    Granian(
        "pingyi.wsgi:make",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.web_workers,
        blocking_threads=settings.blocking_threads,
        backlog=BACKLOG,
        backpressure=settings.blocking_threads,
        http=HTTPModes.http1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve()


def _environment(settings: Settings) -> dict[str, str]:
    chosen = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PINGYI_SECRET_KEY": settings.secret_key,
        "PINGYI_STATE": str(settings.state),
        "PINGYI_PORT": str(settings.port),
    }
    return {name: value for name, value in chosen.items() if value}


def run_each(commands: Sequence[Sequence[str]]) -> int:
    """Run commands side by side until one ends or this process is told to; then end the others.

    Returns 0 when told to end, otherwise the status of the one that ended, at least 1.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _ignore)
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    children = [
        spawn(command, env=os.environ, output=sys.stdout.buffer, when_owner_dies=signal.SIGTERM)
        for command in commands
    ]
    try:
        while all(child.poll() is None for child in children):
            time.sleep(0.1)
        return max(1, *(child.returncode or 0 for child in children))
    except KeyboardInterrupt:
        return 0
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """A second signal must not disturb the end."""
