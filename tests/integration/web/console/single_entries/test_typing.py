"""One entry typed, corrected and withdrawn on the pages, by its channel's operator alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.web.conftest import csrf
from tests.integration.web.operator_desk import OTHER, OWNER, browser_of, make_desk, make_person
from tests.integration.web.typed_entries import check, hidden_of, press, store

from pingyi.db import transaction
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.intake.fold import fold_channel
from pingyi.services.periods.periods import close_period

SHOW = "/entries/d4/hotline_show/show"
VISITS = "/entries/d4/inspections/visits"
LAW = "/entries/d4/partner_score/law"
SESSION = {"unit": "A03", "session": "第3场", "attended_by": "deputy", "questions": "4"}


@pytest.fixture
def desk(app: Flask) -> Iterator[FlaskClient]:
    """A browser of the operator of shows, points and visits."""
    make_desk()
    make_person("desk", OWNER)
    yield browser_of(app, "desk")


@pytest.fixture
def law(app: Flask, desk: FlaskClient) -> FlaskClient:
    """A browser of the operator of partners' scores, whose A01 has 4 points already."""
    make_person("law", OTHER)
    return browser_of(app, "law")


def deliveries() -> int:
    with transaction() as connection:
        return int(connection.execute(text("SELECT count(*) FROM delivery")).scalar_one())


def standing(channel: str, unit: str) -> list[Any]:
    """(values, standing) of what stands for a unit."""
    asked = text(
        "SELECT e.values, e.standing FROM entry_head h JOIN entry e USING (delivery_id, position)"
        " JOIN unit u ON u.id = e.unit_id JOIN channel c ON c.id = e.channel_id"
        " WHERE c.key = :channel AND u.code = :unit ORDER BY e.delivery_id, e.position"
    )
    with transaction() as connection:
        return [tuple(row) for row in connection.execute(asked, {"channel": channel, "unit": unit})]


def test_typed_entry_is_shown_first_and_stored_when_confirmed(desk: FlaskClient) -> None:
    before = deliveries()
    path = f"{SHOW}/new"
    shown = check(desk, path, SESSION)
    assert "新增" in shown.text and "分管负责人" in shown.text and "市第三局" in shown.text
    assert deliveries() == before
    answer = press(desk, path, shown.text, "store")
    again = press(desk, path, shown.text, "store")
    assert answer.headers["Location"] == again.headers["Location"]
    assert deliveries() == before + 1
    receipt = desk.get(answer.headers["Location"]).text
    assert "第3场" in receipt and "新增" in receipt and re.search(r"[0-9a-f]{64}", receipt)
    assert "第3场" in desk.get(SHOW).text
    assert standing("show", "A03") == [({**SESSION, "questions": 4}, "counted")]


def test_going_back_to_change_loses_nothing(desk: FlaskClient) -> None:
    path = f"{SHOW}/new"
    shown = check(desk, path, SESSION)
    form = press(desk, path, shown.text, "edit").text
    assert 'value="第3场"' in form and '<option value="A03" selected>' in form
    assert '<option value="deputy" selected>' in form


def test_wrong_input_is_told_at_its_field_and_stays(desk: FlaskClient) -> None:
    before = deliveries()
    answer = check(desk, f"{SHOW}/new", {"unit": "A03", "attended_by": "deputy", "questions": "四"})
    assert answer.status_code == 422 and deliveries() == before
    assert 'id="session.wrong"' in answer.text and 'id="questions.wrong"' in answer.text
    assert 'value="四"' in answer.text and '<option value="A03" selected>' in answer.text
    assert 'href="#session"' in answer.text
    unknown = check(desk, f"{SHOW}/new", {**SESSION, "unit": "A09"})
    assert unknown.status_code == 422 and "本周期没有单位“A09”" in unknown.text
    odd = check(desk, f"{SHOW}/new", {**SESSION, "evidence": f"sha256:{'0' * 64}"})
    assert odd.status_code == 422 and 'id="evidence.wrong"' in odd.text


def test_item_that_stands_is_shown_with_its_change_and_needs_a_reason(law: FlaskClient) -> None:
    path = f"{LAW}/new"
    assert 'name="reason"' not in law.get(path).text
    shown = check(law, path, {"unit": "A01", "score": "3"})
    assert shown.status_code == 422 and 'id="reason.wrong"' in shown.text
    assert "<del>4</del>" in shown.text and "<ins>3</ins>" in shown.text and 'value="3"' in shown.text
    again = check(law, path, {"unit": "A01", "score": "3", "reason": "复核后更正"})
    assert again.status_code == 200 and "复核后更正" in again.text and "<ins>3</ins>" in again.text
    assert press(law, path, again.text, "store").status_code == 303
    assert standing("law", "A01") == [({"unit": "A01", "score": "3"}, "counted")]


