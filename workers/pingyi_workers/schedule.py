"""Periodic work by RQ's own scheduler: a sweep is always waiting for its time."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from redis import Redis, RedisError
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer

from pingyi.outbox import FOLD
from pingyi_workers.queues import JOB_SECONDS, QUEUES, RESULT_SECONDS, queue

SWEEP = "sweep"
TICK_SECONDS = 1
DOWN_SECONDS = 1
_log = logging.getLogger(__name__)


def ensure_sweep(redis: Redis, every_seconds: int) -> None:
    """Schedule the next sweep unless one is scheduled, waiting or running."""
    try:
        status = Job.fetch(SWEEP, connection=redis, serializer=JSONSerializer).get_status()
    except NoSuchJobError:
        status = None
    if status is None or status in {"finished", "failed", "stopped", "canceled"}:
        queue(redis, FOLD).enqueue_in(
            timedelta(seconds=every_seconds),
            "pingyi_workers.jobs.sweep",
            job_id=SWEEP,
            job_timeout=JOB_SECONDS,
            result_ttl=RESULT_SECONDS,
        )


def schedule_forever(redis: Redis, every_seconds: int) -> None:
    """Move scheduled jobs to their queues when their time has come; two schedulers share RQ's locks."""
    scheduler = RQScheduler(list(QUEUES), connection=redis, interval=TICK_SECONDS, serializer=JSONSerializer)
    while True:
        try:
            scheduler.acquire_locks()
            ensure_sweep(redis, every_seconds)
            scheduler.enqueue_scheduled_jobs()
            scheduler.heartbeat()
            time.sleep(TICK_SECONDS)
        except RedisError as error:
            _log.warning("the queue engine is away: %s", type(error).__name__)
            time.sleep(DOWN_SECONDS)
