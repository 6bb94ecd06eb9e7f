"""The demonstration as the application finds it: a command, and what is said when everything runs."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Connection

from pingyi.extensions import Extension
from pingyi.settings import Settings


def init_app(_app: Flask) -> None:
    """It brings no pages and no operations."""


def announced(connection: Connection, settings: Settings) -> list[str]:
    """Addresses of open ballots and a request to try; nothing where there is no demonstration."""
    from pingyi_demonstration.running.first_post import first_request
    from pingyi_demonstration.running.open_ballots import ballot_lines

    return [*ballot_lines(connection, settings), *first_request(settings)]


demonstration = Extension(
    key="demonstration",
    init_app=init_app,
    commands={"demo": "pingyi_demonstration.commands"},
    announced=announced,
)
