"""Questionnaires and ballots for programs, beside the operations of the core."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Add our operations."""
    from pingyi.api import register
    from pingyi_surveys.api import ballots, cards, questionnaires

    register(app, cards.blp, questionnaires.blp, ballots.blp)
