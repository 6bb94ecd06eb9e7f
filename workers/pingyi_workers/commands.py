"""What the shell's worker, relay and scheduler commands run, once engines are found."""

from __future__ import annotations

from flask import Flask

from pingyi.settings import Settings
from pingyi_workers.queues import connect
from pingyi_workers.relay import relay_forever
from pingyi_workers.schedule import schedule_forever
from pingyi_workers.work import make_worker


def run_worker(app: Flask, settings: Settings, topic: str) -> None:
    """Work on one queue until the process is ended."""
    make_worker(app, connect(settings), topic, settings).work(logging_level="WARNING")


def run_relay(app: Flask, settings: Settings) -> None:
    """Carry requests from the outbox to the queues until the process is ended."""
    relay_forever(app, connect(settings), settings.outbox_lease_seconds)


def run_scheduler(settings: Settings) -> None:
    """Keep periodic work going until the process is ended."""
    schedule_forever(connect(settings), settings.sweep_seconds)
