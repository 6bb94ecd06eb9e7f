"""Rating by a code in a browser without scripts, on a phone: from the scan to the receipt, on our server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from playwright.sync_api import Response as PageResponse
from tests.ballot_period import Ballots, ballot_period, close
from tests.browser.checks import PHONE, check_looks
from tests.browser.conftest import Watched, serving
from tests.integration.surveys.open_pages import add_visits, add_window, ballots, path_of, stored
from tests.waiting import wait_for

from pingyi.settings import Settings

Watch = Callable[..., Watched]
LIMIT = 25_000
SUBJECTS = ("依法行政", "政风建设", "廉洁从政", "政务公开", "系统建设")


@pytest.fixture
def made(app: Flask) -> Ballots:
    return ballot_period(["市公安局", "市政府信访局与政务公开办公室"])


@pytest.fixture
def address(app: Flask, made: Ballots) -> Iterator[str]:
    with serving(app) as found:
        yield found


def choose(page: Page, subject: str, option: str) -> None:
    page.get_by_role("radiogroup", name=subject).get_by_role("radio", name=option, exact=True).check()


def submit(page: Page) -> None:
    page.get_by_role("button", name="提交评议").click()


@pytest.mark.mission("002-19")
def test_scan_to_receipt_without_scripts(
    watch: Watch, address: str, made: Ballots, settings: Settings
) -> None:
    window = add_window(made, "出入境管理窗口")
    watched = watch(PHONE, script=False)
    page = watched.page
    page.goto(address + path_of(settings, made, "u1", window))
    expect(page.get_by_role("heading", name="市公安局")).to_be_visible()
    expect(page.get_by_text("出入境管理窗口")).to_be_visible()
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("还有 5 项没有选")
    choose(page, SUBJECTS[0], "不满意")
    page.locator("summary").click()
    page.locator("textarea").fill("窗口排队太久 <b>“慢”")
    submit(page)
    expect(page.get_by_role("alert")).to_contain_text("还有 4 项没有选")
    expect(page.locator("input[name=q0][value='3']")).to_be_checked()
    expect(page.locator("textarea")).to_have_value("窗口排队太久 <b>“慢”")
    for subject in SUBJECTS[1:]:
        choose(page, subject, "满意")
    submit(page)
    expect(page.get_by_role("heading", name="已收到您的评议")).to_be_visible()
    expect(page.locator(".code")).to_be_visible()
    expect(page.locator("svg.qr")).to_be_visible()
    (found,) = ballots(settings, made)
    assert (found.answers, found.comment) == ((3, 1, 1, 1, 1), "窗口排队太久 <b>“慢”")
    assert [trouble for trouble in watched.troubles if "422" not in trouble] == []


def test_english_and_a_language_chosen_stay_to_the_receipt(
    watch: Watch, address: str, made: Ballots, settings: Settings
) -> None:
    page = watch(PHONE, script=False).page
    page.goto(address + path_of(settings, made))
    choose(page, SUBJECTS[2], "基本满意")
    page.get_by_role("button", name="English").click()
    group = page.get_by_role("radiogroup", name="Clean government")
    expect(group.get_by_role("radio", checked=True)).to_have_value("2")
    for number in range(5):
        page.locator(f"input[name=q{number}][value='5']").check()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Your rating has been received")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.long
def test_kiosk_the_back_button_and_a_reload_count_once(
    watch: Watch, address: str, made: Ballots, settings: Settings
) -> None:
    kiosk = path_of(settings, made, "u2", add_window(made, "自助机", "u2", kiosk=True))
    watched = watch(PHONE, script=False)
    page = watched.page
    page.goto(address + kiosk)
    fill(page)
    code = page.locator(".code").inner_text()
    page.reload()
    expect(page.get_by_role("heading", name="这张评议票已经用过")).to_be_visible()
    expect(page.locator(".code")).to_have_text(code)
    page.get_by_role("link", name="换一个人评议").click()
    expect(page.locator("input:checked")).to_have_count(0)
    fill(page)
    expect(page.get_by_role("heading", name="已收到您的评议")).to_be_visible()
    page.go_back()
    expect(page.locator("input:checked")).to_have_count(0)
    assert page.context.cookies() == []
    assert stored() == 2
    assert watched.troubles == []


def fill(page: Page) -> None:
    for number in range(5):
        page.locator(f"input[name=q{number}][value='0']").check()
    submit(page)
    expect(page.locator(".code")).to_be_visible()


@pytest.mark.long
def test_visit_code_counts_once_and_a_phone_is_told_of_its_repetition(
    watch: Watch, address: str, made: Ballots, settings: Settings
) -> None:
    (code,) = add_visits("u2", 1)
    watched = watch(PHONE, script=False)
    page = watched.page
    page.goto(f"{address}/v/{code[:4]}-{code[4:8]}-{code[8:]}".lower())
    fill(page)
    page.goto(f"{address}/v/{code}")
    expect(page.get_by_role("heading", name="这张评议票已经用过")).to_be_visible()
    for expected in ("已收到您的评议", "已登记，待核查"):
        page.goto(address + path_of(settings, made))
        fill(page)
        expect(page.get_by_role("heading", name=expected)).to_be_visible()
    assert watched.troubles == []


@pytest.mark.long
@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_every_page_is_accessible_small_and_asks_nobody_else(
    watch: Watch, address: str, made: Ballots, settings: Settings, language: str
) -> None:
    watched = watch(PHONE, language)
    page = watched.page
    answered: list[PageResponse] = []
    page.on("response", lambda got: answered.append(got))  # noqa: PLW0108 - a method of a list takes no mark
    rated = address + path_of(settings, made, "u2")
    page.goto(rated, wait_until="load")
    loaded = [one for one in answered if not one.url.startswith("data:")]
    assert len(loaded) == 2
    assert sum(len(one.body()) for one in loaded) < LIMIT
    check_looks(page)
    page.locator("button.main").click()
    check_looks(page)
    for number in range(5):
        page.locator(f"input[name=q{number}][value='1']").check()
    page.locator("button.main").click()
    expect(page.locator(".code")).to_be_visible()
    check_looks(page)
    page.reload()
    check_looks(page)
    page.goto(address + "/s/gone")
    check_looks(page)
    close()
    wait_for(lambda: page.goto(rated).status == 423, "the page of a closed ballot")
    check_looks(page)
    assert [one for one in watched.troubles if not any(code in one for code in ("422", "404", "423"))] == []
