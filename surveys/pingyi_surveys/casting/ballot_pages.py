"""What one page of a ballot asks, and the answers read from the form that comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Protocol

from pingyi.channels import Text
from pingyi.domain.document_messages import pointer
from pingyi.domain.errors import FieldError
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER
from pingyi_surveys.questionnaires.questionnaire import Questionnaire, Words

COMMENT: Final = "comment"
LANGUAGE: Final = "lang"
STEP: Final = "go"
STEPS: Final = ("submit", "next", "previous", "save")

MESSAGES: Mapping[str, Text] = {
    "not_answered": Text(zh="请选择一项", en="Choose one"),
    "several_answers": Text(zh="只能选一项，请重新选择", en="Only one may be chosen: choose again"),
    "unknown_answer": Text(zh="没有这个选项，请重新选择", en="There is no such option: choose again"),
    "comment_too_long": Text(
        zh="最多 {most} 个字，现有 {count} 个字", en="{most} characters at most; there are {count}"
    ),
}

# NUL cannot be stored and half a surrogate pair is no text; line breaks and tabs stay
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionGroup:
    """Units of one category, in the order of the ballot."""

    category: str
    title: Text
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One row of radio buttons: `number` counts from 0 through the whole ballot and names its field."""

    number: int
    words: Words

    @property
    def name(self) -> str:
        return f"q{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A unit on the page; `number` counts the units of the whole ballot from 1."""

    number: int
    name: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True)
class BallotPage:
    """A page of a ballot: the whole of an open one (one unit), or some units of a roster's.

    `first_unit`: how many units of the ballot stand on the pages before. `comment`: whether this page offers
    the questionnaire's comment.
    """

    questionnaire: Questionnaire
    groups: tuple[QuestionGroup, ...]
    first_unit: int = 0
    comment: bool = True

    @property
    def first(self) -> int:
        """The number of the page's first question: where its answers begin in those of the ballot."""
        return self.first_unit * len(self.questionnaire.dimensions)

    def rated(self) -> Iterator[tuple[QuestionGroup, tuple[Rated, ...]]]:
        """Every group with its units and their questions, numbered through the ballot."""
        number = self.first_unit
        for group in self.groups:
            words = self.questionnaire.words(group.category)
            yield group, tuple(_rated(number + place, name, words) for place, name in enumerate(group.units))
            number += len(group.units)

    def units(self) -> tuple[Rated, ...]:
        return tuple(unit for _, units in self.rated() for unit in units)

    def questions(self) -> tuple[Question, ...]:
        return self._questions

    @cached_property
    def _questions(self) -> tuple[Question, ...]:
        return tuple(question for unit in self.units() for question in unit.questions)


def _rated(place: int, name: str, words: Sequence[Words]) -> Rated:
    first = place * len(words)
    questions = tuple(Question(first + position, one) for position, one in enumerate(words))
    return Rated(number=place + 1, name=name, questions=questions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A page as filled in: per question the position of the option chosen (`NO_ANSWER`: none).

    `comment`: what was typed, line breaks as "\\n". `errors` lead to their fields by the pointers "/q0" (the
    question's number in the ballot) and "/comment".
    """

    answers: tuple[int, ...]
    comment: str = ""
    errors: tuple[FieldError, ...] = field(default=())


class Form(Protocol):
    """What werkzeug's `request.form` offers."""

    def getlist(self, key: str, /) -> list[str]: ...


def pages(
    questionnaire: Questionnaire, groups: Sequence[QuestionGroup], units_per_page: int = 24
) -> tuple[BallotPage, ...]:
    """A roster's ballot on pages of at most so many units, their order kept; the comment on the last one."""
    if units_per_page < 1:
        raise ValueError("a page holds at least one unit")
    found: list[BallotPage] = []
    count = sum(len(group.units) for group in groups)
    for start in range(0, count, units_per_page):
        end = start + units_per_page
        part = tuple(_between(groups, start, end))
        last = end >= count
        found.append(BallotPage(questionnaire=questionnaire, groups=part, first_unit=start, comment=last))
    return tuple(found)


def _between(groups: Sequence[QuestionGroup], start: int, end: int) -> Iterator[QuestionGroup]:
    before = 0
    for group in groups:
        units = group.units[max(0, start - before) : max(0, end - before)]
        if units:
            yield QuestionGroup(category=group.category, title=group.title, units=units)
        before += len(group.units)


def read_form(form: Form, sheet: BallotPage, *, draft: bool = False) -> Filled:
    """The answers of a submitted page, with an error beside every field that cannot be taken.

    A `draft` may leave questions open though the questionnaire requires all. Nothing typed is lost: what can
    be shown again is in the answers and the comment, errors or not.
    """
    required = sheet.questionnaire.require_all and not draft
    answers: list[int] = []
    errors: list[FieldError] = []
    for question in sheet.questions():
        answer, code = _answer(form.getlist(question.name), len(sheet.questionnaire.options))
        answers.append(answer)
        if code and (required or code != "not_answered"):
            errors.append(_error(code, question.name))
    comment = _comment(form, sheet)
    return Filled(answers=tuple(answers), comment=comment, errors=(*errors, *_comment_errors(comment, sheet)))


def asked_language(form: Form) -> str:
    """The language that a button of the page asked for ("zh" or "en"); "" where it was another button."""
    given = form.getlist(LANGUAGE)
    return given[0] if given in (["zh"], ["en"]) else ""


def asked_step(form: Form) -> str:
    """What the button pressed asks for, one of `STEPS`; "submit" where nothing says so."""
    given = form.getlist(STEP)
    return given[0] if len(given) == 1 and given[0] in STEPS else "submit"


def _answer(given: list[str], options: int) -> tuple[int, str]:
    if not given:
        return NO_ANSWER, "not_answered"
    if len(given) > 1:
        return NO_ANSWER, "several_answers"
    position = _POSITIONS.get(given[0], NO_ANSWER)
    return (position, "") if position < options else (NO_ANSWER, "unknown_answer")


_POSITIONS: Final = {str(position): position for position in range(NO_ANSWER)}


def _comment(form: Form, sheet: BallotPage) -> str:
    if not sheet.comment or sheet.questionnaire.comment is None:
        return ""
    typed = "\n".join(form.getlist(COMMENT)).replace("\r\n", "\n").replace("\r", "\n")
    return _UNWRITABLE.sub("", typed) if typed.strip() else ""


def _comment_errors(comment: str, sheet: BallotPage) -> Iterator[FieldError]:
    allowed = sheet.questionnaire.comment
    if allowed and len(comment) > allowed.max_characters:
        yield _error("comment_too_long", COMMENT, most=allowed.max_characters, count=len(comment))


def _error(code: str, name: str, **values: object) -> FieldError:
    return FieldError(code=code, message=MESSAGES[code].format(**values), pointer=pointer(name))
