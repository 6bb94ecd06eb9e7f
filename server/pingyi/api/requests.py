"""Reads requests strictly: JSON that means one thing only, the key that makes a repeat harmless, the rate."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Flask, Request, current_app, request
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser

from pingyi.channels import Text
from pingyi.channels.messages import bilingual
from pingyi.domain.errors import FieldError, Problem
from pingyi.registry import field_errors
from pingyi.services.core.callers import Caller
from pingyi.services.core.row_schemas import invalid_request
from pingyi.services.intake.deliveries import Repeatable, fingerprint
from pingyi.settings import Settings
from pingyi.web.callers import require_caller

MAX_DEPTH = 20
MAX_ENTRIES = 500
EXTENSION = "pingyi.rate"
IDEMPOTENCY_KEY = "[A-Za-z0-9._-]{16,128}"
REPEATABLE = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY}$"},
    "description": "Without a key two equal requests are two; with the same key they are one.",
}


def init_rate(app: Flask) -> None:
    """Count intake requests in the memory of this process: Valkey is not on the way of an acknowledgement."""
    app.extensions[EXTENSION] = MovingWindowRateLimiter(MemoryStorage())


def delivering_caller() -> Caller:
    """The key that delivers, within its rate; Problem key_needed for a signed-in person, rate_exceeded."""
    caller = require_caller()
    if caller.api_key_id is None:
        raise Problem("key_needed", 403, _KEY_NEEDED)
    settings: Settings = current_app.extensions["pingyi.configuration"]
    limiter: MovingWindowRateLimiter = current_app.extensions[EXTENSION]
    if not limiter.hit(RateLimitItemPerSecond(settings.rate_per_second), caller.name):
        raise Problem(
            "rate_exceeded", 429, _RATE.format(rate=settings.rate_per_second), retry_after_seconds=1
        )
    return caller


_KEY_NEEDED = Text(
    zh="程序报送须使用密钥（Authorization: Bearer）。",
    en="Deliveries by program need a key (Authorization: Bearer).",
)
_RATE = Text(
    zh="请求过于频繁（每秒至多{rate}次），请稍候用同一个键重试。",
    en="Too many requests (at most {rate} per second); wait and try again with the same key.",
)


def repeatable() -> Repeatable:
    """The request's Idempotency-Key with its fingerprint; Problem idempotency_key_invalid."""
    key = request.headers.get("Idempotency-Key", "")
    if not re.fullmatch(IDEMPOTENCY_KEY, key):
        raise Problem("idempotency_key_invalid", 400, _IDEMPOTENCY_KEY)
    return Repeatable(key=key, fingerprint=fingerprint(request.method, request.path, request.get_data()))


_IDEMPOTENCY_KEY = Text(
    zh="请求头须有 Idempotency-Key：16至128个字母、数字或“.”“_”“-”；重试时用同一个键。",
    en="Send an Idempotency-Key of 16 to 128 letters, digits, “.”, “_” or “-”; repeat it on retry.",
)


def repeat_key() -> str:
    """What makes a repeat of this request harmless, "" where it has no Idempotency-Key."""
    return f"key:{repeatable().key}" if "Idempotency-Key" in request.headers else ""


def strict_json(body: bytes) -> Any:
    """The value of a JSON text; Problem json_invalid on a key twice, NaN, NUL, bad Unicode, depth."""
    try:
        value = _DECODER.decode(body.decode("utf-8"))
        _limit_depth(value)
        if b"\\u" in body:
            _refuse_bad_text(value)
    except (ValueError, RecursionError) as error:
        raise malformed(str(error)) from error
    return value


def json_object() -> Mapping[str, Any]:
    """The JSON object of the request's body; Problem media_type (415), json_invalid."""
    if request.mimetype != "application/json":
        raise Problem("media_type", 415, _MEDIA_TYPE)
    value = strict_json(request.get_data())
    if not isinstance(value, dict):
        raise malformed("not an object")
    return value


_MEDIA_TYPE = Text(zh="请求正文须为 application/json。", en="The body must be application/json.")


def malformed(detail: str) -> Problem:
    """The body cannot be read at all."""
    message = Text(zh="请求正文不是规范的 JSON：{detail}", en="The body is not well-formed JSON: {detail}")
    return Problem("json_invalid", 400, message.format(detail=detail[:200]))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _limit_depth(value: Any) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _CONTAINERS
        ]
        if not level:
            return
    raise ValueError(f"nested deeper than {MAX_DEPTH}")


_CONTAINERS = (dict, list)


def _refuse_bad_text(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("text contains NUL")
        value.encode()
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_bad_text(key)
            _refuse_bad_text(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_bad_text(inner)


def batch_of(body: Mapping[str, Any]) -> list[Any]:
    """The entries of a post; each of them is validated once, where it is read."""
    entries = body.get("entries")
    if set(body) == {"entries"} and isinstance(entries, list) and 1 <= len(entries) <= MAX_ENTRIES:
        return entries
    wrong = [
        FieldError(code="unknown", pointer=f"/{name}", message=_UNKNOWN) for name in body if name != "entries"
    ]
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_ENTRIES:
        wrong.append(
            FieldError(code="entries", pointer="/entries", message=_ENTRIES.format(most=MAX_ENTRIES))
        )
    raise invalid_request(wrong)


_UNKNOWN = Text(zh="没有这一项。", en="Unknown field.")
_ENTRIES = Text(zh="应为1至{most}条的列表。", en="Must be a list of 1 to {most} entries.")


def read_body(schema: type[Schema]) -> dict[str, Any]:
    """The JSON body loaded by a schema; Problem request_invalid names every field."""
    try:
        body: dict[str, Any] = bilingual(schema()).load(json_object())
    except ValidationError as error:
        raise invalid_request(list(field_errors(error.messages, ""))) from error
    return body


class StrictParser(FlaskParser):
    """Reads the arguments of operations: strict JSON, no unknown word, and every error with its pointer."""

    def __init__(self) -> None:
        super().__init__()
        self.DEFAULT_UNKNOWN_BY_LOCATION = {"json": RAISE, "query": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002 - webargs fixes the signature
        return json_object()

    def handle_error(
        self,
        error: ValidationError,
        req: Request,  # noqa: ARG002 - webargs fixes the signature
        schema: Schema,  # noqa: ARG002 - webargs fixes the signature
        *,
        error_status_code: int | None,  # noqa: ARG002 - webargs fixes the signature
        error_headers: Mapping[str, str] | None,  # noqa: ARG002 - webargs fixes the signature
    ) -> NoReturn:
        (place, below), *_ = error.messages_dict.items()
        raise invalid_request(list(field_errors(below, "" if place == "json" else f"/{place}")))
