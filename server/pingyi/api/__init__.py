"""JSON for partners and integrators, one file a resource; described at /api/openapi.json."""

from __future__ import annotations

from flask import Flask

BASE = "/api/v1"


def init_app(app: Flask) -> None:
    """Add every operation to an application, the partners' made from the plugins of its registry.

    To be called after `pingyi.web.init_app`, which answers errors and enforces the policies.
    """
    from pingyi.api import (
        adjustments,
        approvals,
        decisions,
        deliveries,
        draws,
        evidence,
        keys,
        operators,
        periods,
        plugins,
        previous,
        results,
        rolls,
        schemes,
        units,
        uploads,
    )
    from pingyi.api.partner import partner_resource
    from pingyi.api.requests import init_rate
    from pingyi.api.spec import DOCUMENT, make_api
    from pingyi.registry import EXTENSION
    from pingyi.web.bodies import take_files
    from pingyi.web.policy import PUBLIC, declare

    init_rate(app)
    api = make_api(app)
    declare(app, DOCUMENT, PUBLIC)
    scoring = (plugins, schemes, periods, units, rolls, previous, adjustments, decisions)
    office = (*scoring, approvals, deliveries, results)
    partners = [
        partner_resource(found.channel) for _, found in sorted(app.extensions[EXTENSION].channels.items())
    ]
    for resource in (*partners, *(module.blp for module in (*office, operators, keys, uploads, evidence, draws))):
        api.register_blueprint(resource, url_prefix=f"{BASE}{resource.url_prefix}")
    take_files(app, "uploads.post_upload")
    take_files(app, "evidence.post_evidence", app.extensions["pingyi.configuration"].max_evidence_bytes)
