"""The surveys package as the application finds it: pages, commands, and its part in a period's life."""

from __future__ import annotations

import importlib
from typing import Final

from flask import Flask

from pingyi.extensions import Extension
from pingyi_surveys import api
from pingyi_surveys.services import moments

PAGES: Final[tuple[str, ...]] = (
    "assets",
    "open_ballot",
    "posters",
    "receipts",
    "roster_ballot",
    "questionnaires",
    "rehearsals",
    "boxes",
    "review",
    "anomalies",
    "paper",
    "about",
)
COMMANDS = "pingyi_surveys.commands"


def init_app(app: Flask) -> None:
    """Register every blueprint and operation of ours."""
    for name in PAGES:
        module = importlib.import_module(f"pingyi_surveys.pages.{name}")
        module.init_app(app)
    api.init_app(app)


surveys = Extension(
    key="surveys",
    init_app=init_app,
    commands={
        "box": COMMANDS,
        "cards": "pingyi_surveys.commands_cards",
        "recount": "pingyi_surveys.commands_recount",
    },
    missing=moments.missing,
    closed=moments.closed,
    unfinished=moments.unfinished,
    work=moments.work,
    sweep=moments.sweep,
)
