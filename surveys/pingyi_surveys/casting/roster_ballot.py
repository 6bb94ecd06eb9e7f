"""A roster's ballot from its first page to the box: pages, what is still open, and the cast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from pingyi_surveys.ballot.layout import pack
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER, OpenedBallot
from pingyi_surveys.casting.ballot_pages import BallotPage, Filled, QuestionGroup, pages, read_form
from pingyi_surveys.casting.box_cache import CachedBox
from pingyi_surveys.casting.group_commit import Cast, cast
from pingyi_surveys.casting.roster_cards import RosterCard


def sheets_of(box: CachedBox, units_per_page: int = 24) -> tuple[BallotPage, ...]:
    """The pages of a roster's ballot, its units grouped as they stand; without comments."""
    groups = []
    for category, units in groupby(box.units.values(), key=lambda unit: unit.category):
        here = tuple(units)
        names = tuple(unit.name for unit in here)
        groups.append(QuestionGroup(category=category, title=here[0].title, units=names))
    return tuple(replace(sheet, comment=False) for sheet in pages(box.questionnaire, groups, units_per_page))


def answers_on(sheet: BallotPage, answers: Sequence[int]) -> tuple[int, ...]:
    """The part of a ballot's answers that stands on one page."""
    return tuple(answers[sheet.first : sheet.first + len(sheet.questions())])


def open_on(sheet: BallotPage, answers: Sequence[int]) -> int:
    """How many questions of a page have no answer."""
    return answers_on(sheet, answers).count(NO_ANSWER)


def checked(sheet: BallotPage, answers: Sequence[int]) -> Filled:
    """A page as if it had been sent just now: with an error beside all that is missing."""
    here = answers_on(sheet, answers)
    return read_form(_Stored(sheet, here), sheet)


class _Stored:
    """Answers in the shape of a form."""

    def __init__(self, sheet: BallotPage, answers: Sequence[int]) -> None:
        names = (question.name for question in sheet.questions())
        self._given = dict(zip(names, answers, strict=True))

    def getlist(self, key: str, /) -> list[str]:
        answer = self._given.get(key, NO_ANSWER)
        return [] if answer == NO_ANSWER else [str(answer)]


def cast_ballot(card: RosterCard, answers: Sequence[int]) -> Cast:
    """Seal and store the card's one ballot, or find it; what is left open is an abstention.

    Nothing of device, network or filling time goes in: a card needs no doubts. Raises Problem ballots_closed,
    busy.
    """
    box = card.box
    ballot = OpenedBallot(
        unit="",
        stratum=card.stratum,
        day=box.day,
        answers=tuple(answers),
        fill=0,
        device=b"",
        network=b"",
        kiosk=False,
        visit=False,
        nullifier=card.nullifier,
    )
    return cast(box, 0, card.nullifier, pack(box.layout, ballot, box.intake))


def open_questions(sheets: Sequence[BallotPage], answers: Sequence[int]) -> list[tuple[int, int]]:
    """The pages, from 1, with questions left open, and how many."""
    found = [(page, open_on(sheet, answers)) for page, sheet in enumerate(sheets, 1)]
    return [(page, count) for page, count in found if count]
