"""The OpenAPI document: our fields and path words described exactly, refusals as RFC 9457."""

from __future__ import annotations

import http
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from flask_smorest import Api, Blueprint
from flask_smorest.utils import prepare_response
from marshmallow import Schema, fields
from werkzeug.routing import BaseConverter

from pingyi.api.requests import StrictParser
from pingyi.channels import Exact, Flag, Moment, Month, ScoreField, Whole, Word
from pingyi.channels.messages import bilingual
from pingyi.channels.schema import MAX_COUNT, title_of
from pingyi.domain.document_fields import PERIOD_KEY_PATTERN
from pingyi.web.policy import PUBLIC, policy

PROBLEM_JSON = "application/problem+json"
DOCUMENT = "api-docs.openapi_json"
MAY_BE_EMPTY = "may_be_empty"
KEY = PERIOD_KEY_PATTERN.pattern

_LINE = "[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]"
_DECIMAL = "[+-]?[0-9]{1,15}([.][0-9]{1,20})?"
_EXACT = f"({_DECIMAL}|[0-9]{{1,15}}/[1-9][0-9]{{0,14}})"
_FLAGS = [True, False, "true", "false", "yes", "no", "是", "否", 1, 0, "1", "0"]

View = Callable[..., Any]
Mark = Callable[[View], View]


class KeyConverter(BaseConverter):
    """A key in a path: nothing else reaches a view or the database."""

    regex = KEY


class KeyIdConverter(BaseConverter):
    """The public half of a bearer key in a path."""

    regex = "[0-9a-f]{12}"


class DigestConverter(BaseConverter):
    """A SHA-256 in a path."""

    regex = "[0-9a-f]{64}"


class FieldErrorSchema(Schema):
    """One place in the request that is wrong."""

    pointer = fields.String(metadata={"description": "JSON pointer into the request body"})
    code = fields.String()
    detail = fields.String()
    file = fields.String()
    row = fields.Integer()
    column = fields.String()


class ProblemSchema(Schema):
    """A refusal (RFC 9457), in the language of Accept-Language; `code` is stable."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    code = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldErrorSchema))


class Converter(OpenAPIConverter):
    """apispec's converter, but for the limits of decimals: JSON Schema has none for a number in a string."""

    def field2range(self, field: fields.Field[Any], ret: Mapping[str, Any]) -> dict[str, Any]:
        """The limits of a number."""
        found: dict[str, Any] = {} if isinstance(field, ScoreField) else super().field2range(field, ret)
        return found


class Plugin(MarshmallowPlugin):
    """apispec's plugin with our converter."""

    Converter = Converter