def test_unchanged_item_has_nothing_to_store(law: FlaskClient) -> None:
    shown = check(law, f"{LAW}/new", {"unit": "A01", "score": "4", "evidence": "通报第3条"})
    assert "没有需要保存的内容" in shown.text and "确认保存" not in shown.text


def test_entry_is_corrected_from_the_list_with_what_stands_filled_in(law: FlaskClient) -> None:
    found = re.search(rf'href="({LAW}/\d+/\d+/correction)"', law.get(LAW).text)
    assert found
    form = law.get(found[1]).text
    assert 'value="4"' in form and 'value="通报第3条"' in form and 'name="unit"' not in form
    without = check(law, found[1], {"score": "5", "evidence": "通报第3条"})
    assert without.status_code == 422 and 'id="reason.wrong"' in without.text
    receipt = store(law, found[1], {"score": "5", "evidence": "通报第3条", "reason": "漏计一项"})
    assert "<del>4</del>" in receipt and "<ins>5</ins>" in receipt and "漏计一项" in receipt
    assert standing("law", "A01") == [({"unit": "A01", "score": "5", "evidence": "通报第3条"}, "counted")]
    assert law.get(found[1]).status_code == 409


def test_correction_sent_twice_is_stored_once(law: FlaskClient) -> None:
    found = re.search(rf'href="({LAW}/\d+/\d+/correction)"', law.get(LAW).text)
    assert found
    shown = check(law, found[1], {"score": "5", "reason": "漏计一项"})
    first, second = (press(law, found[1], shown.text, "store") for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]


def test_what_changed_since_it_was_shown_is_shown_anew(law: FlaskClient) -> None:
    path = f"{LAW}/new"
    shown = check(law, path, {"unit": "A02", "score": "3", "reason": "补报"})
    deliver(SHELL, ChannelRef(period="d4", channel="law"), [{"unit": "A02", "score": "2"}])
    answer = press(law, path, shown.text, "store")
    assert answer.status_code == 409 and "请再次核对" in answer.text and "<ins>3</ins>" in answer.text
    assert press(law, path, answer.text, "store").status_code == 303


