"""Bearer keys of operators and of the office; a key's token is told once."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from pingyi.api.examples import KEY
from pingyi.api.fields import OneOfRegistered
from pingyi.api.openapi import Resource
from pingyi.channels import Word
from pingyi.channels.messages import UNKNOWN, Message
from pingyi.db import transaction
from pingyi.extensions import registered_roles
from pingyi.roles import ACCOUNT_READERS, Role
from pingyi.services.core.row_schemas import key_field
from pingyi.services.people import api_keys
from pingyi.services.people.account_roles import checked_roles
from pingyi.services.periods.office_queries import list_keys
from pingyi.web.callers import require_caller

blp = Resource("keys", __name__, url_prefix="/keys", description="密钥 / Keys")


def office_roles() -> list[str]:
    """The roles that a key of the office may have."""
    return [role.key for role in registered_roles().values() if role.by_key]


class NewKeySchema(Schema):
    """For an operator (by name, narrowed to `channels` where given) or, with `roles`, for the office.

    Without `expires_at`, an operator's does not expire, an office key after a time that is set.
    """

    operator = Word(load_default="")
    channels = fields.List(key_field(), load_default=list, validate=validate.Length(max=200))
    roles = fields.List(Word(validate=OneOfRegistered(office_roles)), load_default=list)
    label = Word(load_default="")
    expires_at = fields.AwareDateTime(load_default=None, allow_none=True)

    @validates_schema
    def is_for_one_holder(self, data: dict[str, Any], **_: Any) -> None:
        if bool(data["operator"]) == bool(data["roles"]):
            raise ValidationError(
                Message(zh="按“operator”或“roles”二选一。", en="Give either operator or roles."), "operator"
            )
        if data["roles"] and data["channels"]:
            raise ValidationError(UNKNOWN, "channels")


class IssuedKeySchema(Schema):
    """A fresh key; the token is shown here and never again."""

    key_id = fields.String(required=True)
    token = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)


class KeySchema(Schema):
    """A key; its secret is not stored."""

    key_id = fields.String(required=True)
    label = fields.String(required=True)
    operator = fields.String(required=True, allow_none=True)
    roles = fields.List(fields.String(), required=True)
    channels = fields.List(fields.String(), required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True, allow_none=True)
    revoked_at = fields.AwareDateTime(required=True, allow_none=True)
    last_used_on = fields.Date(required=True, allow_none=True)


class KeysSchema(Schema):
    """All keys, newest first."""

    keys = fields.List(fields.Nested(KeySchema), required=True)


@blp.route("", methods=["POST"])
@blp.operation("key_issue", Role.SECURITY_ADMINISTRATOR)
@blp.arguments(NewKeySchema, example=KEY)
@blp.response(201, IssuedKeySchema)
def issue(given: dict[str, Any]) -> api_keys.NewKey:
    """Issue a key; hand the token over on a safe way, it cannot be shown again."""
    caller, stated = require_caller(), {"label": given["label"], "expires_at": given["expires_at"]}
    with transaction() as connection:
        if not given["roles"]:
            operator_id = api_keys.find_operator(connection, given["operator"])
            return api_keys.new_operator_key(
                connection, caller, operator_id, channels=given["channels"], **stated
            )
        return api_keys.new_office_key(connection, caller, sorted(checked_roles(given["roles"])), **stated)


@blp.route("")
@blp.operation("key_list", *ACCOUNT_READERS)
@blp.response(200, KeysSchema)
def list_all() -> dict[str, Any]:
    """List all keys, also the revoked ones."""
    with transaction() as connection:
        return {"keys": list_keys(connection)}


@blp.route("/<keyid:key_id>/revocation", methods=["POST"])
@blp.operation("key_revoke", Role.SECURITY_ADMINISTRATOR)
@blp.response(200, KeysSchema)
def revoke(key_id: str) -> dict[str, Any]:
    """Revoke a key at once."""
    with transaction() as connection:
        api_keys.revoke_key(connection, require_caller(), key_id)
        return {"keys": [row for row in list_keys(connection) if row.key_id == key_id]}
