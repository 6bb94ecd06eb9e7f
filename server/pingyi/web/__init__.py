"""What every page and every API operation share: who may call, sessions, languages, errors, headers."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Give an application its access log, sessions, protection, policies, languages and errors.

    To be called once the database is set up; blueprints are registered after.
    """
    from pingyi.web import (
        access_log,
        body_limits,
        checkpoint,
        csrf,
        headers,
        language,
        numbers,
        policy,
        problems,
        sessions,
        templating,
    )

    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.session_interface = sessions.DatabaseSessions()
    numbers.init_numbers(app)
    access_log.init_access_log(app)
    body_limits.init_bodies(app)
    app.before_request(problems.refuse_nul)
    csrf.init_forgery(app)
    app.before_request(policy.enforce)
    app.after_request(language.remember_language)
    app.after_request(checkpoint.attach_head)
    app.after_request(headers.secure)
    problems.init_problems(app)
    templating.init_templating(app)
    policy.declare(app, "static", policy.PUBLIC)
