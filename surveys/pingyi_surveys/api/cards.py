"""The card issuer's operation: a list of hashes comes to the server, never a card."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from pingyi.api.openapi import Resource
from pingyi.channels import Word
from pingyi.db import transaction
from pingyi.web.callers import require_caller
from pingyi_surveys.roles import CARD_ISSUER
from pingyi_surveys.setup.register_cards import register_cards

MOST_AT_ONCE = 3_500
blp = Resource(
    "cards",
    __name__,
    url_prefix="/periods/<key:period>/channels/<key:channel>/cards",
    description="票卡与办件码 / Cards and visit codes",
)


class CardsSchema(Schema):
    """SHA-256 of cards (or, with a unit, of its visit codes), as `pingyi cards issue` writes them."""

    hashes = fields.List(
        fields.String(validate=validate.Regexp("^[0-9a-f]{64}$")),
        required=True,
        validate=validate.Length(min=1, max=MOST_AT_ONCE),
    )
    stratum = Word(load_default="")
    unit = Word(load_default="")


class RegisteredSchema(Schema):
    """What the record now holds of the list."""

    cards = fields.Integer(required=True)
    digest = fields.String(required=True)


_EXAMPLE = {"hashes": [f"{number:064x}" for number in range(1, 11)], "stratum": "", "unit": ""}


@blp.route("", methods=["POST"])
@blp.operation("card_register", CARD_ISSUER)
@blp.arguments(CardsSchema, example=_EXAMPLE)
@blp.response(201, RegisteredSchema)
def post(given: dict[str, Any], period: str, channel: str) -> dict[str, Any]:
    """Put a list of cards on the record while the period is a draft, visit codes until it closes."""
    hashes = [bytes.fromhex(one) for one in given["hashes"]]
    with transaction() as connection:
        digest = register_cards(
            connection,
            require_caller(),
            period,
            channel,
            hashes,
            stratum=given["stratum"],
            unit=given["unit"],
        )
    return {"cards": len(hashes), "digest": digest}
