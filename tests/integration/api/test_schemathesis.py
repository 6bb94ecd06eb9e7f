"""Every operation of the document under generated, right and wrong, requests."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import ParameterLocation
from tests.conftest import bearer

from pingyi.api.requests import IDEMPOTENCY_KEY
from pingyi.registry import load_registry

pytestmark = pytest.mark.long

PARTNERS = sorted(load_registry().channels)
QUICK = {"hotline", "mobile_qr", "partner_score"}
EVERY = [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in PARTNERS]
OFFICE = (
    "acts", "adjustments", "ballots", "cards", "decisions", "deliveries", "documents", "draws", "keys",
    "operators", "period_documents", "periods", "plugins", "previous", "questionnaires", "results", "rolls",
    "schemes", "units",
)  # fmt: skip
REFUSALS = [400, 401, 403, 404, 405, 409, 413, 415, 422, 423]
CONFIGURATION = {
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", *REFUSALS]},
        "negative_data_rejection": {"expected-statuses": REFUSALS},
        "missing_required_header": {"expected-statuses": REFUSALS},
    }
}
Headers = dict[str, str]


def exercise(
    operation: Any, mode: GenerationMode, headers: dict[str, str], place: dict[str, str]
) -> list[int]:
    """Call one operation with generated requests, hold every answer against the document; the statuses."""
    statuses: list[int] = []

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        settle(case, place, len(statuses))
        statuses.append(case.call_and_validate(headers=headers).status_code)

    check()
    return statuses


def settle(case: schemathesis.Case, place: dict[str, str], number: int) -> None:
    """Lead a request to what exists, and make a well-formed Idempotency-Key one of its own."""
    wrong = {location for location, part in case.meta.components.items() if part.mode.is_negative}
    if case.path_parameters and ParameterLocation.PATH not in wrong:
        case.path_parameters.update({name: place[name] for name in case.path_parameters if name in place})
    key = str((case.headers or {}).get("Idempotency-Key", ""))
    if re.fullmatch(IDEMPOTENCY_KEY, key):
        case.headers["Idempotency-Key"] = (
            f"{case.operation.label.encode().hex()[-80:]}-{number:08d}-{key[:20]}"
        )


def exercise_all(app: Flask, tag: str, headers: dict[str, str], place: dict[str, str]) -> int:
    configuration = SchemathesisConfig.from_dict(CONFIGURATION)
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app, config=configuration)
    operations = [found.ok() for found in schema.include(tag=tag).get_all_operations()]
    for operation in operations:
        assert exercise(operation, GenerationMode.POSITIVE, headers, place)
        has_input = operation.body or operation.query or operation.headers or operation.path_parameters
        if has_input:
            assert exercise(operation, GenerationMode.NEGATIVE, headers, place)
    return len(operations)


@pytest.mark.parametrize("plugin", EVERY)
def test_partner_operations_keep_to_the_document(
    app: Flask, world: dict[str, str], key_of: Callable[..., dict[str, str]], plugin: str
) -> None:
    place = {"period": "example-2017", "channel": world[plugin]}
    assert exercise_all(app, f"partner_{plugin}", key_of("市政府法制办"), place) == 5


@pytest.mark.parametrize("tag", OFFICE)
def test_office_operations_keep_to_the_document(
    app: Flask, world: dict[str, str], office: dict[str, str], security: dict[str, str], tag: str
) -> None:
    headers = security if tag in {"keys", "operators"} else office
    headers = bearer("card_issuer") if tag == "cards" else headers
    place = {"period": "example-2017", "scheme": "example-2017", "channel": "online_poll", "kind": "scheme"}
    assert exercise_all(app, tag, headers, place) > 0


@pytest.mark.parametrize("plugin", EVERY)
def test_operations_on_files_keep_to_the_document(
    app: Flask, world: dict[str, str], key_of: Callable[..., dict[str, str]], plugin: str
) -> None:
    place = {"period": "example-2017", "plugin": plugin, "channel": world[plugin]}
    assert exercise_all(app, "uploads", key_of("市政府法制办"), place) == 4


def test_operations_on_evidence_keep_to_the_document(
    app: Flask, world: dict[str, str], key_of: Callable[..., dict[str, str]]
) -> None:
    place = {"period": "example-2017", "plugin": "partner_score", "channel": world["partner_score"]}
    assert exercise_all(app, "evidence", key_of("市政府法制办"), place) == 2


def test_no_operation_is_left_out(app: Flask) -> None:
    tags = {tag["name"] for tag in app.test_client().get("/api/openapi.json").json["tags"]}
    assert tags == {f"partner_{plugin}" for plugin in PARTNERS} | {*OFFICE, "uploads", "evidence"}
