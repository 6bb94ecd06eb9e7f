"""Carries requests from the outbox to the queues."""

from __future__ import annotations

import logging
import time

from flask import Flask
from redis import Redis, RedisError
from sqlalchemy.exc import SQLAlchemyError

from pingyi.db import db, transaction
from pingyi.extensions import installed_extensions
from pingyi.outbox import lease_due_work
from pingyi_workers.queues import send

IDLE_SECONDS = 0.1
DOWN_SECONDS = 0.5
_log = logging.getLogger(__name__)


def relay_once(redis: Redis, lease_seconds: int) -> int:
    """Lease what is due and enqueue it before the lease commits: a crash between sends twice, never not.

    What was asked for by an extension that is broken now waits in the outbox until it works again.
    """
    topics = installed_extensions().topics
    with transaction() as connection:
        work = lease_due_work(connection, lease_seconds, topics)
        for piece in work:
            send(redis, piece)
    return len(work)


def relay_forever(app: Flask, redis: Redis, lease_seconds: int) -> None:
    """Relay until the process is ended; an engine that is away is waited for."""
    while True:
        try:
            with app.app_context():
                sent = relay_once(redis, lease_seconds)
            time.sleep(0 if sent else IDLE_SECONDS)
        except (RedisError, SQLAlchemyError) as error:
            _log.warning("an engine is away: %s", type(error).__name__)
            with app.app_context():
                db.engine.dispose()
            time.sleep(DOWN_SECONDS)
