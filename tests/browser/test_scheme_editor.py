"""Schemes and questionnaires typed into their forms from nothing, without scripts, and issued."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from tests.browser.checks import DESKTOP, PHONE, check_at_all_widths, sign_in, small_text
from tests.browser.conftest import Watched, serving
from tests.browser.filling import fill, part, press, shown
from tests.integration.web.conftest import make_account

from pingyi.db import transaction
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.schemes import shipped_scheme
from pingyi.services.documents.documents import find_document
from pingyi.services.documents.registered import document_kind
from pingyi_surveys.questionnaires.questionnaire import parse_questionnaire, ready_questionnaire

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

ALL = "/office/documents"
DATES = {"starts_on": "2017-01-01", "ends_on": "2017-12-31", "time_zone": "Asia/Shanghai"}
Watch = Callable[..., Watched]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Somebody who drafts, and somebody who reads."""
    make_account("admin", "administrator")
    make_account("auditor", "auditor")
    with serving(app) as where:
        yield where


@pytest.fixture
def page(watch: Watch, address: str) -> Page:
    """The page of an administrator whose browser runs no scripts."""
    opened = watch(DESKTOP, script=False).page
    sign_in(opened, address, "admin")
    return opened


def begin(page: Page, address: str, kind: str, key: str) -> None:
    page.goto(f"{address}{ALL}/{kind}")
    page.locator("#key").fill(key)
    page.get_by_role("button", name="新建空白草稿").click()


def picture(page: Page, folder: Path, name: str) -> None:
    """The page at the size of a phone and of a desk."""
    for width in (PHONE, DESKTOP):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)


def check_with_scripts(watch: Watch, address: str, path: str, *, login: str = "admin") -> None:
    """The same page as others meet it: accessible in both languages, fitting, legible on a phone."""
    for language in ("zh-CN", "en-GB"):
        watched = watch(DESKTOP, language)
        sign_in(watched.page, address, login)
        watched.page.goto(address + path)
        check_at_all_widths(watched)
        watched.page.set_viewport_size({"width": PHONE, "height": 900})
        assert small_text(watched.page) == []
        watched.page.context.close()


def issue(page: Page, key: str) -> None:
    page.get_by_role("link", name="印发…").click()
    page.get_by_label(f"请照样填写代号 {key}").fill(key)
    page.get_by_role("button", name="印发").click()
    expect(page.get_by_text("已印发", exact=True)).to_be_visible()


def stored(kind: str, key: str) -> tuple[str, str]:
    with transaction() as connection:
        one = find_document(connection, document_kind(kind), key, 1)
    return one.state, one.toml


def test_maanshan_is_typed_saved_half_finished_mended_and_issued(
    page: Page, watch: Watch, address: str, tmp_path: Path
) -> None:
    content = tomllib.loads(shipped_scheme("maanshan-2017"))
    path = f"{ALL}/scheme/maanshan-2017/1"
    begin(page, address, "scheme", "maanshan-2017")
    picture(page, tmp_path, "empty")
    check_with_scripts(watch, address, path)

    first, *others = content["channels"]
    for name in ("title", "full_marks", "decimals", "categories", "groups"):
        fill(page, name, content[name])
    fill(page, "channels", [{key: value for key, value in first.items() if key != "max_points"}])
    picture(page, tmp_path, "settings")
    press(page, "save")
    expect(page.get_by_text("已保存。")).to_be_visible()
    expect(page.get_by_role("heading", name="印发前须改 7 处")).to_be_visible()
    for reason in ("渠道未计分时", "最低到位分值", "同分的名次"):
        expect(page.get_by_role("link", name=f"计分和排名规则 · {reason}")).to_be_visible()
    page.get_by_role("link", name="渠道 1 · 分值").click()
    points = page.get_by_label("分值（分）").and_(part(page, "channels.0.max_points"))
    expect(points).to_have_attribute("aria-invalid", "true")
    expect(points).to_have_accessible_description(re.compile("缺少此项。"))
    picture(page, tmp_path, "half-finished")
    check_with_scripts(watch, address, path)

    page.get_by_role("link", name="印发…").click()
    expect(page.get_by_text("还有 7 处须改，不能印发：")).to_be_visible()
    expect(page.get_by_role("button", name="印发")).to_have_count(0)
    picture(page, tmp_path, "refused")
    check_with_scripts(watch, address, f"{path}/issue")
    page.get_by_role("link", name="回去修改").click()

    fill(page, "channels.0.max_points", "8")
    for at, channel in enumerate(others, 1):
        add_channel(page, at, channel)
    press(page, "check")
    expect(page.get_by_text("已检查，尚未保存。")).to_be_visible()
    expect(page.get_by_text("各渠道合计 98 分，应正好等于满分 100 分。").first).to_be_visible()
    fill(page, "policies", content["policies"])
    fill(page, "consequences", content["consequences"])
    fill(page, "channels.0.max_points", first["max_points"])
    press(page, "save")
    expect(page.get_by_text("已保存。")).to_be_visible()
    expect(page.get_by_text("各渠道合计 100 分，满分 100 分，二者相等。")).to_be_visible()
    expect(page.get_by_text("印发前须改")).to_have_count(0)
    picture(page, tmp_path, "whole")
    check_with_scripts(watch, address, path)

    issue(page, "maanshan-2017")
    picture(page, tmp_path, "issued")
    state, toml = stored("scheme", "maanshan-2017")
    assert state == "issued"
    assert parse_scheme(toml) == parse_scheme(shipped_scheme("maanshan-2017"))
    for page_of in ("", "/text", "/changes", "/print", "/withdraw"):
        check_with_scripts(watch, address, path + page_of)
    check_with_scripts(watch, address, path, login="auditor")


