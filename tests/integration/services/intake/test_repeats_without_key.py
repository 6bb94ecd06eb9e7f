"""A delivery of somebody without an API key, sent several times at once, is stored once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text
from tests.integration.web.operator_desk import LAW, make_desk

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import Answer, Repeatable, deliver
from pingyi.services.intake.withdraw import withdraw

ONCE = Repeatable(key="form:shell:one", fingerprint=b"1" * 32)
ROW = {"unit": "A02", "score": "3"}


def stored() -> list[str]:
    asked = text("SELECT kind FROM delivery WHERE idempotency_key = :key")
    with transaction() as connection:
        return list(connection.execute(asked, {"key": ONCE.key}).scalars())


def test_twins_at_once_are_one_delivery_with_one_receipt(app: Flask) -> None:
    make_desk()

    def send(_: int) -> Answer:
        with app.app_context():
            return deliver(SHELL, LAW, [ROW], repeatable=ONCE)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert stored() == ["api"]
    assert len({answer.receipt for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 7


def test_withdrawal_sent_again_is_answered_with_its_receipt(app: Flask) -> None:
    make_desk()
    with transaction() as connection:
        newest = connection.execute(text("SELECT max(delivery_id) FROM entry")).scalar_one()
    first, second = (withdraw(SHELL, LAW, (newest, 0), "误报", ONCE) for _ in range(2))
    assert first.receipt == second.receipt and (first.replayed, second.replayed) == (False, True)
    assert stored() == ["disposition"]


def test_same_key_for_other_content_is_refused(app: Flask) -> None:
    make_desk()
    deliver(SHELL, LAW, [ROW], repeatable=ONCE)
    other = Repeatable(key=ONCE.key, fingerprint=b"2" * 32)
    with pytest.raises(Problem, match="key_reused"):
        deliver(SHELL, LAW, [{**ROW, "score": "4"}], repeatable=other)
    assert stored() == ["api"]


def test_other_entry_than_was_seen_stands_and_nothing_is_stored(app: Flask) -> None:
    make_desk()
    for seen in (["f" * 64], [""]):
        row = {"unit": "A01", "score": "5", "reason": "更正"}
        with pytest.raises(Problem, match="preview_outdated"):
            deliver(SHELL, LAW, [row], repeatable=ONCE, seen=seen)
    assert stored() == []
