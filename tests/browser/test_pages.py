"""Pages as people meet them: phone and desktop, two languages, without scripts, for everybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tests.browser.checks import DESKTOP, PHONE, check_at_all_widths
from tests.browser.conftest import Watched
from tests.integration.web.conftest import PASSWORD

PUBLIC = {
    "board": "/",
    "unit": "/periods/p/units/u1",
    "unit with a gap": "/periods/p/units/u2",
    "periods": "/periods",
    "sign-in": "/sign-in",
}
Watch = Callable[..., Watched]


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("name", PUBLIC)
def test_page_is_accessible_fits_and_asks_nobody_else(
    watch: Watch, address: str, name: str, language: str
) -> None:
    watched = watch(DESKTOP, language)
    watched.page.goto(address + PUBLIC[name])
    check_at_all_widths(watched)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_results_need_no_script(watch: Watch, address: str, width: int) -> None:
    watched = watch(width, script=False)
    page = watched.page
    page.goto(address)
    expect(page.get_by_text("演示数据（随机生成），不代表任何单位的真实得分")).to_be_visible()
    expect(page.get_by_text("末位", exact=True)).to_be_visible()
    page.get_by_role("link", name="市第一局").click()
    expect(page.get_by_role("heading", name="市第一局")).to_be_visible()
    expect(page.get_by_text("违规通报")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("Points by channel")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename == "p-demonstration-results.xlsx"
    assert watched.troubles == []


def test_phone_rows_take_two_lines_and_keep_the_total_in_view(watch: Watch, address: str) -> None:
    page = watch(PHONE).page
    page.goto(address)
    row = page.locator("table.board tbody tr").nth(1)
    name, total, bar = (row.locator(part).bounding_box() for part in (".unit", ".total", ".bars svg"))
    assert name and total and bar
    assert abs(name["y"] - total["y"]) < 12 < bar["y"] - name["y"]
    assert total["x"] + total["width"] <= PHONE


def test_keyboard_reaches_the_board(watch: Watch, address: str) -> None:
    page = watch(DESKTOP).page
    page.goto(address)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="第 1 版结果")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="XLSX")).to_be_focused()


def test_print_is_a4_without_navigation(watch: Watch, address: str) -> None:
    page = watch(DESKTOP).page
    page.goto(address)
    page.emulate_media(media="print")
    expect(page.locator("header .bar")).to_be_hidden()
    expect(page.get_by_text("演示数据（随机生成），不代表任何单位的真实得分")).to_be_visible()
    paper = page.pdf(prefer_css_page_size=True)
    assert paper.startswith(b"%PDF") and b"/MediaBox [0 0 594.95" in paper.replace(b"595", b"594.95")


@pytest.mark.parametrize(
    ("login", "paths"),
    [
        ("admin", ["/office", "/office/periods/d", "/office/approvals", "/account"]),
        ("security", ["/accounts", "/keys"]),
    ],
)
def test_console_is_accessible_and_fits(watch: Watch, address: str, login: str, paths: list[str]) -> None:
    watched = watch(DESKTOP)
    page = watched.page
    page.goto(address + paths[0])
    page.get_by_label("登录名").fill(login)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    assert page.url == address + paths[0], "signing in leads on to the page that was asked for"
    for path in paths:
        page.goto(address + path)
        check_at_all_widths(watched)


def test_office_opens_a_period_without_script(watch: Watch, address: str) -> None:
    page = watch(DESKTOP, script=False).page
    page.goto(f"{address}/office/periods/d")
    page.get_by_label("登录名").fill("admin")
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("button", name="开放报送").click()
    expect(page.get_by_role("button", name="截止报送")).to_be_visible()
