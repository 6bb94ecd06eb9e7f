"""The page of whoever answers."""

from flask import Blueprint, redirect, request

from pingyi.db import transaction
from pingyi.web.policy import policy
from pingyi_letters import WRITER
from pingyi_letters.letters import answer, unanswered

blueprint = Blueprint("letters", __name__)


@blueprint.get("/letters")
@policy(WRITER)
def index() -> str:
    """What waits."""
    with transaction() as connection:
        return "; ".join(row.subject for row in unanswered(connection))


@blueprint.post("/letters/<int:letter>")
@policy(WRITER)
def reply(letter: int):
    """Answer one."""
    with transaction() as connection:
        answer(connection, letter, request.form["words"])
    return redirect("/letters", 303)
