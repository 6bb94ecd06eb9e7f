"""The demonstration, played once for a whole file: over HTTP, interrupted and taken up again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextvars import Context
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.conftest import empty, forget

from pingyi.channels import Text
from pingyi.db import db
from pingyi.domain.errors import Problem
from pingyi.embedded.engines import Endpoints
from pingyi.services.results.assess import assess_period
from pingyi_demonstration.running.play import play
from pingyi_demonstration.running.post_deliveries import Answered

INTERRUPTED_AFTER = 20


def outside(client: FlaskClient) -> Callable[[str, bytes, Mapping[str, str]], Answered]:
    """Sends requests that share nothing with the application context of the running test."""

    def send(path: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        answer = Context().run(client.post, path, data=body, headers=dict(headers))
        return answer.status_code, answer.data

    return send


@dataclass
class Played:
    """A demonstration that was played to its end: a client, what was said, how the interruption was told."""

    client: FlaskClient
    said: list[str]
    interruption: Problem


@pytest.fixture(scope="module")
def played(application: Flask, endpoints: Endpoints) -> Iterator[Played]:
    empty(endpoints)
    forget(application)
    client, said = application.test_client(), []
    send = outside(client)
    sent = 0

    def failing(path: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        nonlocal sent
        sent += 1
        return send(path, body, headers) if sent <= INTERRUPTED_AFTER else (418, b"interrupted")

    def work(period_id: int, _say: Callable[[Text], None]) -> None:
        assess_period(period_id)

    with application.app_context():
        with pytest.raises(Problem) as interrupted:
            play(failing, work, lambda text: said.append(text.en))
        play(send, work, lambda text: said.append(text.en))
        yield Played(client, said, interrupted.value)
        db.session.remove()
