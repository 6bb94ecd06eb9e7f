"""Windows are named by the office, in lists that are taken whole or not at all, on the record."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from tests.ballot_period import OPEN, ROSTER, ballot_period, close
from tests.integration.web.conftest import PASSWORD, csrf, make_account

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi_surveys.setup.service_windows import (
    Window,
    WindowLine,
    put_windows,
    rated_units,
    read_lines,
    remove_window,
)

PAGE = f"/office/periods/p/ballots/{OPEN}/codes"
LINES = "u1,3 号窗口,否\nu1\t自助机\t是\n\nu2，综合窗口\n"


def put(lines: str, channel: str = OPEN) -> int:
    with transaction() as connection:
        return put_windows(connection, SHELL, working(connection, channel), read_lines(lines))


def working(connection: Connection, channel: str = OPEN) -> BoundChannel:
    return bound_channel(connection, ChannelRef(period="p", channel=channel))


def windows() -> dict[str, list[tuple[str, bool]]]:
    with transaction() as connection:
        units = rated_units(connection, working(connection).id)
    return {unit.code: [(one.name, one.kiosk) for one in unit.windows] for unit in units}


def first_window() -> Window:
    with transaction() as connection:
        return rated_units(connection, working(connection).id)[0].windows[0]


def leaves(kind: str) -> list[dict[str, object]]:
    with transaction() as connection:
        rows = connection.execute(
            text("SELECT convert_from(body, 'UTF8') FROM leaf WHERE kind = :kind ORDER BY id"), {"kind": kind}
        )
        return [json.loads(body) for body in rows.scalars()]


def test_read_lines_takes_commas_tabs_and_full_width_commas() -> None:
    assert read_lines(LINES) == [
        WindowLine(1, "u1", "3 号窗口", False),
        WindowLine(2, "u1", "自助机", True),
        WindowLine(4, "u2", "综合窗口", False),
    ]


@pytest.mark.parametrize(
    ("given", "row", "words"),
    [
        ("", 1, "没有填写窗口"),
        ("u1", 1, "每行应为"),
        (",窗口", 1, "每行应为"),
        ("u1,窗口,否,多余", 1, "每行应为"),
        ("u1,窗\x07口", 1, "每行应为"),
        ("u1,窗口\nu1,窗口,也许", 2, "“也许”不是“是”或“否”"),
        ("u1,窗口\nu1, 窗口 ,是", 2, "与上面某行重复"),
        ("u1," + "长" * 41, 1, "最多 40 个字"),
        ("\n".join(f"u1,{n}" for n in range(2001)), 2001, "一次最多 2000 行"),
    ],
)
def test_read_lines_a_wrong_line_is_named(given: str, row: int, words: str) -> None:
    with pytest.raises(Problem) as refused:
        read_lines(given)
    (error,) = refused.value.errors
    assert refused.value.code == "windows_invalid"
    assert error.row == row
    assert words in error.message.zh
    assert str(row) in error.message.en


@pytest.mark.parametrize("opened", [False, True])
def test_windows_come_and_go_on_the_record_before_and_while_the_period_is_open(
    app: Flask, *, opened: bool
) -> None:
    ballot_period(opened=opened)
    assert put(LINES) == 3
    assert windows() == {"u1": [("3 号窗口", False), ("自助机", True)], "u2": [("综合窗口", False)], "u3": []}
    assert put(LINES) == 0, "the same lines again change nothing"
    assert put("u1,3 号窗口,是") == 1
    one = first_window().id
    with transaction() as connection:
        remove_window(connection, SHELL, working(connection), one)
    assert windows()["u1"] == [("自助机", True)]
    added = leaves("window.added")
    assert [(one["unit"], one["window"], one["kiosk"]) for one in added][-1] == ("u1", "3 号窗口", True)
    assert len(added) == 4
    (gone,) = leaves("window.removed")
    assert (gone["unit"], gone["window"], gone["by"]) == ("u1", "3 号窗口", "shell")


def test_a_long_list_goes_on_the_record_in_its_own_order(app: Flask) -> None:
    ballot_period()
    names = [f"{number} 号" for number in range(1_200, 0, -1)]
    assert put("".join(f"u1,{name}\n" for name in names)) == len(names)
    assert [leaf["window"] for leaf in leaves("window.added")] == names
    assert put("".join(f"u1,{name},{'是' if name == '7 号' else '否'}\n" for name in names)) == 1
    assert leaves("window.added")[-1]["window"] == "7 号"
    assert ("7 号", True) in windows()["u1"]


def test_a_list_with_an_unknown_unit_is_not_stored_at_all(app: Flask) -> None:
    ballot_period()
    with pytest.raises(Problem) as refused:
        put("u1,一\nu9,二\nu8,三")
    assert [error.row for error in refused.value.errors] == [2, 3]
    assert windows()["u1"] == []
    assert leaves("window.added") == []


def test_windows_of_a_closed_period_or_a_roster_stay_as_they_are(app: Flask) -> None:
    ballot_period()
    put("u1,一")
    with pytest.raises(Problem, match="not_found"):
        put("u1,一", ROSTER)
    one = first_window().id
    close()
    with pytest.raises(Problem, match="wrong_state"):
        put("u1,二")
    with pytest.raises(Problem, match="wrong_state"), transaction() as connection:
        remove_window(connection, SHELL, working(connection), one)
    with pytest.raises(Problem, match="not_found"), transaction() as connection:
        bound_channel(connection, ChannelRef(period="p", channel="nothing"))


def test_a_window_of_another_channel_is_not_removed(app: Flask) -> None:
    ballot_period()
    put("u1,一")
    one = first_window().id
    with pytest.raises(Problem, match="not_found"), transaction() as connection:
        remove_window(connection, SHELL, working(connection, ROSTER), one)


def signed_in(app: Flask, role: str) -> FlaskClient:
    """A browser signed in to a fresh account with this role."""
    make_account("who", role)
    client = app.test_client()
    given = {"login": "who", "password": PASSWORD, "csrf_token": csrf(client)}
    assert client.post("/sign-in", data=given).status_code == 303
    return client


def test_the_office_adds_and_removes_windows_on_a_page(app: Flask) -> None:
    ballot_period()
    admin = signed_in(app, "administrator")
    token = csrf(admin, PAGE)
    assert admin.post(PAGE, data={"lines": LINES, "csrf_token": token}).status_code == 303
    assert "自助机" in admin.get(PAGE).text
    wrong = admin.post(PAGE, data={"lines": "u1,一\nu77,二<b>", "csrf_token": token})
    assert wrong.status_code == 422
    assert "第 2 行：本周期没有代码为“u77”的单位。" in wrong.text
    assert "u77,二&lt;b&gt;</textarea>" in wrong.text, "what was typed is still there"
    one = first_window().id
    assert admin.post(f"{PAGE}/{one}/removal", data={"csrf_token": token}).status_code == 303
    for gone in (one, 2**63):
        assert admin.post(f"{PAGE}/{gone}/removal", data={"csrf_token": token}).status_code == 404
    assert admin.post(PAGE, data={"lines": LINES}).status_code == 400, "without the form's token"


@pytest.mark.parametrize(("role", "may_read"), [("approver", True), ("auditor", True), ("reviewer", False)])
def test_others_read_the_codes_or_not_and_change_nothing(app: Flask, role: str, *, may_read: bool) -> None:
    ballot_period()
    client = signed_in(app, role)
    shown = client.get(PAGE)
    assert shown.status_code == (200 if may_read else 403)
    assert "<textarea" not in shown.text
    token = csrf(client, "/account")
    assert client.post(PAGE, data={"lines": LINES, "csrf_token": token}).status_code == 403
    assert windows()["u1"] == []
