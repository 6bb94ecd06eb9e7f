"""The surveys package as the application finds it: pages, commands, and its part in a period's life."""

from __future__ import annotations

from flask import Flask

from pingyi.extensions import Extension
from pingyi_surveys import api, period_hooks
from pingyi_surveys.topics import TOPICS


def init_app(app: Flask) -> None:
    """Register every blueprint and operation of ours."""
    # Every command of the shell imports this module; only an application needs the pages.
    from pingyi_surveys.pages import navigation

    navigation.init_app(app)
    api.init_app(app)


surveys = Extension(
    key="surveys",
    init_app=init_app,
    commands={
        "box": "pingyi_surveys.shell.box",
        "cards": "pingyi_surveys.shell.cards",
        "recount": "pingyi_surveys.shell.recount",
    },
    topics=TOPICS,
    models="pingyi_surveys.models",
    missing=period_hooks.missing,
    closed=period_hooks.closed,
    unfinished=period_hooks.unfinished,
    sweep=period_hooks.sweep,
)
