"""Every page of ours in the application, and the links that lead to them."""

from __future__ import annotations

from typing import Final

from flask import Flask

from pingyi.channels import Text
from pingyi.services.core.roles import HELD_READERS, Role
from pingyi.web.csrf import own_token
from pingyi.web.links import FOOT, HELD, OFFICE, PERIOD, TOOLS, Link, add_link
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
_REVIEWERS = frozenset({Role.REVIEWER})
_REVIEW = Text(zh="核查", en="Review")
LINKS: Final = (
    Link(place=FOOT, endpoint="receipts.ask", title=Text(zh="查询回执", en="Receipts")),
    Link(place=OFFICE, endpoint="questionnaire_pages.index", title=Text(zh="问卷", en="Questionnaires")),
    Link(place=PERIOD, endpoint="boxes.period_boxes", title=Text(zh="收票", en="Ballots")),
    Link(place=TOOLS, endpoint="ballot_review.periods", title=_REVIEW, roles=_REVIEWERS),
    Link(place=PERIOD, endpoint="ballot_review.cells", title=_REVIEW, roles=frozenset(HELD_READERS)),
    Link(
        place=HELD,
        endpoint="about_ballots.period",
        title=Text(zh="收票和核查情况", en="Ballots, and why some are held"),
    ),
    Link(
        place=TOOLS,
        endpoint="paper.index",
        title=Text(zh="录入纸质票", en="Paper ballots"),
        roles=_REVIEWERS,
    ),
    Link(
        place=FOOT,
        endpoint="about_ballots.about",
        title=Text(zh="评议票怎样保密", en="How ballots stay secret"),
    ),
)


def init_app(app: Flask) -> None:
    """Register the pages and the links to them."""
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    for endpoint in OWN_TOKENS:
        own_token(app, endpoint)
    for link in LINKS:
        add_link(app, link)
