"""Acts of two people: asked for by one, answered by another, carried out once."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from tests.conftest import superuser_url
from tests.database_refusals import database_refuses
from tests.integration.services.results.test_main_job import draft, finish, post

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.embedded.engines import Endpoints
from pingyi.extensions import EXTENSION, Extension, Extensions, RegisteredExtension
from pingyi.services.approvals.approvals import (
    answered_requests,
    approve_request,
    find_request,
    pending_requests,
    refuse_request,
    request_approval,
)
from pingyi.services.approvals.kinds import ApprovalKind, ApprovalRequest
from pingyi.services.approvals.registered_kinds import words_of
from pingyi.services.approvals.requests import (
    request_adjustments,
    request_release,
    request_reopening,
    request_withdrawal,
)
from pingyi.services.core.callers import SHELL, Caller
from pingyi.services.periods import periods
from pingyi.services.periods.adjustments import AdjustmentRow
from pingyi.services.periods.periods import close_period, find_period, request_assessment
from pingyi.services.periods.queries import adjustments
from pingyi.services.results.assess import assess_period
from pingyi.services.results.load import load_result

ADA = Caller(name="ada", roles=frozenset({"administrator"}))
BOTH = Caller(name="both", roles=frozenset({"administrator", "approver"}))
BO = Caller(name="bo", roles=frozenset({"approver"}))
DEDUCTION = AdjustmentRow(
    unit="u1", kind="deduction", points=Decimal("0.50"), reason="张三举报", document="纪3号"
)


def later(**given: float) -> datetime:
    return datetime.now(UTC) + timedelta(**given)


class AnHourLater(datetime):
    """A clock that is ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # no clock of this class
        return datetime.now(tz) + timedelta(hours=1)


def in_one(work: Callable[..., Any], *given: Any, **named: Any) -> Any:
    with transaction() as connection:
        return work(connection, *given, **named)


def publication(caller: Caller = ADA) -> ApprovalRequest:
    return in_one(request_release, caller, "p", "会议审定")


def deduction(caller: Caller = ADA, repeat_key: str = "") -> ApprovalRequest:
    with transaction() as connection:
        (act,) = ask_adjustments(connection, caller, [DEDUCTION], repeat_key)
    return act


def ask_adjustments(
    connection: Connection, caller: Caller, rows: list[AdjustmentRow], repeat_key: str
) -> list[ApprovalRequest]:
    return request_adjustments(connection, caller, find_period(connection, "p"), rows, repeat_key=repeat_key)


def refusal(work: Callable[..., Any], *given: Any) -> str:
    with pytest.raises(Problem) as refused:
        in_one(work, *given)
    return refused.value.code


def count(table: str, where: str = "true") -> int:
    with transaction() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one()


def assessed() -> None:
    draft()
    post("law", {"unit": "u1", "score": "4.5"}, {"unit": "u2", "score": "5"}, {"unit": "u3", "score": "1"})
    finish()


def at_once(app: Flask, work: Callable[[], Any]) -> list[str]:
    """What 16 threads get: "done", or the code of the refusal."""

    def one(_number: int) -> str:
        with app.app_context():
            try:
                work()
            except Problem as problem:
                return problem.code
            return "done"

    with ThreadPoolExecutor(16) as pool:
        return sorted(pool.map(one, range(16)))


def test_sixteen_approvals_at_once_have_one_effect(app: Flask) -> None:
    assessed()
    for ask in (deduction, publication):
        each = ask()
        outcomes = at_once(app, lambda each=each: in_one(approve_request, BO, each.id))
        assert outcomes == ["act_answered"] * 15 + ["done"]
        assess_again()
    assert (count("publication"), count("adjustment"), count("act_answer")) == (1, 1, 2)
    assert count("leaf", "kind = 'result.published'") == count("leaf", "kind = 'adjustment.added'") == 1


def test_approval_and_refusal_at_once_leave_one_answer(app: Flask) -> None:
    assessed()
    act, turn = publication(), iter(range(16))

    def answer() -> None:
        if next(turn) % 2:
            in_one(approve_request, BO, act.id)
        else:
            in_one(refuse_request, BO, act.id, "再核对")

    assert at_once(app, answer) == ["act_answered"] * 15 + ["done"]
    assert count("act_answer") == 1
    assert count("publication") == int(in_one(find_request, act.id).state == "approved")


