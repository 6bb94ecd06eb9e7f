"""The links to our pages on pages of the core."""

from __future__ import annotations

from typing import Final

from pingyi.channels import Text
from pingyi.navigation import FOOT, HELD, OFFICE, PERIOD, TOOLS, Link
from pingyi_surveys.roles import HELD_READERS, REVIEWER

_REVIEWERS = frozenset({REVIEWER})
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
