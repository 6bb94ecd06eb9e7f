"""JSON for partners and integrators, one file a resource; described at /api/openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from pingyi.api.openapi import ProblemApi, Resource

BASE = "/api/v1"
EXTENSION = "pingyi.api"


def init_app(app: Flask) -> None:
    """Add every operation to an application, the partners' made from the plugins of its registry.

    To be called after `pingyi.web.init_app`, which answers errors and enforces the policies.
    """
    from pingyi.api.installation import documents, draws, keys, operators, plugins, schemes
    from pingyi.api.openapi import DOCUMENT, make_api
    from pingyi.api.partners import evidence, uploads
    from pingyi.api.periods import (
        adjustments,
        approvals,
        decisions,
        deliveries,
        earlier_results,
        periods,
        results,
        rolls,
        units,
    )
    from pingyi.api.periods import (
        documents as period_documents,
    )
    from pingyi.api.requests import init_rate
    from pingyi.services.documents import drafts
    from pingyi.web.body_limits import take_files
    from pingyi.web.policy import PUBLIC, declare

    init_rate(app)
    api = make_api(app)
    declare(app, DOCUMENT, PUBLIC)
    scoring = (plugins, schemes, periods, units, rolls, earlier_results, adjustments, decisions)
    office = (*scoring, period_documents, approvals, deliveries, results)
    rest = (documents, operators, keys, uploads, evidence, draws)
    app.extensions[EXTENSION] = api
    register(app, *_partners(app), *(module.blp for module in (*office, *rest)))
    take_files(app, "uploads.post_upload")
    for endpoint in ("documents.begin", "documents.save"):
        take_files(app, endpoint, drafts.MOST_BYTES, office=True)
    take_files(app, "evidence.post_evidence", app.extensions["pingyi.configuration"].max_evidence_bytes)


def register(app: Flask, *resources: Resource) -> None:
    """Add operations below `BASE` and to the document; packages beside the core bring theirs this way."""
    api: ProblemApi = app.extensions[EXTENSION]
    for resource in resources:
        api.register_blueprint(resource, url_prefix=f"{BASE}{resource.url_prefix}")


def _partners(app: Flask) -> list[Resource]:
    """One resource for every plugin there is."""
    from pingyi.api.partners.entries import partner_resource
    from pingyi.registry import EXTENSION

    channels = app.extensions[EXTENSION].channels
    return [partner_resource(channels[key].channel) for key in sorted(channels)]