def add_channel(page: Page, at: int, channel: dict[str, Any]) -> None:
    press(page, "add.channels")
    row = f"channels.{at}"
    fill(page, f"{row}.plugin", channel["plugin"])
    with page.expect_navigation():
        page.get_by_role("button", name=f"显示设置项 渠道 {at + 1} · 渠道类型").click()
    for key, value in channel.items():
        if key != "plugin":
            fill(page, f"{row}.{key}", value)
    assert part(page, row).get_attribute("open") is not None
    shown(page, part(page, f"{row}.title.zh"))


def test_questionnaire_is_typed_and_issued(page: Page, watch: Watch, address: str, tmp_path: Path) -> None:
    key = "conduct-four-levels"
    content = tomllib.loads(ready_questionnaire(key))
    path = f"{ALL}/questionnaire/{key}/1"
    begin(page, address, "questionnaire", key)
    picture(page, tmp_path, "empty")
    for name in ("title", "require_all", "wordings", "options"):
        fill(page, name, content[name])
    press(page, "save")
    expect(page.get_by_text("已保存。")).to_be_visible()
    expect(page.get_by_role("link", name="评议内容")).to_be_visible()
    picture(page, tmp_path, "half-finished")
    check_with_scripts(watch, address, path)
    fill(page, "dimensions", content["dimensions"])
    fill(page, "comment", content["comment"])
    press(page, "save")
    expect(page.get_by_text("印发前须改")).to_have_count(0)
    picture(page, tmp_path, "whole")
    check_with_scripts(watch, address, path)
    issue(page, key)
    picture(page, tmp_path, "issued")
    state, toml = stored("questionnaire", key)
    assert state == "issued"
    assert parse_questionnaire(toml) == parse_questionnaire(ready_questionnaire(key))


def test_ready_made_scheme_is_changed_mended_issued_copied_withdrawn_and_used(
    page: Page, watch: Watch, address: str, app: Flask, office: dict[str, str], tmp_path: Path
) -> None:
    of_kind = f"{ALL}/scheme"
    page.goto(f"{address}/office")
    page.get_by_role("link", name="文件", exact=True).click()
    page.get_by_role("link", name="评议方案", exact=True).click()
    page.get_by_role("button", name="从它开始 2017年度政风行风评议").click()
    expect(page.get_by_text("各渠道合计 100 分，满分 100 分，二者相等。")).to_be_visible()
    expect(page.get_by_text("移动手机端测评 · 10分")).to_be_visible()
    fill(page, "channels.0.max_points", "8")
    press(page, "save")
    page.get_by_role("link", name="印发…").click()
    page.get_by_role("link", name="渠道", exact=True).click()
    expect(page).to_have_url(re.compile("#channels$"))
    fill(page, "channels.0.max_points", "10")
    press(page, "check")
    expect(page.get_by_text("有改动尚未保存")).to_be_visible()
    press(page, "save")
    issue(page, "maanshan-2017")
    expect(page.get_by_role("button", name="保存草稿")).to_have_count(0)

    page.get_by_role("button", name="复制为新稿").click()
    fill(page, "channels.0.max_points", "9")
    fill(page, "channels.16.max_points", "11")
    press(page, "up.channels.5")
    press(page, "save")
    page.get_by_role("link", name="版本差异").click()
    for change in ("移动手机端测评(微信扫码)”", "县区、开发园区评议”", "移动：第5位 → 第6位"):
        expect(page.locator(".changes li", has_text=change)).to_be_visible()
    picture(page, tmp_path, "changes")
    check_with_scripts(watch, address, f"{of_kind}/maanshan-2017/2/changes")
    page.get_by_role("link", name="表单").click()
    issue(page, "maanshan-2017")

    page.goto(f"{address}{of_kind}/maanshan-2017/1")
    page.get_by_role("link", name="停用…").click()
    page.locator("#typed").fill("another")
    page.get_by_role("button", name="停用").click()
    expect(page.get_by_text("请照样填写代号“maanshan-2017”。")).to_be_visible()
    page.locator("#typed").fill("maanshan-2017")
    page.get_by_role("button", name="停用").click()
    expect(page.get_by_text("已停用", exact=True)).to_be_visible()
    for path in (ALL, of_kind, f"{ALL}/questionnaire"):
        check_with_scripts(watch, address, path)

    period = {"key": "p", "scheme": "maanshan-2017", **DATES}
    answer = app.test_client().post("/api/v1/periods", json=period, headers=office)
    assert answer.status_code == 201, answer.text
    assert answer.json["scheme_version"] == 2
