"""A case typed, corrected and withdrawn without a script, its receipt printed; the pages at every width."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from tests.browser.checks import DESKTOP, PHONE, check_at_all_widths, check_looks, sign_in
from tests.browser.conftest import Watched, serving
from tests.integration.web.operator_desk import OWNER, make_person
from tests.small_scheme import channel, draft_period, open_draft, scheme_of

pytestmark = pytest.mark.long

Watch = Callable[..., Watched]
CASES = "/entries/p/hotline/cases"
SETTINGS = '{ events = { late_sign = "2", false_reply = "0.5" }, n_min = 1, sub_score_decimals = 1 }'


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application answers; an open period with cases of a hotline, and its operator."""
    cases = channel("cases", "市长热线办理", "100", SETTINGS, operator=OWNER, plugin="hotline")
    names = ["市第一局", "市政府信访局与政务公开办公室", "市第三局"]
    draft_period(scheme_of(cases, more=""), names, starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
    open_draft()
    make_person("desk", OWNER)
    with serving(app) as found:
        yield found


def look(page: Page, name: str) -> None:
    """A picture, where somebody wants to look: in the folder that PINGYI_PICTURES names."""
    if folder := os.environ.get("PINGYI_PICTURES"):
        for width in (PHONE, DESKTOP):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_case_is_typed_corrected_and_withdrawn_without_script(watch: Watch, address: str, width: int) -> None:
    page = watch(width, script=False).page
    sign_in(page, address, "desk")
    page.goto(f"{address}/deliveries/p/hotline/cases")
    page.get_by_role("link", name="填报一条").click()
    page.get_by_label("单位", exact=True).select_option("u2")
    page.get_by_label("编号").fill("GD-0001")
    page.get_by_label("受理时间").fill("三月一日")
    page.get_by_role("button", name="核对").click()
    expect(page.locator('[id="accepted_at.wrong"]')).to_contain_text("不是时间")
    expect(page.get_by_label("编号")).to_have_value("GD-0001")
    page.get_by_label("受理时间").fill("2017-03-01 09:30")
    page.get_by_label("已回访").select_option(label="是")
    page.get_by_role("group", name="扣分事项").get_by_label("late_sign").fill("1")
    page.get_by_role("button", name="核对").click()
    expect(page.get_by_text("新增")).to_be_visible()
    page.get_by_role("button", name="确认保存").click()
    expect(page.get_by_role("heading", name="第 1 号报送回执")).to_be_visible()
    page.get_by_role("link", name="查看条目").click()
    page.get_by_role("link", name="更正 1.0").click()
    expect(page.get_by_label("受理时间")).to_have_value("2017-03-01 09:30:00")
    page.get_by_label("办结时间").fill("2017-03-09")
    page.get_by_label("更正理由").fill("补报办结时间")
    page.get_by_role("button", name="核对").click()
    page.get_by_role("button", name="确认保存").click()
    expect(page.get_by_text("理由：补报办结时间")).to_be_visible()
    page.get_by_role("link", name="查看条目").click()
    page.get_by_role("link", name="撤回 2.0").click()
    page.get_by_label("撤回理由").fill("重复登记")
    page.get_by_role("button", name="撤回此条").click()
    expect(page.locator("ins").filter(has_text="不计入")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_pages_of_one_entry_are_accessible_and_fit(watch: Watch, address: str, language: str) -> None:
    watched = watch(DESKTOP, language)
    page = watched.page
    sign_in(page, address, "desk")
    page.goto(f"{address}{CASES}/new")
    look(page, f"new-{language}")
    check_at_all_widths(watched)
    page.locator("#unit").select_option("u2")
    page.locator("button[value=check]").last.click()
    expect(page.locator("#to-mend")).to_be_visible()
    look(page, f"wrong-{language}")
    check_looks(page)
    assert all("422" in trouble for trouble in watched.troubles)
    watched.troubles.clear()
    page.locator("#case").fill("GD-0001")
    page.locator("#accepted_at").fill("2017-03-01 09:30")
    for step, button in (("confirmation", "check"), ("receipt", "store")):
        page.locator(f"button[value={button}]").last.click()
        look(page, f"{step}-{language}")
        check_at_all_widths(watched)
    page.goto(f"{address}{CASES}/1/0/correction")
    look(page, f"correction-{language}")
    check_at_all_widths(watched)
    page.locator("#closed_at").fill("2017-03-09")
    page.locator("button[value=check]").last.click()
    expect(page.locator("button[value=store]")).to_be_visible()
    look(page, f"change-{language}")
    check_at_all_widths(watched)
    for path in ("", "/1/0/withdrawal"):
        page.goto(f"{address}{CASES}{path}")
        look(page, f"page{path.replace('/', '-')}-{language}")
        check_at_all_widths(watched)


def test_printed_receipt_fits_one_sheet_without_what_is_only_for_the_screen(
    watch: Watch, address: str
) -> None:
    page = watch(DESKTOP).page
    sign_in(page, address, "desk")
    page.goto(f"{address}{CASES}/new")
    page.locator("#unit").select_option("u1")
    page.locator("#case").fill("GD-0001")
    page.locator("#accepted_at").fill("2017-03-01 09:30")
    for button in ("check", "store"):
        page.locator(f"button[value={button}]").last.click()
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="再填一条")).to_be_hidden()
    expect(page.get_by_role("link", name="现有条目")).to_be_hidden()
    expect(page.get_by_text("GD-0001")).to_be_visible()
    sheets = page.pdf(format="A4").count(b"/Type /Page\n")
    assert sheets == 1
    look(page, "printed")
