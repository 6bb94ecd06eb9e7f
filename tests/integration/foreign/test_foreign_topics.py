"""A job of a foreign package is one registration: asked for, sent, worked on and struck off like ours."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from tests.integration.foreign.conftest import Write, inside

from pingyi.db import transaction
from pingyi.outbox import open_requests, request_work
from pingyi.settings import Settings
from pingyi.topics import FOLD, worker_groups
from pingyi_workers import jobs
from pingyi_workers.queues import connect, queue, send
from pingyi_workers.relay import relay_once
from pingyi_workers.work import drain

LETTERS = """
from pathlib import Path
from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.extensions import Extension
from pingyi.outbox import take_requests
from pingyi.topics import Topic

def write(subject):
    with transaction() as connection:
        if take_requests(connection, "letters", subject):
            note = Path(__file__).with_name("letters")
            note.write_text((note.read_text() if note.exists() else "") + f"{subject}\\n")

made = Extension(
    key="post",
    init_app=lambda app: None,
    topics=[Topic(key="letters", title=Text(zh="信", en="Letters"), job="foreign_post:write")],
)
"""
GROUP = {"group": "pingyi.apps", "within": ":made"}


@pytest.fixture
def redis(settings: Settings) -> Iterator[Redis]:
    connection = connect(settings)
    connection.flushall()
    yield connection
    connection.close()


def ask(topic: str, subject: int) -> None:
    with transaction() as connection:
        request_work(connection, topic, subject)


def test_registered_topic_is_worked_on_from_request_to_effect(
    start: Callable[[], Flask], package: Write, redis: Redis, tmp_path: Path
) -> None:
    package("post", LETTERS, **GROUP)
    app = start()
    with inside(app):
        ask("letters", 7)
        ask("letters", 7)
        ask("letters", 8)
        drain(app, redis)
        with transaction() as connection:
            assert open_requests(connection) == 0
        topics = app.extensions["pingyi.apps"].topics
    assert (tmp_path / "letters").read_text().split() == ["7", "8"]
    assert [[topic.key for topic in group] for group in worker_groups(topics.values())] == [
        ["fold", "letters"],
        *(["assess"], ["seal"], ["witness"], ["publish"], ["open_boxes"]),
    ]


def test_request_of_a_broken_extension_waits_and_holds_up_nobody(
    start: Callable[[], Flask], package: Write, redis: Redis, tmp_path: Path
) -> None:
    package("post", "import nothing_of_that_name", **GROUP)
    broken = start()
    with inside(broken):
        ask("letters", 7)
        ask(FOLD, 1)
        assert relay_once(redis, 60) == 1
        assert redis.keys("rq:queue:letters") == []
    (tmp_path / "foreign_post.py").write_text(LETTERS)
    sys.modules.pop("foreign_post", None)
    repaired = start()
    with inside(repaired):
        drain(repaired, redis)
    assert (tmp_path / "letters").read_text().split() == ["7"]


def test_jobs_that_lie_in_a_queue_by_their_old_names_are_answered(app: Flask, redis: Redis) -> None:
    send(redis, ("open_boxes", 7))
    [waiting] = queue(redis, "open_boxes").jobs
    assert waiting.func_name == "pingyi_workers.jobs.open_boxes"
    assert waiting.perform() == 0
    assert json.loads(waiting.data)[0] == "pingyi_workers.jobs.open_boxes"
    names = ("fold", "assess", "seal", "witness", "publish", "open_boxes", "sweep")
    assert all(callable(getattr(jobs, name)) for name in names)
    with pytest.raises(AttributeError, match="no attribute 'letters'"):
        jobs.letters  # noqa: B018 - that is the question
