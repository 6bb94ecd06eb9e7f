"""Letters for programs."""

from typing import Any

from marshmallow import Schema, fields

from pingyi.api.openapi import Resource
from pingyi.db import transaction
from pingyi_letters import WRITER
from pingyi_letters.letters import unanswered

blp = Resource("letters_api", __name__, url_prefix="/letters", description="来信 / Letters")


class LetterSchema(Schema):
    """A letter that waits."""

    id = fields.Integer(required=True)
    subject = fields.String(required=True)
    due_on = fields.Date(required=True)


class LettersSchema(Schema):
    """All of them."""

    letters = fields.List(fields.Nested(LetterSchema), required=True)


@blp.route("")
@blp.operation("letter_list", WRITER)
@blp.response(200, LettersSchema)
def list_all() -> dict[str, Any]:
    """List the letters that wait."""
    with transaction() as connection:
        return {"letters": unanswered(connection)}
