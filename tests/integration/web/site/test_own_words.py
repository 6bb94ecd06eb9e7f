"""Pages call keys what the scheme calls them, to the public, the operator and in previews."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.integration.web.operator_desk import browser_of, make_person, send_file
from tests.own_words import OPERATOR, TOLD, open_period

from pingyi.db import transaction
from pingyi.services.approvals.requests import BUNDLE, approve_all, request_release
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.intake.fold import fold_channel
from pingyi.services.periods.periods import close_period, find_period, request_assessment
from pingyi.services.results.assess import assess_period


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def fill() -> None:
    open_period()
    for key, told in TOLD.items():
        deliver(SHELL, ChannelRef(period="p", channel=key), list(told.entries))


def publish() -> None:
    with transaction() as connection:
        close_period(connection, SHELL, "p")
        request_assessment(connection, SHELL, "p")
        period = find_period(connection, "p")
    assess_period(period.id)
    with transaction() as connection:
        approve_all(connection, [request_release(connection, BUNDLE, "p", "评议结束")])


def test_public_page_of_a_unit_says_the_words_of_the_scheme(client: FlaskClient) -> None:
    fill()
    publish()
    chinese = words(client.get("/periods/p/units/u1?lang=zh").text)
    english = words(client.get("/periods/p/units/u1?lang=en").text)
    for told in (
        *("等次 一等", "很好率", "凑合率", "守法得分", "履职得分", "脱岗,离岗次数 1", "超期扣分 2.0"),
        *("工作日中午饮酒次数 2", "工作日中午饮酒扣分 40", "虚假答复次数 2", "结案率 90.00%"),
        *("副职上线 1", "到场率 100.00%", "办妥率"),
    ):
        assert told in chinese, told
    for told in ("grade First class", "Splendid share", "Alcohol at noon count 2", "Vice head count 1"):
        assert told in english, told
    assert "noon alcohol" not in chinese and "结案率率" not in chinese
    assert "否决事项 弄虚作假" in words(client.get("/periods/p/units/u2?lang=zh").text)


@pytest.mark.parametrize(
    ("key", "zh", "en"),
    [
        ("vote", ("东片", "守法", "很好"), ("Eastern", "Abiding", "Splendid")),
        ("discipline", ("工作日中午饮酒", "弄虚作假"), ("Alcohol at noon", "Forgery")),
        ("hotline", ("扣分事项：超期",), ("Events: Overdue",)),
        ("totals", ("结案率", "凑合"), ("Closing rate", "So so")),
        ("points", ("企业", "测评：办事快慢", "凑合"), ("Firms", "Answers: Pace", "So so")),
        ("show", ("副职",), ("Vice head",)),
    ],
)
def test_entries_are_shown_to_their_operator_in_the_words_of_the_scheme(
    app: Flask, key: str, zh: tuple[str, ...], en: tuple[str, ...]
) -> None:
    fill()
    make_person("desk", OPERATOR)
    browser = browser_of(app, "desk")
    path = f"/entries/p/{TOLD[key].plugin}/{key}"
    for language, wanted in (("zh", zh), ("en", en)):
        page = words(browser.get(f"{path}?lang={language}").text)
        assert all(word in page for word in wanted), page


def test_preview_and_pages_of_a_channel_say_the_words_of_the_scheme(app: Flask) -> None:
    fill()
    make_person("desk", OPERATOR)
    browser = browser_of(app, "desk")
    with transaction() as connection:
        fold_channel(bound_channel(connection, ChannelRef(period="p", channel="points")).id)
    table = "单位,指标,次数,更正理由\nu1,noon_alcohol,3,核对\n".encode()
    page = send_file(browser, "/deliveries/p/checklist/discipline", table)
    assert "工作日中午饮酒" in words(page.text)
    attendance = words(browser.get("/channels/hotline_show/p/show/attendance").text)
    assert "主要负责人 副职 其他人员 缺席" in attendance
    coverage = words(browser.get("/channels/monitoring_points/p/points/coverage").text)
    assert "月份 企业" in coverage