def test_sixteen_requests_of_one_key_at_once_are_one(app: Flask) -> None:
    assessed()
    once: list[partial[Any]] = [
        partial(in_one, request_release, ADA, "p", "会议审定", repeat_key="key:1"),
        partial(deduction, repeat_key="key:2"),
    ]
    assert at_once(app, once[0]) == at_once(app, once[1]) == ["done"] * 16
    with transaction() as connection:
        pending = pending_requests(connection, find_period(connection, "p"))
    assert [act.kind for act in pending] == ["publish", "adjustment"]
    assert count("leaf", "kind = 'act.requested'") == 2


def test_equal_requests_without_a_key_are_as_many_as_were_asked(app: Flask) -> None:
    assessed()
    assert len({deduction().id for _ in range(3)}) == 3
    assert count("leaf", "kind = 'act.requested'") == 3


@pytest.mark.parametrize("other", [{"reason": "李四举报"}, {"points": Decimal("0.51")}, {"unit": "u2"}])
def test_key_of_another_request_is_refused(app: Flask, other: dict[str, Any]) -> None:
    assessed()
    deduction(repeat_key="key:1")
    assert refusal(ask_adjustments, ADA, [replace(DEDUCTION, **other)], "key:1") == "key_reused"
    assert deduction(BOTH, repeat_key="key:1").requested_by == "both"  # keys are each caller's own
    assert count("act") == 2


def test_kind_that_nobody_knows_is_shown_and_never_carried_out(app: Flask) -> None:
    assessed()
    with transaction() as connection:
        act_id = connection.execute(text(_STRANGE)).scalar_one()
    assert refusal(approve_request, BO, act_id) == "approval_kind_unknown"
    assert (count("act_answer"), count("adjustment")) == (0, 0)
    request = in_one(find_request, act_id)
    assert words_of(request, str).zh == "未知的审批“strange”"
    assert in_one(refuse_request, BO, act_id, "不认识").state == "refused"


_STRANGE = """
INSERT INTO act (kind, period_id, content, reason, salt, requested_by)
SELECT 'strange', id, '{}', 'x', '', 'ada' FROM period RETURNING id
"""


def test_kind_of_an_extension_is_asked_shown_and_carried_out(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assessed()
    done: list[tuple[str, str]] = []
    kind = ApprovalKind(
        key="hearing",
        words=lambda request, _: Text(zh=f"约谈{request.content['who']}", en="Call somebody in"),
        carry_out=lambda _c, approved, _p, request: done.append((approved.approved_by, request.reason)),
    )
    extension = Extension(key="hearings", init_app=lambda _: None, approval_kinds=lambda: (kind,))
    alone = Extensions(working=(RegisteredExtension(extension, "hearings", "1"),), topics={}, roles={})
    monkeypatch.setitem(app.extensions, EXTENSION, alone)
    with transaction() as connection:
        period = find_period(connection, "p")
        request = request_approval(connection, ADA, period, kind, {"who": "张局长"}, "连续两年末位")
    assert words_of(request, str).zh == "约谈张局长"
    assert in_one(approve_request, BO, request.id).state == "approved"
    assert done == [("bo", "连续两年末位")]


def test_nobody_answers_what_he_asked_for(app: Flask) -> None:
    assessed()
    act = publication(BOTH)
    assert (
        refusal(approve_request, BOTH, act.id)
        == refusal(refuse_request, BOTH, act.id, "不同意")
        == "same_person"
    )
    assert refusal(approve_request, ADA, act.id) == "forbidden"
    for answered_by, requested_by in (("both", "both"), ("both", "someone else")):
        with (
            database_refuses(r"ck_act_answer_two_people|fk_act_answer"),
            transaction() as connection,
        ):
            connection.execute(
                text(
                    "INSERT INTO act_answer (act_id, requested_by, answered_by, approved, reason, salt)"
                    " VALUES (:id, :requested_by, :answered_by, true, '', '')"
                ),
                {"id": act.id, "requested_by": requested_by, "answered_by": answered_by},
            )
    assert in_one(approve_request, BO, act.id).answered_by == "bo"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO publication (assessment_id) SELECT id FROM assessment",
        "INSERT INTO publication (assessment_id, act_id) SELECT id, :act FROM assessment",
        "INSERT INTO adjustment (period_id, unit_id, kind, reason) SELECT 1, 1, 'veto', 'x'",
        "INSERT INTO adjustment (period_id, unit_id, kind, reason, act_id) SELECT 1, 1, 'veto', 'x', :act",
        "UPDATE period SET state = 'open'",
    ],
)
def test_database_lets_nothing_happen_that_was_only_asked_for(app: Flask, statement: str) -> None:
    assessed()
    act = publication()
    in_one(request_reopening, ADA, "p", "漏报", later(hours=1))
    with database_refuses(r"second person|approved act"), transaction() as connection:
        connection.execute(text(statement), {"act": act.id} if ":act" in statement else {})


