"""What the addresses begin with that people take away from a page."""

from __future__ import annotations

from flask import current_app, request

from pingyi.settings import Settings


def public_root() -> str:
    """The public address that is set, else that of this request, as in https://host."""
    settings: Settings = current_app.extensions["pingyi.configuration"]
    return settings.public_address or request.host_url.rstrip("/")
