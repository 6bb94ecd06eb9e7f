"""A hotline's export with headings of its own: chosen once, mended, confirmed, and asked for no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from tests.browser.checks import DESKTOP, PHONE, check_at_all_widths, check_looks, sign_in
from tests.browser.conftest import Watched, serving
from tests.integration.web.hotline_desk import (
    CHOSEN,
    FEBRUARY,
    JANUARY,
    exported,
    files_of,
    make_hotline,
)

pytestmark = pytest.mark.long


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application answers, with two months of a hotline."""
    make_hotline()
    with serving(app) as found:
        yield found


def send(page: Page, address: str, period: str, content: bytes) -> None:
    page.goto(address + files_of(period))
    page.locator("#chosen").set_input_files(
        {"name": f"{period}.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="上传并预览").click()


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_export_is_mapped_once_mended_and_confirmed_and_the_next_needs_nothing(
    watch: Callable[..., Watched], address: str, width: int
) -> None:
    page = watch(width, script=False).page
    sign_in(page, address, "hotline")
    send(page, address, JANUARY, exported("01", "满意", "凑合"))
    expect(page.get_by_role("alert")).to_contain_text("本渠道没有列“诉求流水”")
    expect(page.get_by_text("如：SQ0101；SQ0102")).to_be_visible()
    for title, label in zip(
        ("诉求流水", "主办部门名称", "来电人", "受理登记时刻", "实际办结日", "回访了没有"),
        CHOSEN,
        strict=False,
    ):
        page.get_by_label(title).select_option(label)
    page.get_by_label("接通了没有").select_option("followed_up")
    page.get_by_label("满意程度").select_option("opinion")
    page.get_by_role("button", name="保存并预览").click()
    wrong = page.get_by_label("接通了没有")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("列“回访了没有”已选为这一项")).to_be_visible()
    expect(page.get_by_label("诉求流水")).to_have_value("case")
    wrong.select_option("reached")
    page.get_by_role("button", name="保存并预览").click()
    expect(page.get_by_text("有 1 行不符合要求")).to_be_visible()
    expect(page.locator(".reasons")).to_contain_text("没有“凑合”，只能是：")
    send(page, address, JANUARY, exported("01", "满意", "不满意"))
    expect(page.locator("details.columns")).to_contain_text("来电人")
    page.get_by_role("button", name="确认保存").click()
    expect(page.get_by_text("已保存为第")).to_be_visible()
    send(page, address, FEBRUARY, exported("02", "满意", "不满意"))
    page.get_by_role("button", name="确认保存").click()
    expect(page.get_by_text("已保存为第")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_pages_of_columns_are_accessible_and_fit(
    watch: Callable[..., Watched], address: str, language: str
) -> None:
    watched = watch(DESKTOP, language)
    page = watched.page
    sign_in(page, address, "hotline")
    page.goto(address + files_of(JANUARY))
    page.locator("#chosen").set_input_files(
        {"name": "一月.csv", "mimeType": "text/csv", "buffer": exported("01", "满意", "凑合")}
    )
    page.locator("form.form button").click()
    check_at_all_widths(watched)
    for at, label in enumerate(CHOSEN):
        page.locator(f"#column-{at}").select_option("case" if at == 1 else label)
    page.locator("form.form button").click()
    expect(page.locator("#column-1-wrong")).to_be_visible()
    check_looks(page)
    page.locator("#column-1").select_option("unit")
    page.locator("form.form button").click()
    expect(page.locator("details.columns")).to_be_visible()
    check_looks(page)
    page.goto(address + files_of(FEBRUARY))
    page.locator("details summary").first.click()
    check_looks(page)
    page.goto(f"{address}/deliveries/{JANUARY}/web_poll/poll")
    check_looks(page)