def test_acts_and_answers_never_change(app: Flask) -> None:
    assessed()
    in_one(approve_request, BO, publication().id)
    for table in ("act", "act_answer", "publication"):
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(DBAPIError), transaction() as connection:
                connection.execute(text(statement))
    with pytest.raises(DBAPIError), transaction() as connection:
        connection.execute(text("UPDATE act_answer SET approved = false"))
    assert (count("act"), count("act_answer", "approved")) == (1, 1)


def test_adjustment_counts_once_approved_and_until_withdrawn(app: Flask) -> None:
    draft()
    act, period = deduction(), in_one(find_period, "p")
    assert in_one(adjustments, period) == []
    in_one(approve_request, BO, act.id)
    ((adjustment, standing),) = [(row["id"], row["points"]) for row in in_one(adjustments, period)]
    assert standing == Decimal("0.5")
    asked = in_one(request_withdrawal, ADA, period, adjustment, "通报已撤销")
    assert in_one(adjustments, period)[0]["withdrawn_reason"] == ""
    in_one(approve_request, BO, asked.id)
    assert in_one(adjustments, period)[0]["withdrawn_reason"] == "通报已撤销"
    assert refusal(request_withdrawal, ADA, period, adjustment, "又一次") == "not_found"


def test_refused_act_has_no_effect_and_may_be_asked_for_again(app: Flask) -> None:
    assessed()
    act = publication()
    assert refusal(refuse_request, BO, act.id, " ") == "reason_required"
    assert in_one(refuse_request, BO, act.id, "数据有误").state == "refused"
    assert refusal(approve_request, BO, act.id) == "act_answered"
    assert count("publication") == 0
    again = publication()
    assert again.id != act.id
    in_one(approve_request, BO, again.id)
    with transaction() as connection:
        found = answered_requests(connection, find_period(connection, "p"))
    assert [(each.state, each.answer) for each in found] == [("approved", ""), ("refused", "数据有误")]


def assess_again() -> None:
    with transaction() as connection:
        request_assessment(connection, SHELL, "p")
        period = find_period(connection, "p")
    assess_period(period.id)


def test_only_the_revision_asked_for_is_published(app: Flask) -> None:
    assessed()
    act = publication()
    assess_again()
    assert refusal(approve_request, BO, act.id) == "act_outdated"
    assert in_one(find_request, act.id).state == "pending"
    in_one(approve_request, BO, publication().id)
    assert in_one(load_result, "p").revision == 2
    assert refusal(request_release, ADA, "p", "又一次") == "already_published"


def test_result_that_lacks_an_approved_adjustment_is_not_published(app: Flask) -> None:
    assessed()
    asked = publication()
    in_one(approve_request, BO, deduction().id)
    assert refusal(approve_request, BO, asked.id) == "assessment_outdated"
    assert refusal(request_release, ADA, "p", "又一次") == "assessment_outdated"
    assess_again()
    in_one(approve_request, BO, publication().id)
    assert in_one(load_result, "p").revision == 2


