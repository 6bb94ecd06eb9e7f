"""Workers: one queue or several light ones a process, the database let go of before every fork."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from flask import Flask
from redis import Redis
from rq import Queue, SimpleWorker, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import DequeueStrategy

from pingyi.db import db, transaction
from pingyi.extensions import installed_extensions
from pingyi.outbox import is_open, open_requests
from pingyi.settings import Settings
from pingyi_workers.queues import queue
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


def make_worker(app: Flask, redis: Redis, topics: Sequence[str], settings: Settings) -> ForkingWorker:
    """The worker of these queues.

    RQ moves a job of one queue aside until it runs; of several queues it just takes it, so that a worker
    killed in that moment loses the job. The request in the outbox outlives it and is sent again when its
    lease has run out, which is no later than RQ looks at what was moved aside (measured).
    """
    worker = ForkingWorker(
        [queue(redis, topic) for topic in topics],
        connection=redis,
        serializer=JSONSerializer,
        worker_ttl=settings.worker_ttl_seconds,
        job_monitoring_interval=settings.job_monitoring_seconds,
        maintenance_interval=settings.maintenance_seconds,
        log_job_description=False,
    )
    worker.app = app
    return worker


def work_on(worker: ForkingWorker, *, burst: bool = False) -> None:
    """Work until the process is ended, or with `burst` until nothing waits; no queue holds up the others."""
    worker.work(burst=burst, logging_level="WARNING", dequeue_strategy=DequeueStrategy.ROUND_ROBIN)


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
            for topic in installed_extensions().topics:
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