class ProblemApi(Api):  # type: ignore[misc] # flask-smorest has no types
    """An Api that leaves every error to pingyi.web: its own handler would answer pages with JSON."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """Nothing: pingyi.web answers errors."""

    def _register_responses(self) -> None:
        found = [
            (status.name, status.phrase)
            for status in http.HTTPStatus
            if status >= http.HTTPStatus.BAD_REQUEST
        ]
        for name, description in [
            *found,
            ("DEFAULT_ERROR", "A refusal: what is wrong, where, and what to do"),
        ]:
            response = {"description": description, "schema": ProblemSchema}
            prepare_response(response, self.spec, PROBLEM_JSON)
            self.spec.components.response(name, response, lazy=True)


class Resource(Blueprint):  # type: ignore[misc] # flask-smorest has no types
    """A blueprint that reads its arguments strictly and declares id and policy of an operation at once."""

    ARGUMENTS_PARSER = StrictParser()

    def route(self, rule: str, **options: Any) -> Mark:
        """Register a view under a rule."""
        mark: Mark = super().route(rule, **options)
        return mark

    def arguments(self, schema: type[Schema], **options: Any) -> Mark:
        """Load the body (or `location`) by a schema and pass it on."""
        mark: Mark = super().arguments(bilingual(schema()), **options)
        return mark

    def response(self, status: int, schema: type[Schema] | dict[str, Any], **options: Any) -> Mark:
        """Dump what the view returns by a schema; a Response passes as it is."""
        mark: Mark = super().response(status, schema, **options)
        return mark

    def operation(self, operation_id: str, *who: str, **doc: Any) -> Mark:
        """Declare the stable operationId of a view and who may call it."""
        public: dict[str, Any] = {"security": []} if PUBLIC in who else {}

        def mark(view: View) -> View:
            described: View = self.doc(operationId=operation_id, **public, **doc)(policy(*who)(view))
            return described

        return mark


def make_api(app: Flask) -> ProblemApi:
    """The Api of an application; its document stands at /api/openapi.json."""
    app.config.update(
        API_TITLE="Pingyi 评议",
        API_VERSION=version("pingyi"),
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
    )
    app.url_map.converters.update(key=KeyConverter, keyid=KeyIdConverter, digest=DigestConverter)
    described = {"info": {"description": _ABOUT}, "security": [{"key": []}]}
    api = ProblemApi(app, spec_kwargs={**described, "marshmallow_plugin": Plugin()})
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "pingyi_<key id>_<secret>"}
    api.spec.components.security_scheme("key", scheme)
    for converter in (KeyConverter, KeyIdConverter, DigestConverter):
        api.register_converter(converter, lambda found: {"type": "string", "pattern": f"^{found.regex}$"})
    for field, kind, form in (
        (ScoreField, "string", "decimal"),
        (Whole, "integer", None),
        (Moment, "string", None),
    ):
        api.register_field(field, kind, form)
    api.ma_plugin.converter.add_attribute_function(describe_field)
    return api


_ABOUT = """\
Every channel of a period has its own operations, named after its plugin: `form` says what may be posted,
`entries` takes up to 500 entries at once, all or none. The office stores a scheme, drafts a period of it,
sets the units, opens intake, closes it, asks for the assessment and publishes. All decimals are strings
("92.5"); every error is application/problem+json with JSON pointers. Send `Authorization: Bearer <key>`;
after any failure repeat a POST of entries with the same Idempotency-Key: it counts once.
"""


def describe_field(_converter: object, field: fields.Field[Any], ret: Mapping[str, Any]) -> dict[str, Any]:
    """What a field of ours takes, as JSON Schema; an optional cell of an entry may also be null or empty."""
    empty = bool(field.metadata.get(MAY_BE_EMPTY))
    found: dict[str, Any] = _titles(field)
    match field:
        case Exact():
            found |= {"type": ["string", "integer"], **_pattern(_EXACT, empty=empty)}
        case ScoreField():
            found |= {"type": ["string", "integer"], **_pattern(_DECIMAL, empty=empty)}
        case Whole():
            limits = {"minimum": ret.get("minimum", 0), "maximum": ret.get("maximum", MAX_COUNT)}
            found |= {"type": ["integer", "string"], **limits, **_pattern("[0-9]{1,13}", empty=empty)}
        case Month():
            found |= {"type": "string", **_pattern("[0-9]{4}-(0[1-9]|1[0-2])", empty=empty)}
        case Word():
            found |= {"type": "string", "maxLength": field.limit}
            if "pattern" not in ret and "enum" not in ret:
                found |= _pattern(f"{_LINE}{{{ret.get('minLength', 0)},}}", empty=empty)
        case Flag():
            found |= {"enum": [*_FLAGS, "", None] if empty else _FLAGS}
        case Moment():
            found |= {
                "type": "string",
                "description": "ISO 8601 with offset, or a date (the end of that day)",
            }
    if (empty or field.allow_none) and "type" in found:
        kinds = found["type"] if isinstance(found["type"], list) else [found["type"]]
        found["type"] = [*kinds, "null"]
    return found


def _pattern(body: str, *, empty: bool) -> dict[str, str]:
    return {"pattern": f"^({body})?$" if empty else f"^{body}$"}


def _titles(field: fields.Field[Any]) -> dict[str, str]:
    title = title_of(field)
    titles = [words for words in (title.zh, title.en) if words]
    return {"title": " / ".join(titles)} if titles else {}
