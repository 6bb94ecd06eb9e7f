"""One worker serves several light topics: killed at any moment, every request is done once in effect."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import create_engine, text
from tests.waiting import wait_for

from pingyi.app import create_app
from pingyi.db import db, transaction
from pingyi.embedded.engines import Endpoints
from pingyi.outbox import open_requests, request_work
from pingyi.settings import Settings
from pingyi.topics import FOLD
from pingyi_workers.queues import connect, queue
from pingyi_workers.relay import relay_once
from pingyi_workers.schedule import LOST_AFTER_SECONDS, SWEEP, ensure_sweep

PROCESS = Path(__file__).with_name("forking_process.py")
TOPICS, SUBJECTS, KILLS = ("letters", "digests"), range(6), 40
PACKAGE = """
import time
from sqlalchemy import text
from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.extensions import Extension
from pingyi.outbox import take_requests
from pingyi.topics import Topic

def work(topic, subject):
    with transaction() as connection:
        requests = take_requests(connection, topic, subject)
        time.sleep(0.01)
        given = {"topic": topic, "subject": subject, "requests": requests}
        connection.execute(text("INSERT INTO effect VALUES (:topic, :subject, :requests)"), given)

def letters(subject):
    work("letters", subject)

def digests(subject):
    work("digests", subject)

title = Text(zh="信", en="Letters")
made = Extension(
    key="post",
    init_app=lambda app: None,
    topics=[Topic(key=key, title=title, job=f"foreign_light:{key}") for key in ("letters", "digests")],
)
"""


@pytest.fixture
def redis(settings: Settings) -> Iterator[Redis]:
    connection = connect(settings)
    connection.flushall()
    yield connection
    connection.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of two light topics, installed."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "foreign_light.py").write_text(PACKAGE)
    info = tmp_path / "foreign_light-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign-light\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[pingyi.apps]\nlight = foreign_light:made\n")
    yield tmp_path
    sys.modules.pop("foreign_light", None)


@pytest.fixture
def effects(app: Flask, endpoints: Endpoints) -> Iterator[None]:
    """A table for what the jobs do."""
    owner = create_engine(endpoints.owner_database_url)
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE effect (topic text, subject bigint, requests int)"))
        connection.execute(text("GRANT SELECT, INSERT ON effect TO pingyi_app"))
    yield
    db.session.remove()
    with owner.begin() as connection:
        connection.execute(text("DROP TABLE effect"))
    owner.dispose()


@pytest.fixture
def shared(app: Flask, folder: Path, settings: Settings) -> Iterator[Flask]:
    """The application with that package."""
    made = create_app(replace(settings, pool_size=4))
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def parent(folder: Path, settings: Settings) -> Iterator[subprocess.Popen[str]]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PINGYI_STATE": str(settings.state),
        "PINGYI_SECRET_KEY": settings.secret_key,
        "PINGYI_WORKER_TTL_SECONDS": "16",
        "PINGYI_JOB_MONITORING_SECONDS": "1",
        "PINGYI_MAINTENANCE_SECONDS": "2",
    }
    process = subprocess.Popen(
        [sys.executable, str(PROCESS)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def forked(parent: subprocess.Popen[str]) -> int:
    """A new worker of both queues."""
    assert parent.stdin and parent.stdout
    parent.stdin.write(" ".join(TOPICS) + "\n")
    parent.stdin.flush()
    return int(parent.stdout.readline())


def kill(worker: int, *, its_job: bool) -> None:
    """Kill -9 a worker, or the fork that runs its job first."""
    with suppress(ProcessLookupError, FileNotFoundError):
        jobs = Path(f"/proc/{worker}/task/{worker}/children").read_text().split() if its_job else []
        for pid in [*map(int, jobs), worker]:
            os.kill(pid, signal.SIGKILL)


def lost_jobs(redis: Redis) -> int:
    """Jobs that a killed worker had taken and not noted: in no list any more, and never run."""
    lost = 0
    for key in redis.keys("rq:job:*"):
        if redis.type(key) == b"hash" and redis.hget(key, "status") == b"queued":
            job_id = key.decode().removeprefix("rq:job:")
            queues = [queue(redis, topic) for topic in TOPICS]
            lost += not any(job_id in one.job_ids or job_id in one.started_job_registry for one in queues)
    return lost


def test_killed_worker_of_two_topics_does_every_request_once_in_effect(
    effects: None, shared: Flask, redis: Redis, parent: subprocess.Popen[str]
) -> None:
    draw, asked = random.Random(7), Counter[tuple[str, int]]()
    worker = forked(parent)
    for number in range(KILLS):
        with transaction() as connection:
            for _ in range(6):
                work = (draw.choice(TOPICS), draw.choice(SUBJECTS))
                request_work(connection, *work)
                asked[work] += 1
        relay_once(redis, lease_seconds=1)
        time.sleep(draw.uniform(0, 0.12))
        kill(worker, its_job=number % 3 == 0)
        worker = forked(parent)
    lost = lost_jobs(redis)

    def all_done() -> bool:
        relay_once(redis, lease_seconds=1)
        with transaction() as connection:
            return open_requests(connection) == 0

    wait_for(all_done, "every request to be done")
    kill(worker, its_job=False)
    statement = "SELECT topic, subject, sum(requests) FROM effect GROUP BY topic, subject"
    with transaction() as connection:
        done = {(topic, subject): number for topic, subject, number in connection.execute(text(statement))}
    print(f"{KILLS} kills, {sum(asked.values())} requests, {lost} jobs lost by the queue")
    assert done == asked


def test_sweep_that_a_killed_worker_took_is_scheduled_again(app: Flask, redis: Redis) -> None:
    ensure_sweep(redis, 5)
    own = queue(redis, FOLD)
    job = Job.fetch(SWEEP, connection=redis, serializer=JSONSerializer)
    own.scheduled_job_registry.remove(job)
    own.enqueue_job(job)
    for taken in (False, True):
        if taken:
            assert redis.lpop(own.key) == SWEEP.encode()
        ensure_sweep(redis, 5)
        assert own.scheduled_job_registry.count == 0
    late = datetime.now(UTC) - timedelta(seconds=LOST_AFTER_SECONDS + 1)
    redis.hset(job.key, "enqueued_at", late.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
    ensure_sweep(redis, 5)
    assert own.scheduled_job_registry.count == 1
