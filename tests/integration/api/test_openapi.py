"""The OpenAPI document: valid, complete, with bodies that may be sent as they stand."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from pingyi.web.policy import undeclared

METHODS = {"get", "put", "post", "delete", "patch"}


def operations(document: dict[str, object]) -> list[tuple[str, str, dict[str, object]]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_document_is_valid_openapi_31(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").json
    assert document["openapi"].startswith("3.1")
    validate(document, cls=OpenAPIV31SpecValidator)


def test_every_operation_has_a_stable_id_of_its_own(client: FlaskClient) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(client.get("/api/openapi.json").json)]
    assert len(ids) == len(set(ids))
    assert {"partner_score_post_entries", "period_open", "result_get"} <= set(ids)


def test_every_body_has_an_example(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").json
    bodies = [op["requestBody"]["content"] for _, _, op in operations(document) if "requestBody" in op]
    assert bodies
    assert all("example" in media for content in bodies for media in content.values())


def test_every_endpoint_declares_its_policy(app: Flask) -> None:
    assert [rule for rule in undeclared(app) if " /api/" in rule] == []


def test_partner_operations_are_made_for_every_plugin(app: Flask, client: FlaskClient) -> None:
    paths = client.get("/api/openapi.json").json["paths"]
    for key in app.extensions["pingyi.registry"].channels:
        assert f"/api/v1/periods/{{period}}/{key}/{{channel}}/entries" in paths
