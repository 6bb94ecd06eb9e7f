"""Workers: one queue a process, the database let go of before every fork."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask
from redis import Redis
from rq import Queue, SimpleWorker, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from pingyi.db import db, transaction
from pingyi.outbox import is_open, open_requests
from pingyi.settings import Settings
from pingyi_workers.queues import QUEUES, queue
from pingyi_workers.relay import relay_once


class ForkingWorker(Worker):
    """Runs each job in a fork of its own, inside the application's context."""

    app: Flask

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        # A connection shared by parent and child would mix their messages.
        with self.app.app_context():
            db.engine.dispose()
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> Any:
        with self.app.app_context():
            return super().main_work_horse(job, queue)


def make_worker(app: Flask, redis: Redis, topic: str, settings: Settings) -> ForkingWorker:
    """The worker of one queue: two queues in one process would lose jobs to a kill (measured)."""
    worker = ForkingWorker(
        [queue(redis, topic)],
        connection=redis,
        serializer=JSONSerializer,
        worker_ttl=settings.worker_ttl_seconds,
        job_monitoring_interval=settings.job_monitoring_seconds,
        maintenance_interval=settings.maintenance_seconds,
        log_job_description=False,
    )
    worker.app = app
    return worker


def drain(app: Flask, redis: Redis, *, seconds: float = 600) -> None:
    """Relay and work in this process until no request is open; for replays and tests, the same jobs.

    Raises RuntimeError when a job failed for good whose work is still open, TimeoutError after `seconds`.
    """
    until = time.monotonic() + seconds
    with app.app_context():
        while _open_work():
            if time.monotonic() > until:
                raise TimeoutError("work is still open")
            relay_once(redis, lease_seconds=1)
            for topic in QUEUES:
                SimpleWorker([queue(redis, topic)], connection=redis, serializer=JSONSerializer).work(
                    burst=True, logging_level="WARNING"
                )
                _raise_failed(queue(redis, topic))


def _raise_failed(queue: Queue) -> None:
    """Without this a job that can never succeed would be sent again until the time is up."""
    for job_id in queue.failed_job_registry.get_job_ids():
        job = Job.fetch(job_id, connection=queue.connection, serializer=JSONSerializer)
        with transaction() as connection:
            open_ = is_open(connection, queue.name, int(job.args[0]))
        result = job.latest_result()
        if open_ and result and result.exc_string:
            raise RuntimeError(f"{queue.name}: {result.exc_string.strip().splitlines()[-1]}")


def _open_work() -> int:
    with transaction() as connection:
        return open_requests(connection)
