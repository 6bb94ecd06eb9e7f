"""A web server that acknowledges before the disk has the entry: the control that the checker must catch."""

from __future__ import annotations

import os

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from pingyi.app import create_app
from pingyi.embedded.engines import attach
from pingyi.settings import load_settings


def make() -> Flask:
    """The application without the doctor, which refuses what is set below."""
    return create_app(attach(load_settings(os.environ)))


if __name__ == "__main__":
    os.environ["PGOPTIONS"] = "-c synchronous_commit=off"
    Granian(
        "tests.faults.lossy:make",
        factory=True,
        interface=Interfaces.WSGI,
        port=int(os.environ["PINGYI_PORT"]),
        workers=2,
        blocking_threads=16,
    ).serve()
