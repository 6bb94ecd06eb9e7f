"""An extension that is no part of Pingyi: letters that a period's office has to answer in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.extensions import Extension
from pingyi.findings import Finding
from pingyi.navigation import TOOLS, HomePart, Link, Waiting
from pingyi.roles import RoleKind
from pingyi.settings import Settings, number_setting
from pingyi.topics import Topic

WRITER = "letter_writer"


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSettings:
    """How many letters may wait."""

    most: int = number_setting("PINGYI_LETTERS_MOST", "letters of a period that may wait for an answer", 5)


def init_app(app: Flask) -> None:
    """Register the page and the operation."""
    from pingyi.api import register
    from pingyi_letters.api import blp
    from pingyi_letters.pages import blueprint

    app.register_blueprint(blueprint)
    register(app, blp)


def approval_kinds() -> Sequence[Any]:
    """That a letter is taken back needs two people."""
    from pingyi_letters.letters import RECALL

    return (RECALL,)


def waiting(connection: Connection, caller: Any) -> Sequence[Waiting]:
    """Letters that nobody has answered."""
    from pingyi_letters.letters import unanswered

    return [
        Waiting(what=Text(zh=row.subject, en=row.subject), address=f"/letters#{row.id}", due=row.due_on)
        for row in unanswered(connection)
    ]


def missing(connection: Connection, period_id: int) -> Sequence[FieldError]:
    """A period opens only once its letters are answered."""
    from pingyi_letters.letters import unanswered

    left = [row for row in unanswered(connection) if row.period_id == period_id]
    message = Text(zh="尚有来信未答复。", en="Letters wait for an answer.")
    return [FieldError(code="letters_wait", message=message)] if left else ()


def answered() -> Problem:
    """An answered letter stays as it is."""
    return Problem("letter_answered", 409, Text(zh="来信已答复。", en="The letter is answered."))


def checks(settings: Settings) -> list[Finding]:
    """What the doctor says of letters."""
    most = settings.read(LetterSettings).most
    return [Finding(code="letters_most", ok=most < 1000, message=Text(zh="来信不多", en="few letters"))]


extension = Extension(
    key="letters",
    init_app=init_app,
    topics=[
        Topic(
            key="letters_post",
            title=Text(zh="寄出答复", en="Post an answer"),
            job="pingyi_letters.letters:post_answer",
        )
    ],
    models="pingyi_letters.models",
    migrations="pingyi_letters.migrations",
    refusals={"PY1LT": answered},
    settings=LetterSettings,
    roles=[
        RoleKind(
            key=WRITER,
            title=Text(zh="回信人", en="Letter writer"),
            apart_from=frozenset({"approver"}),
        )
    ],
    approval_kinds=approval_kinds,
    links=[
        Link(
            place=TOOLS,
            endpoint="letters.index",
            title=Text(zh="来信", en="Letters"),
            roles=frozenset({WRITER}),
        )
    ],
    home=[HomePart(title=Text(zh="待答复的来信", en="Letters"), roles=frozenset({WRITER}), waiting=waiting)],
    missing=missing,
    checks=checks,
)