def test_entry_is_withdrawn_with_a_reason_and_counts_no_more(law: FlaskClient) -> None:
    found = re.search(rf'href="({LAW}/\d+/\d+/withdrawal)"', law.get(LAW).text)
    assert found
    form = {**hidden_of(law.get(found[1]).text), "reason": " "}
    refused = law.post(found[1], data=form)
    assert refused.status_code == 422 and 'id="reason-wrong"' in refused.text
    answers = [law.post(found[1], data={**form, "reason": "误报"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    receipt = law.get(answers[0].headers["Location"]).text
    assert "撤回" in receipt and "误报" in receipt and "<ins>不计入</ins>" in receipt
    assert standing("law", "A01")[0][1] == "rejected"
    with transaction() as connection:
        channel = bound_channel(connection, ChannelRef(period="d4", channel="law")).id
    fold_channel(channel)
    with transaction() as connection:
        counts = dict(
            connection.execute(
                text("SELECT standing, counts FROM counter WHERE channel_id = :channel"), {"channel": channel}
            ).all()
        )
    assert not any(counts.get("counted", {}).values()) and any(counts["rejected"].values())
    listed = law.get(LAW).text
    assert "/withdrawal" not in listed and "/correction" in listed


def test_finding_is_moved_on_without_a_reason_and_may_move_to_another_unit(desk: FlaskClient) -> None:
    listed = desk.get(f"{VISITS}?unit=A03").text
    found = re.search(rf'href="({VISITS}/\d+/\d+/correction)"', listed)
    assert found
    form = desk.get(found[1]).text
    assert 'name="finding"' not in form and '<option value="recorded" selected>' in form
    shown = check(desk, found[1], {"unit": "A02", "item": "noon_alcohol", "state": "confirmed"})
    assert "市第三局（A03）" in shown.text and "（A02）" in shown.text and "<ins>已认定</ins>" in shown.text
    assert press(desk, found[1], shown.text, "store").status_code == 303
    assert [values["finding"] for values, _ in standing("visits", "A02")] == ["F2", "F3"]


def test_own_channels_only_and_the_office_reads_the_receipt(desk: FlaskClient, app: Flask) -> None:
    make_person("law", OTHER)
    make_person("admin", "", "administrator")
    other, admin = browser_of(app, "law"), browser_of(app, "admin")
    paths = [f"{SHOW}/new", f"{SHOW}/1/0/correction", f"{SHOW}/1/0/withdrawal"]
    for client in (other, admin):
        token = csrf(client, "/account")
        for path in paths:
            assert client.get(path).status_code == 403
            assert client.post(path, data={"csrf_token": token, "reason": "x"}).status_code == 403
    assert other.get(f"{SHOW}/receipts/1").status_code == 403
    assert admin.get(f"{SHOW}/receipts/1").status_code == 200
    assert "/correction" not in admin.get(SHOW).text and f"{SHOW}/new" not in admin.get(SHOW).text
    assert desk.get(f"{SHOW}/receipts/999").status_code == 404
    assert desk.get(f"{SHOW}/999/0/correction").status_code == 404
    assert desk.get(f"{VISITS}/receipts/1").status_code == 404
    assert app.test_client().get(paths[0]).headers["Location"].startswith("/sign-in")


def test_office_does_not_see_private_columns_of_a_receipt(desk: FlaskClient, app: Flask) -> None:
    make_person("auditor", "", "auditor")
    points = "/entries/d4/monitoring_points/points"
    row = {"unit": "A03", "point": "E77", "stratum": "enterprise", "answers": {"efficiency": "satisfied"}}
    assert "E77" in store(desk, f"{points}/new", row)
    with transaction() as connection:
        newest = connection.execute(text("SELECT max(id) FROM delivery")).scalar_one()
    read = browser_of(app, "auditor").get(f"{points}/receipts/{newest}").text
    assert "E77" not in read and "只有报送单位能看到" in read


def test_closed_period_takes_nothing_and_keeps_what_was_typed(law: FlaskClient) -> None:
    path = f"{LAW}/new"
    shown = check(law, path, {"unit": "A02", "score": "3"})
    page = law.get(f"{LAW}").text
    found = re.search(rf'href="({LAW}/\d+/\d+/withdrawal)"', page)
    assert found
    before, form = deliveries(), hidden_of(law.get(found[1]).text)
    with transaction() as connection:
        close_period(connection, SHELL, "d4")
    late = press(law, path, shown.text, "store")
    assert late.status_code == 423 and "未保存" in late.text and "<dd>3</dd>" in late.text
    assert press(law, path, shown.text, "check").status_code == 423
    assert law.post(found[1], data={**form, "reason": "误报"}).status_code == 423
    assert deliveries() == before
    assert "周期现在不接受报送" in law.get(path).text
    assert "/correction" not in law.get(LAW).text


def test_odd_posts_are_refused_and_never_break(law: FlaskClient) -> None:
    path = f"{LAW}/new"
    own = hidden_of(law.get(path).text)
    for odd in (
        {"do": "store"},
        {"do": "store", "score": "5", "unit": "A02", "seen": "f" * 64},
        {"do": "remove.unit.0"},
        {"do": "store", "~rest": '{"x": 1.5}', "unit": "A02", "score": "5"},
        {"unit": "A02", "score~odd": "[1.5]"},
    ):
        assert law.post(path, data={**own, **odd}).status_code in (200, 409, 422), odd
    assert standing("law", "A02") == []


@pytest.mark.mission("002-26")
def test_session_of_a_show_is_typed_with_who_came_and_its_cases(desk: FlaskClient, app: Flask) -> None:
    told = {"attendees": "王局长、李科长", "cases": "RX-31、RX-32", "date": ""}
    row = {**SESSION, "attended_by": "leader", **told}
    wrong = check(desk, f"{SHOW}/new", {**row, "questions": "1"})
    assert wrong.status_code == 422 and 'id="cases.wrong"' in wrong.text and "王局长" in wrong.text
    receipt = store(desk, f"{SHOW}/new", row)
    assert all(words in receipt for words in ("王局长、李科长", "主要负责人", "RX-31、RX-32"))
    make_person("auditor", "", "auditor")
    read = browser_of(app, "auditor").get(SHOW).text
    assert "RX-31" in read and "王局长" not in read
    with transaction() as connection:
        channel = bound_channel(connection, ChannelRef(period="d4", channel="show")).id
    fold_channel(channel)
    page = desk.get("/channels/hotline_show/d4/show/attendance").text
    assert re.search(r"市第三局.*?<td[^>]*>1</td>", page, re.DOTALL)
