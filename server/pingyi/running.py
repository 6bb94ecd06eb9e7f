"""Runs the web server and several workers at once, and says where they are found."""

from __future__ import annotations

import os

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from pingyi.embedded.ports import with_free_port
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
