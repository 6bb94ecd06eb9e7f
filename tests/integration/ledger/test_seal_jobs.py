"""Sealing as a job: asked for with the leaf, asked for again by the sweep, killed at any moment."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from click.testing import CliRunner
from flask import Flask
from redis import Redis
from sqlalchemy import text
from tests.integration.ledger.test_sealing import act, count, head, many, owner, rebuilt

from pingyi.cli import main
from pingyi.db import db, transaction
from pingyi.ledger.fsck import check_record
from pingyi.ledger.sealing import seal
from pingyi.services.sweep import sweep_up
from pingyi.settings import Settings
from pingyi.topics import SEAL
from pingyi_workers.queues import connect
from pingyi_workers.work import drain


@pytest.fixture
def redis(settings: Settings) -> Redis:
    connection = connect(settings)
    connection.flushall()
    return connection


def test_what_is_recorded_is_sealed_by_the_workers(app: Flask, redis: Redis) -> None:
    act(3)
    drain(app, redis)
    assert head().size == 3
    assert count("ledger_pending") == count("outbox") == 0


def test_the_sweep_asks_again_for_leaves_that_nobody_seals(app: Flask, redis: Redis) -> None:
    act(2)
    with transaction() as connection:
        connection.execute(text("DELETE FROM outbox"))
    assert (sweep_up(), sweep_up()) == (1, 0)
    with transaction() as connection:
        assert connection.execute(text("SELECT topic FROM outbox")).scalars().all() == [SEAL]
    drain(app, redis)
    assert head().size == 2
    assert sweep_up() == 0


def test_an_act_that_is_rolled_back_asks_for_nothing(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="cut"), transaction() as connection:
        connection.execute(text("INSERT INTO leaf (kind, body, hash) VALUES ('test.act', '', '')"))
        raise RuntimeError("cut")
    with transaction() as connection:
        connection.execute(text("INSERT INTO leaf (kind, body, hash) SELECT 'x', '', '' WHERE false"))
    assert count("ledger_pending") == count("outbox") == 0


def test_a_sealer_that_is_killed_at_any_moment_loses_and_doubles_nothing(
    app: Flask, settings: Settings
) -> None:
    chance = random.Random(7)
    for _ in range(12):
        many(60)
        child = os.fork()
        if child == 0:
            seal(settings, batch=7)
            os._exit(0)
        time.sleep(chance.uniform(0.02, 0.25))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    seal(settings)
    indices, root = rebuilt()
    assert indices == list(range(720))
    assert head().root == root
    with db.engine.connect() as connection:
        assert not check_record(connection, settings.heads_folder).findings


def test_the_command_checks_and_names(app: Flask, settings: Settings) -> None:
    act(2)
    seal(settings)
    environment = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PINGYI_STATE": str(settings.state),
        "PINGYI_SECRET_KEY": settings.secret_key,
    }
    sound = CliRunner().invoke(main, ["--lang", "en", "ledger", "check"], env=environment)
    assert (sound.exit_code, sound.output) == (
        0,
        "Leaves checked: 2; heads: 1; leaves that wait: 0; wrong: 0.\n",
    )
    with owner(settings) as connection:
        connection.execute(text("DELETE FROM leaf WHERE id = 2"))
    damaged = CliRunner().invoke(main, ["--lang", "zh", "ledger", "check"], env=environment)
    assert damaged.exit_code == 1
    assert "第1期序号 1：叶子 2 已被删除" in damaged.output
