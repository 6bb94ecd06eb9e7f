"""Makes the Flask application from its settings and its registry."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from pingyi import api, console, site, web
from pingyi.db import db, json_text
from pingyi.extensions import prepare_extensions, start_extensions
from pingyi.registry import EXTENSION, Registry, load_registry
from pingyi.services.approvals import core_kinds as approval_kinds
from pingyi.services.documents import registered as document_kinds
from pingyi.settings import Settings
from pingyi.site import record_files


def create_app(settings: Settings, registry: Registry | None = None) -> Flask:
    """A new application; nothing is shared between two of them."""
    app = Flask("pingyi")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": settings.pool_size,
            "max_overflow": 0,
            "pool_pre_ping": True,
            "pool_timeout": 10,
            "hide_parameters": True,
            "json_serializer": json_text,
        },
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        TRUSTED_HOSTS=settings.trusted_hosts.replace(" ", "").split(",") if settings.trusted_hosts else None,
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]  # Flask's documented way
    app.extensions["pingyi.configuration"] = settings
    app.extensions[EXTENSION] = registry or load_registry()
    prepare_extensions(
        app,
        {kind.key for kind in approval_kinds.CORE_KINDS},
        {kind.key for kind in document_kinds.CORE_KINDS},
    )
    db.init_app(app)
    web.init_app(app)
    with app.app_context():  # the document describes what extensions bring
        api.init_app(app)
    app.register_blueprint(site.blueprint)
    app.register_blueprint(record_files.blueprint)
    app.register_blueprint(console.blueprint)
    start_extensions(app)
    return app
