"""The surveys package as the application finds it: pages, commands, and its part in a period's life."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Flask

from pingyi.extensions import Extension
from pingyi.findings import Finding
from pingyi.settings import Settings
from pingyi_surveys import api, period_hooks
from pingyi_surveys.links import LINKS
from pingyi_surveys.refusals import REFUSALS
from pingyi_surveys.roles import ROLES
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.topics import TOPICS


def init_app(app: Flask) -> None:
    """Register every blueprint and operation of ours."""
    # Every command of the shell imports this module; only an application needs the pages.
    from pingyi_surveys.pages import every_page

    every_page.init_app(app)
    api.init_app(app)


def _checks(settings: Settings) -> Iterable[Finding]:
    # Only the doctor asks; no other command needs what this loads.
    from pingyi_surveys.checks import checks

    return checks(settings)


def document_kinds() -> Sequence[Any]:
    """Questionnaires are documents of the office."""
    # They know tables and services, which commands of the shell do without.
    from pingyi_surveys.questionnaires.kind import QUESTIONNAIRES

    return (QUESTIONNAIRES,)


surveys = Extension(
    key="surveys",
    init_app=init_app,
    commands={
        "box": "pingyi_surveys.shell.box",
        "cards": "pingyi_surveys.shell.cards",
        "recount": "pingyi_surveys.shell.recount",
    },
    topics=TOPICS,
    roles=ROLES,
    models="pingyi_surveys.models",
    migrations="pingyi_surveys.migrations",
    document_kinds=document_kinds,
    refusals=REFUSALS,
    settings=SurveySettings,
    links=LINKS,
    missing=period_hooks.missing,
    closed=period_hooks.closed,
    unfinished=period_hooks.unfinished,
    sweep=period_hooks.sweep,
    checks=_checks,
)
