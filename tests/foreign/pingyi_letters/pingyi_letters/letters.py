"""Letters: received, answered, posted by a job, taken back by two people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import current_app
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from pingyi.channels import Text
from pingyi.db import rows, transaction
from pingyi.domain.errors import Problem
from pingyi.outbox import request_work, take_requests
from pingyi.services.approvals.kinds import ApprovalKind
from pingyi_letters import LetterSettings
from pingyi_letters.models import Letter

POST = "letters_post"
_WAITING = (
    select(Letter.id, Letter.period_id, Letter.subject, Letter.due_on)
    .where(Letter.answer == "")
    .order_by(Letter.id)
)
_HOW_MANY = select(func.count()).where(Letter.answer == "", Letter.period_id == bindparam("period"))
_RECEIVE = insert(Letter)
_ANSWER = update(Letter).where(Letter.id == bindparam("letter")).values(answer=bindparam("words"))
_POSTED = update(Letter).where(Letter.id == bindparam("letter")).values(posted=True)
_RECALL = delete(Letter).where(Letter.id == bindparam("letter"))


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A letter that waits."""

    id: int
    period_id: int
    subject: str
    due_on: date


def unanswered(connection: Connection) -> Sequence[Unanswered]:
    """Every letter that waits."""
    return rows(connection, Unanswered, _WAITING)


def receive(connection: Connection, period_id: int, subject: str, due_on: date) -> None:
    """Take a letter in; Problem too_many_letters."""
    settings = current_app.extensions["pingyi.configuration"].read(LetterSettings)
    if connection.execute(_HOW_MANY, {"period": period_id}).scalar_one() >= settings.most:
        raise Problem("too_many_letters", 409, Text(zh="来信太多。", en="Too many letters."))
    values = {"period_id": period_id, "subject": subject, "due_on": due_on, "answer": "", "posted": False}
    connection.execute(_RECEIVE, values)


def answer(connection: Connection, letter: int, words: str) -> None:
    """Answer a letter; the job posts it."""
    connection.execute(_ANSWER, {"letter": letter, "words": words})
    request_work(connection, POST, letter)


def post_answer(letter: int) -> None:
    """The job."""
    with transaction() as connection:
        if take_requests(connection, POST, letter):
            connection.execute(_POSTED, {"letter": letter})


RECALL = ApprovalKind(
    key="letter_recall",
    words=lambda request, _: Text(zh="撤回来信 {letter}", en="Take back letter {letter}").format(
        letter=request.content["letter"]
    ),
    carry_out=lambda connection, _approved, _period, request: connection.execute(
        _RECALL, {"letter": request.content["letter"]}
    ),
)
