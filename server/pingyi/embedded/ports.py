"""The port of the web server: a free one for 0, and a refusal when another process has it."""

from __future__ import annotations

import socket
from dataclasses import replace

from pingyi.embedded.messages import refusal
from pingyi.settings import Settings


def with_free_port(settings: Settings) -> Settings:
    """The settings with a port that can be used; granian would silently share one that is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            where = {"host": settings.host, "port": settings.port}
            raise refusal("port_taken", **where, reason=error.strerror) from error
        return replace(settings, port=probe.getsockname()[1])


def reachable_host(settings: Settings) -> str:
    """The host under which a browser on this machine reaches the web server."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 compared only


def address_of(settings: Settings) -> str:
    """The address of the web server as a browser on this machine reaches it."""
    host = reachable_host(settings)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
