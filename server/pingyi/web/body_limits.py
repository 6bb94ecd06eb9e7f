"""Bodies of requests: how large they may be on the routes that take files, and that none is compressed."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request
from flask.sansio.app import App

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.services.spreadsheets.reading import MAX_FILE_BYTES
from pingyi.web.callers import current_caller

EXTENSION = "pingyi.files"
# A form around the file has words of its own.
_AROUND = 65_536


def init_bodies(app: Flask) -> None:
    """Widen the limit, and refuse what is encoded, before anything reads the body."""
    app.extensions[EXTENSION] = {}
    app.url_value_preprocessor(_widen)
    app.before_request(_refuse_encoded)


def take_files(
    app: App, endpoint: str, most: int = MAX_FILE_BYTES + _AROUND, *, office: bool = False
) -> None:
    """Let an operator, or the `office`, send a file or form of at most so many bytes to this endpoint."""
    app.extensions[EXTENSION][endpoint] = most, office


def _widen(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    files: dict[str, tuple[int, bool]] = current_app.extensions[EXTENSION]
    if request.method in {"POST", "PUT"} and endpoint in files:
        (most, office), caller = files[endpoint], current_caller()
        if caller is not None and office == (caller.operator_id is None):
            request.max_content_length = most
            request.max_form_memory_size = most if office else request.max_form_memory_size


def _refuse_encoded() -> None:
    """Problem content_encoding: the bytes of a compressed body would be taken for the body itself."""
    encoding = request.headers.get("Content-Encoding", "").strip()
    if request.method not in _BODILESS and encoding.lower() not in {"", "identity"}:
        raise Problem("content_encoding", 415, _ENCODED.format(encoding=encoding[:40]))


_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
_ENCODED = Text(
    zh="请求正文带有编码（Content-Encoding: {encoding}），本系统不解压；请原样发送，不要带此请求头。",
    en="The body is encoded (Content-Encoding: {encoding}), which is not undone here; send it as it is.",
)
