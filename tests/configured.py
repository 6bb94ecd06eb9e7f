"""An application with some of its settings otherwise, for as long as a test needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import Flask

from pingyi.settings import Settings


@contextmanager
def configured(app: Flask, **told: Any) -> Iterator[None]:
    """The application with the settings `told`, by the names of their fields."""
    settings: Settings = app.extensions["pingyi.configuration"]
    app.extensions["pingyi.configuration"] = replace(settings, **told)
    try:
        yield
    finally:
        app.extensions["pingyi.configuration"] = settings
