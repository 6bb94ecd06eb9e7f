"""The plainest Flask application there is, to stand beside ours under the same server."""

from __future__ import annotations

from flask import Flask


def make() -> Flask:
    """One route that answers with three bytes."""
    app = Flask("bare")
    app.add_url_rule("/", "hello", lambda: "ok\n")
    return app
