"""Every page of ours in the application."""

from __future__ import annotations

from typing import Final

from flask import Flask

from pingyi.web.csrf import own_token
from pingyi_surveys.pages import (
    about,
    anomalies,
    assets,
    boxes,
    open_ballot,
    paper,
    posters,
    questionnaires,
    receipts,
    rehearsals,
    review,
    roster_ballot,
)

PAGES: Final = (
    assets,
    open_ballot,
    posters,
    receipts,
    roster_ballot,
    questionnaires,
    rehearsals,
    boxes,
    review,
    anomalies,
    paper,
    about,
)
# No session stands behind these forms: they carry a nonce of their own, or the card in their address.
OWN_TOKENS: Final = ("open_ballot.rate", "open_ballot.rate_visit", "roster_ballot.send")


def init_app(app: Flask) -> None:
    """Register the pages."""
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    for endpoint in OWN_TOKENS:
        own_token(app, endpoint)
