"""A plugin whose code fails or does not return is named; nothing is stored, and never a zero."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from tests.conftest import bearer
from tests.integration.foreign.conftest import Write, assess, inside, make_open, results_of

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.core.progress import read_progress
from pingyi.services.intake.deliveries import deliver
from pingyi.services.intake.fold import fold_channel
from pingyi.services.intake.recount import outdated_channels
from pingyi.services.periods.periods import close_period, request_assessment
from pingyi.services.sweep import sweep_up
from pingyi.settings import Settings
from pingyi.topics import ASSESS
from pingyi_workers.queues import connect
from pingyi_workers.work import drain

pytestmark = pytest.mark.long

HEAD = "from pingyi.channels import *\nfrom pingyi.channels.families import partner\n"


FAILURES = {
    "raises": ("    return 1 // 0", "ZeroDivisionError: integer division or modulo by zero"),
    "returns_a_number": ("    return 0", "TypeError: returned int, not a Score"),
    "never_returns": ("    while True:\n        pass", "no answer within 0.5 seconds"),
    "sleeps": ("    import time\n    time.sleep(3600)", "no answer within 0.5 seconds"),
    "swallows": (
        "    while True:\n        try:\n            1 // 0\n        except Exception:\n            pass",
        "no answer within 0.5 seconds",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_scoring_that_fails_is_named_and_never_a_zero(
    start: Callable[[], Flask], package: Write, name: str
) -> None:
    body, told = FAILURES[name]
    package("odd", HEAD + _odd(score=body))
    with inside(start()):
        make_open("p", "odd", '{ scale = "5" }')
        deliver(SHELL, ChannelRef(period="p", channel="night"), [{"unit": "u1", "score": "5"}])
        deliver(SHELL, ChannelRef(period="p", channel="law"), [{"unit": "u1", "score": "5"}])
        with pytest.raises(Problem, match="plugin_failed"):
            assess("p")
        with transaction() as connection:
            progress = read_progress(connection, ASSESS, 1)
        assert progress.error is not None and not progress.waiting
        assert f"odd (foreign-odd 1.2) of channel night failed while scoring: {told}" in progress.error.en
        assert results_of("p") == 0


@pytest.mark.parametrize("name", ["raises", "never_returns"])
@pytest.mark.parametrize("thread", [False, True])
def test_tally_that_fails_stores_nothing_and_holds_nobody_up(
    start: Callable[[], Flask], package: Write, name: str, thread: bool
) -> None:
    body, told = FAILURES[name]
    package("odd", HEAD + _odd(tally=body))
    app = start()
    with inside(app):
        make_open("p", "odd", '{ scale = "5" }')
        found: list[Problem] = []

        def send() -> None:
            with inside(app), pytest.raises(Problem) as refused:
                deliver(SHELL, ChannelRef(period="p", channel="night"), [{"unit": "u1", "score": "5"}])
            found.append(refused.value)

        run(send, thread)
        assert found[0].code == "plugin_failed"
        assert f"odd (foreign-odd 1.2) failed; nothing was stored. Tell the administrator. ({told})" in (
            found[0].message.en
        )
        receipt = json.loads(
            deliver(SHELL, ChannelRef(period="p", channel="law"), [{"unit": "u1", "score": "5"}]).receipt
        )
        assert receipt["entries"][0]["verdict"] == "new"
        with transaction() as connection:
            assert connection.execute(text("SELECT count(*) FROM entry")).scalar_one() == 1


def run(act: Callable[[], None], thread: bool) -> None:
    if not thread:
        act()
        return
    other = threading.Thread(target=act)
    other.start()
    other.join(20)
    assert not other.is_alive()


def _odd(**bodies: str) -> str:
    """A package whose functions have these bodies."""
    code = "import dataclasses\nmade = partner.channel('odd', Text(zh='怪', en='Odd'))\n"
    for name, body in bodies.items():
        code += f"def {name}(given, context):\n{body}\n"
    changes = ", ".join(f"{name}={name}" for name in bodies)
    return code + f"@hookimpl\ndef pingyi_channels():\n    return [dataclasses.replace(made, {changes})]\n"


def test_new_version_that_fails_keeps_the_counts_and_the_sweep_goes_on(
    start: Callable[[], Flask], package: Write, tmp_path: Path
) -> None:
    package("odd", HEAD + _odd())
    with inside(start()):
        make_open("p", "odd", '{ scale = "5" }')
        deliver(SHELL, ChannelRef(period="p", channel="night"), [{"unit": "u1", "score": "5"}])
        fold_channel(2)
    (tmp_path / "foreign_odd.py").write_text(HEAD + _odd(tally=FAILURES["never_returns"][0]))
    (tmp_path / "foreign_odd-1.2.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: foreign-odd\nVersion: 1.3\n"
    )
    sys.modules.pop("foreign_odd")
    app = start()
    with inside(app):
        deliver(SHELL, ChannelRef(period="p", channel="law"), [{"unit": "u1", "score": "5"}])
        with transaction() as connection:
            connection.execute(text("DELETE FROM outbox WHERE topic = 'fold'"))
        assert sweep_up() == 1
        with transaction() as connection:
            assert outdated_channels(connection) == []
            counts = connection.execute(text("SELECT counts FROM counter")).scalars().all()
        shown = app.test_client().get("/office/plugins?lang=en", headers=bearer("auditor")).text
    assert counts == [{"mark/5": 1}]
    assert "odd (foreign-odd 1.3) failed" in shown and "the counts stay as they were" in shown


def test_workers_end_an_assessment_that_does_not_return_and_say_so(
    start: Callable[[], Flask], package: Write, settings: Settings
) -> None:
    package("odd", HEAD + _odd(score=FAILURES["never_returns"][0]))
    app = start()
    redis = connect(settings)
    redis.flushall()
    with inside(app):
        make_open("p", "odd", '{ scale = "5" }')
        deliver(SHELL, ChannelRef(period="p", channel="night"), [{"unit": "u1", "score": "5"}])
        with transaction() as connection:
            close_period(connection, SHELL, "p")
            request_assessment(connection, SHELL, "p")
    drain(app, redis, seconds=30)
    with inside(app):
        shown = app.test_client().get("/office/periods/p?lang=en", headers=bearer("auditor")).text
    assert (
        "odd (foreign-odd 1.2) of channel night failed while scoring: no answer within 0.5 seconds" in shown
    )
