"""A new version of a plugin in an open period counts its channel anew, from the stored values."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask
from sqlalchemy import text
from tests.integration.services.results.test_main_job import draft, post

from pingyi.channels import Count, Entry
from pingyi.db import transaction
from pingyi.registry import EXTENSION, Registered, Registry, current_registry
from pingyi.services.intake.fold import fold_channel
from pingyi.services.sweep import sweep_up


def newer(registry: Registry) -> Registry:
    """The registry after an update of the partner score that counts another name."""
    old = registry.channels["partner_score"]

    def tally(entry: Entry, _context: object) -> list[Count]:
        return [Count(("newer", str(entry.values["score"])))]

    channel = replace(old.channel, tally=tally)
    return replace(
        registry,
        channels={**registry.channels, "partner_score": Registered(channel, old.distribution, "next")},
    )


def counters() -> list[dict[str, int]]:
    with transaction() as connection:
        return list(
            connection.execute(text("SELECT counts FROM counter WHERE counts::text <> '{}'")).scalars()
        )


def test_sweep_after_an_update_counts_the_channel_anew(app: Flask) -> None:
    draft(1)
    post("law", {"unit": "u1", "score": "4"})
    fold_channel(1)
    post("law", {"unit": "u1", "score": "5", "reason": "录入错误"})
    before = current_registry()
    app.extensions[EXTENSION] = newer(before)
    try:
        sweep_up()
        fold_channel(1)
        assert counters() == [{"newer/5": 1}]
        assert sweep_up() == 0
    finally:
        app.extensions[EXTENSION] = before


def test_sweep_without_an_update_changes_nothing(app: Flask) -> None:
    draft(1)
    post("law", {"unit": "u1", "score": "4"})
    fold_channel(1)
    sweep_up()
    assert counters() == [{"mark/4": 1}]


def test_sweep_requests_folding_where_a_request_was_lost(app: Flask) -> None:
    draft(1)
    post("law", {"unit": "u1", "score": "4"})
    with transaction() as connection:
        connection.execute(text("DELETE FROM outbox WHERE topic = 'fold'"))
    assert sweep_up() == 1
