"""What the web server calls: the application made from the environment."""

from __future__ import annotations

import os

from flask import Flask

from pingyi.app import create_app
from pingyi.embedded.doctor import require_safe
from pingyi.embedded.engines import attach
from pingyi.settings import load_settings


def make() -> Flask:
    """The application of this process; unsafe settings are refused."""
    settings = attach(load_settings(os.environ))
    require_safe(settings, seals=False)
    return create_app(settings)
