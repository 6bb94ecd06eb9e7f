"""Acts that belong to no period: asked for once under one key, kept apart from those of periods."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from tests.notices import NOTICE, REASON, ask_notice, bring_notices, issue, notices_issued
from tests.small_scheme import LAW, WINDOW, draft_period, names_of, scheme_of

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.approvals.approvals import (
    answered_requests,
    approve_request,
    pending_requests,
    refuse_request,
    request_approval,
)
from pingyi.services.approvals.core_kinds import RELEASE
from pingyi.services.approvals.kinds import ApprovalKind
from pingyi.services.approvals.registered_kinds import subject_of, words_of
from pingyi.services.core.callers import Caller
from pingyi.services.periods.periods import find_period

ADA = Caller(name="ada", roles=frozenset({"administrator"}))
BO = Caller(name="bo", roles=frozenset({"approver"}))


@pytest.fixture(autouse=True)
def notices(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_notices(app, monkeypatch)


def test_sixteen_requests_of_one_key_at_once_are_one(app: Flask) -> None:
    def ask(_number: int) -> int:
        with app.app_context():
            return ask_notice(ADA, repeat_key="key:1").id

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(ask, range(16)))) == 1
    assert ask_notice(ADA).id != ask_notice(ADA).id
    with pytest.raises(Problem, match="key_reused"):
        ask_notice(ADA, 8, "key:1")
    with transaction() as connection:
        statement = text("SELECT count(*) FROM leaf WHERE kind = 'act.requested' AND period_id IS NULL")
        assert connection.execute(statement).scalar_one() == len(pending_requests(connection, None)) == 3


def test_key_of_a_period_does_not_stand_for_a_request_of_none(app: Flask) -> None:
    draft_period(scheme_of(LAW, WINDOW), names_of(2))
    hearing = ApprovalKind(
        key="notice", words=lambda _r, _m: Text(zh="约谈", en="Call in"), carry_out=lambda *_: None
    )
    ask_notice(ADA, repeat_key="key:1")
    content = {"number": 7, "addressee": "李四"}
    with pytest.raises(Problem, match="key_reused"), transaction() as connection:
        period = find_period(connection, "p")
        request_approval(connection, ADA, period, hearing, content, REASON, "key:1")


def test_request_and_its_kind_agree_on_the_period(app: Flask) -> None:
    draft_period(scheme_of(LAW, WINDOW), names_of(2))
    wrong: list[tuple[str | None, ApprovalKind[Any]]] = [("p", NOTICE), (None, RELEASE)]
    for key, kind in wrong:
        with pytest.raises(ValueError, match=kind.key), transaction() as connection:
            period = find_period(connection, key) if key else None
            request_approval(connection, ADA, period, kind, {"number": 1}, REASON)
    with pytest.raises(ValueError, match="no_pause"):
        ApprovalKind(key="no_pause", words=NOTICE.words, carry_out=issue, alone=True, of_period=False)


def test_database_tells_an_approved_act_of_no_period_from_one_of_a_period(app: Flask) -> None:
    draft_period(scheme_of(LAW, WINDOW), names_of(2))
    approved, refused, waiting = (ask_notice(ADA, number).id for number in range(3))
    with transaction() as connection:
        approve_request(connection, BO, approved)
        refuse_request(connection, BO, refused, "文号有误")
        period = find_period(connection, "p")
        asked = text("SELECT is_approved(:act, :kind, :period)")
        told = [
            connection.execute(asked, {"act": act, "kind": kind, "period": place}).scalar_one()
            for act, kind, place in (
                (approved, "notice", None),
                (approved, "notice", period.id),
                (approved, "publish", None),
                (refused, "notice", None),
                (waiting, "notice", None),
            )
        ]
        assert told == [True, False, False, False, False]
        states = [one.state for one in answered_requests(connection, None)]
        assert sorted(states) == ["approved", "refused"]
        assert pending_requests(connection, period) == answered_requests(connection, period) == []
        assert [one.id for one in pending_requests(connection, None)] == [waiting]


def test_act_of_a_kind_that_is_gone_is_shown_refused_and_never_carried_out(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = ask_notice(ADA)
    assert subject_of(act) == "/check?notice=7"
    monkeypatch.undo()
    assert (words_of(act, str).zh, subject_of(act)) == ("未知的审批“notice”", "")
    with pytest.raises(Problem, match="approval_kind_unknown"), transaction() as connection:
        approve_request(connection, BO, act.id)
    with transaction() as connection:
        assert refuse_request(connection, BO, act.id, "扩展包已卸载").state == "refused"
    assert notices_issued() == 0