def test_reopened_period_takes_entries_until_it_is_closed_and_old_results_stay(app: Flask) -> None:
    assessed()
    in_one(approve_request, BO, publication().id)
    act = in_one(request_reopening, ADA, "p", "漏报", later(hours=1))
    in_one(approve_request, BO, act.id)
    post("law", {"unit": "u3", "score": "5", "reason": "漏报"})
    assert in_one(load_result, "p").revision == 1
    finish()
    in_one(approve_request, BO, publication().id)
    totals = [
        {unit.code: unit.total for unit in in_one(load_result, "p", revision).units} for revision in (1, 2)
    ]
    assert [found["u3"] for found in totals] == ["20.00", "100.00"]
    with database_refuses("approved act"), transaction() as connection:
        connection.execute(text("UPDATE period SET state = 'open'"))


def pass_deadline(endpoints: Endpoints) -> None:
    """The hour until the deadline goes by: the stored one is moved, past the guard that lets nobody do it."""
    engine = create_engine(superuser_url(endpoints), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE period SET open_until = open_until - interval '1 hour'"))


def test_reopened_period_takes_nothing_after_its_deadline(app: Flask, endpoints: Endpoints) -> None:
    assessed()
    assert refusal(request_reopening, ADA, "p", "漏报", later(seconds=-1)) == "deadline_passed"
    deadline = later(hours=1)
    in_one(approve_request, BO, in_one(request_reopening, ADA, "p", "漏报", deadline).id)
    post("law", {"unit": "u3", "score": "5", "reason": "漏报"})
    assert in_one(find_period, "p").open_until == deadline
    pass_deadline(endpoints)
    with pytest.raises(Problem) as refused:
        post("law", {"unit": "u3", "score": "4", "reason": "漏报"})
    assert refused.value.code == "period_not_open"
    with transaction() as connection:
        connection.execute(text("UPDATE period SET open_until = NULL"))
    assert in_one(find_period, "p").open_until is not None
    in_one(close_period, SHELL, "p")
    assert in_one(find_period, "p").open_until is None


def test_reopening_answered_too_late_is_refused(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assessed()
    act = in_one(request_reopening, ADA, "p", "漏报", later(hours=1))
    monkeypatch.setattr(periods, "datetime", AnHourLater)
    assert refusal(approve_request, BO, act.id) == "deadline_passed"
    assert in_one(find_period, "p").state == "assessed"


def test_period_is_not_reopened_while_it_is_being_assessed(app: Flask) -> None:
    assessed()
    act = in_one(request_reopening, ADA, "p", "漏报", later(hours=1))
    in_one(request_assessment, SHELL, "p")
    assert refusal(approve_request, BO, act.id) == "busy"
    assess_period(in_one(find_period, "p").id)
    in_one(approve_request, BO, act.id)
    assert in_one(find_period, "p").state == "open"


def test_record_names_both_people_and_hides_the_reasons(app: Flask) -> None:
    assessed()
    in_one(approve_request, BO, deduction().id, "同意李四")
    assess_again()
    in_one(approve_request, BO, publication().id)
    with transaction() as connection:
        rows = connection.execute(text("SELECT kind, body FROM leaf ORDER BY id")).all()
    bodies = b"".join(row.body for row in rows).decode()
    assert "张三" not in bodies and "李四" not in bodies and "纪3号" not in bodies and "会议" not in bodies
    kinds = [row.kind for row in rows]
    assert kinds.index("snapshot.frozen") + 1 == kinds.index("result.computed")
    frozen = json.loads(rows[kinds.index("snapshot.frozen")].body)
    computed = json.loads(rows[kinds.index("result.computed")].body)
    assert (frozen["snapshot"], frozen["revision"], "head" in frozen) == (computed["snapshot"], 1, True)
    told = [json.loads(row.body) for row in rows if row.kind in {"adjustment.added", "result.published"}]
    assert [(leaf["by"], leaf["approved_by"]) for leaf in told] == [("ada", "bo")] * 2
    assert [kind for kind in kinds if kind.startswith("act.")] == ["act.requested", "act.approved"] * 2
