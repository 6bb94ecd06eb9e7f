"""Jobs through the real outbox, relay, queues and workers."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace

import pytest
from flask import Flask
from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import text
from tests.integration.services.results.test_main_job import draft, finish, post

from pingyi.app import create_app
from pingyi.db import db, transaction
from pingyi.outbox import lease_due_work, open_requests, request_work
from pingyi.settings import Settings
from pingyi.topics import FOLD
from pingyi_workers.queues import connect, queue
from pingyi_workers.relay import relay_once
from pingyi_workers.schedule import SWEEP, ensure_sweep
from pingyi_workers.work import drain, make_worker, work_on


@pytest.fixture
def redis(settings: Settings) -> Redis:
    connection = connect(settings)
    connection.flushall()
    return connection


def test_drain_folds_and_assesses_what_was_asked_for(app: Flask, redis: Redis) -> None:
    draft()
    post("law", {"unit": "u1", "score": "4"})
    drain(app, redis)
    with transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM unfolded")).scalar_one() == 0
        assert open_requests(connection) == 0


def test_work_on_its_way_is_not_sent_twice_within_its_lease(app: Flask) -> None:
    with transaction() as connection:
        request_work(connection, FOLD, 7)
    with transaction() as connection:
        assert lease_due_work(connection, 60) == [(FOLD, 7)]
        request_work(connection, FOLD, 7)
    with transaction() as connection:
        assert lease_due_work(connection, 60) == []
        connection.execute(text("UPDATE outbox SET dispatched_at = dispatched_at - interval '61 s'"))
    with transaction() as connection:
        assert lease_due_work(connection, 60) == [(FOLD, 7)]


def test_lease_from_the_future_counts_as_run_out(app: Flask) -> None:
    with transaction() as connection:
        request_work(connection, FOLD, 7)
        lease_due_work(connection, 60)
        connection.execute(text("UPDATE outbox SET dispatched_at = now() + interval '1 h'"))
    with transaction() as connection:
        assert lease_due_work(connection, 60) == [(FOLD, 7)]


def test_valkey_emptied_after_the_relay_loses_nothing(app: Flask, redis: Redis) -> None:
    draft()
    post("law", {"unit": "u1", "score": "4"})
    relay_once(redis, 60)
    redis.flushall()
    with transaction() as connection:
        connection.execute(text("UPDATE outbox SET dispatched_at = dispatched_at - interval '1 h'"))
    drain(app, redis)
    with transaction() as connection:
        assert connection.execute(text("SELECT counts FROM counter")).scalars().all() == [{"mark/4": 1}]


def test_sweep_is_scheduled_once(app: Flask, redis: Redis) -> None:
    ensure_sweep(redis, 5)
    ensure_sweep(redis, 5)
    assert queue(redis, FOLD).scheduled_job_registry.count == 1
    assert (
        Job.fetch(SWEEP, connection=redis, serializer=JSONSerializer).func_name == "pingyi_workers.jobs.sweep"
    )


def test_forking_worker_folds_in_a_process_of_its_own(app: Flask, redis: Redis, settings: Settings) -> None:
    draft()
    post("law", {"unit": "u1", "score": "4"})
    relay_once(redis, 60)
    process = multiprocessing.get_context("spawn").Process(target=work_once, args=(settings,))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    with transaction() as connection:
        assert connection.execute(text("SELECT counts FROM counter")).scalars().all() == [{"mark/4": 1}]


def work_once(settings: Settings) -> None:
    app = create_app(replace(settings, pool_size=2))
    work_on(make_worker(app, connect(settings), [FOLD], settings), burst=True)


def test_period_is_assessed_by_the_workers(app: Flask, redis: Redis) -> None:
    draft()
    post("law", {"unit": "u1", "score": "4"}, {"unit": "u2", "score": "3"}, {"unit": "u3", "score": "2"})
    finish()
    drain(app, redis)
    with transaction() as connection:
        assert connection.execute(text("SELECT state FROM period")).scalar_one() == "assessed"


def test_drain_says_at_once_what_can_never_be_done(app: Flask, settings: Settings, redis: Redis) -> None:
    draft()
    broken = create_app(replace(settings, sealer_key="/nowhere/sealer.key"))
    try:
        with pytest.raises(RuntimeError, match="sealer_key_missing"):
            drain(broken, redis, seconds=60)
    finally:
        with broken.app_context():
            db.engine.dispose()
