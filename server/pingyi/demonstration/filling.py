"""Fills in the demonstration on a running installation: what `pingyi demo` does."""

from __future__ import annotations

import click
from flask import Flask

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.demonstration.first_post import refresh_first_post
from pingyi.demonstration.playing import play, wait_for_workers
from pingyi.demonstration.posting import HttpSender
from pingyi.settings import Settings

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 compared only


def fill(app: Flask, settings: Settings) -> None:
    """Bring the demonstration to its end from any state; a finished one only refreshes its file.

    Needs the web server of `settings` and workers running. Raises Problem: real_data, delivery_refused,
    assessment_failed, workers_silent.
    """
    base_url = _address(settings)
    sender = HttpSender(base_url)
    try:
        with app.app_context():
            play(sender, wait_for_workers, _say)
            with transaction() as connection:
                refresh_first_post(connection, settings.state, base_url)
    finally:
        sender.close()


def _address(settings: Settings) -> str:
    host = _ANY.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _say(text: Text) -> None:
    click.echo(f"演示 {text.zh} / demonstration: {text.en}")
