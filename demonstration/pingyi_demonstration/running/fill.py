"""Fills in the demonstration on a running installation: what `pingyi demo` does."""

from __future__ import annotations

import click
from flask import Flask

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.embedded.ports import address_of
from pingyi.settings import Settings
from pingyi_demonstration.running.first_post import refresh_first_post
from pingyi_demonstration.running.play import play, wait_for_workers
from pingyi_demonstration.running.post_deliveries import HttpSender


def fill(app: Flask, settings: Settings) -> None:
    """Bring the demonstration to its end from any state; a finished one only refreshes its file.

    Needs the web server of `settings` and workers running. Raises Problem: real_data, delivery_refused,
    assessment_failed, workers_silent.
    """
    base_url = address_of(settings)
    sender = HttpSender(base_url)
    try:
        with app.app_context():
            play(sender, wait_for_workers, _say)
            with transaction() as connection:
                refresh_first_post(connection, settings.state, base_url)
    finally:
        sender.close()


def _say(text: Text) -> None:
    click.echo(f"演示 {text.zh} / demonstration: {text.en}")
