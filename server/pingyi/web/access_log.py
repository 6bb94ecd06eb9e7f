"""One JSON line per request, without addresses, tokens, query strings or anything a person typed."""

from __future__ import annotations

import logging
import sys
import time
from datetime import UTC, datetime

import msgspec
from flask import Flask, Response, request

_LOG = logging.getLogger("pingyi.access")
_STARTED = "pingyi.started"


def init_access_log(app: Flask) -> None:
    """Time every request and log it when it has been answered."""
    if not _LOG.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(message)s"))
        _LOG.addHandler(handler)
    _LOG.setLevel(logging.INFO)
    _LOG.propagate = False
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    request.environ[_STARTED] = time.perf_counter()


def _finish(response: Response) -> Response:
    rule = request.url_rule.rule if request.url_rule else None
    started = request.environ.get(_STARTED)
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "method": request.method,
        "rule": rule,
        "status": response.status_code,
        "ms": round((time.perf_counter() - started) * 1000) if started else None,
    }
    _LOG.info(msgspec.json.encode(line).decode())
    return response
