"""How large the body of a request may be where it is not as everywhere: on the routes that take files."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, request
from flask.sansio.app import App

from pingyi.services.spreadsheets.reading import MAX_FILE_BYTES
from pingyi.web.callers import current_caller

EXTENSION = "pingyi.files"
# A form around the file has words of its own.
_AROUND = 65_536


def init_bodies(app: Flask) -> None:
    """Widen the limit before anything reads the body."""
    app.extensions[EXTENSION] = {}
    app.url_value_preprocessor(_widen)


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
