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
