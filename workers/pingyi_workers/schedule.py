"""Periodic work by RQ's own scheduler: a sweep is always waiting for its time."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from redis import Redis, RedisError
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer

from pingyi.topics import FOLD
from pingyi_workers.queues import JOB_SECONDS, RESULT_SECONDS, queue

SWEEP = "sweep"
TICK_SECONDS = 1
DOWN_SECONDS = 1
LOST_AFTER_SECONDS = 10
_log = logging.getLogger(__name__)


def ensure_sweep(redis: Redis, every_seconds: int) -> None:
    """Schedule the next sweep unless one is scheduled, waiting or running."""
    try:
        job = Job.fetch(SWEEP, connection=redis, serializer=JSONSerializer)
    except NoSuchJobError:
        job = None
    if job is None or job.get_status() in {"finished", "failed", "stopped", "canceled"} or _is_lost(job):
        queue(redis, FOLD).enqueue_in(
            timedelta(seconds=every_seconds),
            "pingyi_workers.jobs.sweep",
            job_id=SWEEP,
            job_timeout=JOB_SECONDS,
            result_ttl=RESULT_SECONDS,
        )


def _is_lost(job: Job) -> bool:
    """Whether a worker was killed between taking the sweep from its queue and noting that it runs.

    No lease stands behind it: the sweep is the one job that is not asked for through the outbox.
    """
    own = queue(job.connection, FOLD)
    if job.get_status() != "queued" or job.enqueued_at is None:
        return False
    age = datetime.now(UTC) - job.enqueued_at
    return age > timedelta(seconds=LOST_AFTER_SECONDS) and not (
        job.id in own.job_ids
        or job.id in own.intermediate_queue.get_job_ids()
        or job.id in own.started_job_registry
    )


def schedule_forever(redis: Redis, every_seconds: int, topics: Iterable[str]) -> None:
    """Move scheduled jobs to their queues when their time has come; two schedulers share RQ's locks."""
    scheduler = RQScheduler(list(topics), connection=redis, interval=TICK_SECONDS, serializer=JSONSerializer)
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
