"""A deputy's 84 units on a phone without scripts: interrupted, resumed elsewhere, submitted, received."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from tests.ballot_period import Ballots, ballot_period
from tests.browser.checks import PHONE, WIDE_ENOUGH, check_looks, sign_in, violations
from tests.browser.conftest import Watched, serving
from tests.integration.surveys.rosters import NAMES, opened
from tests.integration.web.conftest import make_account

from pingyi.settings import Settings
from pingyi_surveys.ballot.card_codes import write_card

pytestmark = pytest.mark.long
Watch = Callable[..., Watched]
HEIGHT = 844


@pytest.fixture
def made(app: Flask) -> Ballots:
    return ballot_period(NAMES)


@pytest.fixture
def address(app: Flask, made: Ballots) -> Iterator[str]:
    """Where the application answers."""
    with serving(app) as found:
        yield found


def phone(watch: Watch, language: str = "zh-CN") -> Watched:
    watched = watch(PHONE, language, script=False)
    watched.page.set_viewport_size({"width": PHONE, "height": HEIGHT})
    return watched


def choose(page: Page, numbers: range) -> None:
    for number in numbers:
        page.locator(f'input[name="q{number}"][value="{number % 4}"]').check(force=True)


@pytest.mark.mission("002-30")
def test_84_units_are_rated_with_an_interruption_and_cast_as_chosen(
    watch: Watch, address: str, made: Ballots, settings: Settings
) -> None:
    link = f"{address}/c/{write_card(made.cards[0])}"
    first = phone(watch)
    first.page.goto(link)
    assert first.page.evaluate(WIDE_ENOUGH)
    choose(first.page, range(24))
    first.page.get_by_role("button", name="保存并到下一页").click()
    choose(first.page, range(24, 40))
    first.page.get_by_role("button", name="保存，稍后再填").click()
    expect(first.page.get_by_role("heading", level=1)).to_have_text("已保存，还没有提交")
    expect(first.page.get_by_text("已选 40 / 84 项")).to_be_visible()

    other = phone(watch, "en")
    other.page.goto(link)
    expect(other.page.get_by_text("Page 2 of 4")).to_be_visible()
    expect(other.page.locator('input[name="q39"][value="3"]')).to_be_checked()
    choose(other.page, range(40, 48))
    other.page.get_by_role("button", name="Save and go to the next page").click()
    other.page.get_by_role("button", name="Save and go to the next page").click()
    choose(other.page, range(72, 84))
    other.page.get_by_role("button", name="Submit").click()
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Not answered: 24")
    other.page.get_by_role("link", name="Back to page 3 (24 open)").click()
    choose(other.page, range(48, 72))
    other.page.get_by_role("button", name="中文").click()
    expect(other.page.locator('input[name="q71"][value="3"]')).to_be_checked()
    other.page.get_by_role("button", name="保存并到下一页").click()
    other.page.get_by_role("button", name="提交评议").click()
    expect(other.page.get_by_role("heading", level=1)).to_have_text("已收到您的评议")
    code = other.page.locator(".code").inner_text()

    first.page.goto(link)
    expect(first.page.get_by_role("heading", level=1)).to_have_text("这张评议票已经用过")
    assert first.page.locator(".code").inner_text() == code
    assert first.page.locator("input[type=radio]").count() == 0
    assert opened(made, settings)[0].answers == tuple(number % 4 for number in range(84))
    assert first.troubles == []
    assert other.troubles == []


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_every_page_of_the_ballot_is_accessible_at_all_widths(
    watch: Watch, address: str, made: Ballots, language: str
) -> None:
    watched = watch(PHONE, language)
    link = f"{address}/c/{write_card(made.cards[3])}"
    for query in ("", "?page=4", "?saved=1"):
        watched.page.goto(link + query)
        check_looks(watched.page)
    watched.page.goto(f"{link}?page=4")
    for _ in range(2):
        watched.page.locator("button.main").click()
        check_looks(watched.page)
    expect(watched.page.locator(".code")).to_be_visible()
    assert watched.troubles == []


def test_back_button_after_submitting_shows_the_receipt_and_no_choices(
    watch: Watch, address: str, made: Ballots
) -> None:
    watched = phone(watch)
    watched.page.goto(f"{address}/c/{write_card(made.cards[1])}?page=4")
    choose(watched.page, range(72, 84))
    watched.page.get_by_role("button", name="提交评议").click()
    watched.page.get_by_role("button", name="就这样提交").click()
    code = watched.page.locator(".code").inner_text()
    for _ in range(2):
        watched.page.go_back()
        assert watched.page.locator(".code").inner_text() == code
        assert watched.page.locator("input[type=radio]").count() == 0


def test_paper_is_keyed_with_the_keyboard_alone(
    app: Flask, watch: Watch, address: str, made: Ballots
) -> None:
    make_account("zhang.san", "reviewer")
    make_account("li.si", "approver")
    path = f"{address}/office/periods/p/ballots/deputies/paper"
    for login, words in (("zhang.san", "已保存"), ("li.si", "已入箱。")):
        watched = watch(1280)
        sign_in(watched.page, address, login)
        watched.page.goto(path)
        assert violations(watched.page) == []
        watched.page.keyboard.type(write_card(made.cards[2]))
        watched.page.keyboard.press("Enter")
        expect(watched.page.locator('input[name="q0"]')).to_be_focused()
        assert violations(watched.page) == []
        for number in range(84):
            watched.page.keyboard.type(str(number % 4 + 1))
            watched.page.keyboard.press("Tab")
        watched.page.keyboard.press("Enter")
        expect(watched.page.get_by_role("status")).to_contain_text(words)
        assert watched.troubles == []
