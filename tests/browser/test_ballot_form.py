"""The ballot's pages in a browser without scripts, on a phone: chosen, sent wrong, put right, received."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
from flask import Flask, Response, request
from playwright.sync_api import Page, expect
from playwright.sync_api import Response as PageResponse
from tests.browser.checks import PHONE, check_looks, violations
from tests.browser.conftest import Watched, serving
from tests.unit.surveys.ballot_pages import (
    open_frame,
    open_sheet,
    roster_frame,
    roster_sheets,
)

from pingyi_surveys.ballot.opened_ballot import NO_ANSWER
from pingyi_surveys.casting.ballot_pages import BallotPage, Filled, asked_language, asked_step, read_form
from pingyi_surveys.casting.page_html import ReceiptPage, render_form, render_receipt, stylesheet

pytestmark = pytest.mark.long
Watch = Callable[..., Watched]
LIMIT = 25_000
DIGEST = hashlib.sha256(b"sealed").hexdigest()
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)


@dataclass
class Desk:
    """What the small application below has taken in."""

    ballots: list[Filled] = field(default_factory=list)
    saved: dict[int, Filled] = field(default_factory=dict)

    def so_far(self) -> int:
        return sum(answer != NO_ANSWER for filled in self.saved.values() for answer in filled.answers)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """An application with the ballot's pages alone: an open one, a roster's on four pages, their receipt."""
    app = Flask(__name__, static_folder=None)
    both = ("GET", "POST")
    app.add_url_rule("/ballot.css", "style", lambda: Response(stylesheet(), mimetype="text/css"))
    app.add_url_rule("/s/form", "form", lambda: open_page(desk), methods=both)
    app.add_url_rule("/s/card/<int:page>", "card", lambda page: card_page(desk, page), methods=both)

    @app.after_request
    def strict(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-store"
        return response

    with serving(app) as found:
        yield found


def reader_language() -> str:
    asked = asked_language(request.form)
    return asked or ("en" if request.accept_languages.best_match(["zh", "en"]) == "en" else "zh")


def open_page(desk: Desk) -> str:
    sheet, language = open_sheet(), reader_language()
    if request.method == "GET":
        return render_form(sheet, open_frame(), language)
    filled = read_form(request.form, sheet)
    if asked_language(request.form):
        return render_form(sheet, open_frame(), language, replace(filled, errors=()))
    if filled.errors:
        return render_form(sheet, open_frame(), language, filled)
    desk.ballots.append(filled)
    receipt = ReceiptPage(digest=DIGEST, look_up=f"https://pingyi.example/r/{DIGEST}", fresh="/s/form")
    return render_receipt(receipt, open_frame(), language)


def card_page(desk: Desk, page: int) -> str:
    sheets, language = roster_sheets(), reader_language()
    if request.method == "POST":
        desk.saved[page] = read_form(request.form, sheets[page - 1], draft=True)
        page += {"next": 1, "previous": -1}.get(asked_step(request.form), 0)
        if asked_step(request.form) == "submit" and not asked_language(request.form):
            desk.ballots.append(whole(desk, sheets))
            receipt = ReceiptPage(digest=DIGEST, look_up=f"https://pingyi.example/r/{DIGEST}")
            return render_receipt(receipt, roster_frame(page), language)
    frame = roster_frame(page, desk.so_far())
    return render_form(sheets[page - 1], frame, language, desk.saved.get(page))


def whole(desk: Desk, sheets: tuple[BallotPage, ...]) -> Filled:
    parts = [desk.saved[page].answers for page in range(1, len(sheets) + 1)]
    return Filled(answers=tuple(answer for part in parts for answer in part))


def choose(page: Page, question: str, words: str) -> None:
    """Tap an option as a person does: by its words, in the group that has the question's."""
    page.get_by_role("radiogroup", name=question).get_by_role("radio", name=words, exact=True).check()


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("path", ["/s/form", "/s/card/2"])
def test_form_is_accessible_fits_and_asks_nobody_else(
    watch: Watch, address: str, path: str, language: str
) -> None:
    watched = watch(PHONE, language)
    watched.page.goto(address + path)
    check_looks(watched.page)
    assert watched.troubles == []


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_form_with_errors_and_receipt_are_accessible(watch: Watch, address: str, language: str) -> None:
    watched = watch(PHONE, language)
    page = watched.page
    page.goto(address + "/s/form")
    page.locator("button.main").click()
    expect(page.get_by_role("alert")).to_be_focused()
    check_looks(page)
    for number in range(5):
        page.locator(f"input[name=q{number}][value='1']").check()
    page.locator("button.main").click()
    expect(page.locator(".code")).to_be_visible()
    page.locator("summary").click()
    check_looks(page)
    assert watched.troubles == []


def test_axe_sees_what_is_wrong(watch: Watch, address: str) -> None:
    """The control: without its legends and its labels' words the form does not pass."""
    page = watch(PHONE).page
    page.goto(address + "/s/form")
    page.evaluate(
        "document.querySelectorAll('.row span').forEach(e => e.remove());"
        "document.documentElement.removeAttribute('lang')"
    )
    assert {one.partition(":")[0] for one in violations(page)} >= {"label", "html-has-lang"}


def test_citizen_rates_without_scripts(watch: Watch, address: str, desk: Desk) -> None:
    watched = watch(PHONE, script=False)
    page = watched.page
    page.goto(address + "/s/form")
    expect(page.get_by_role("heading", name="市公安局")).to_be_visible()
    expect(page.get_by_text("出入境管理窗口")).to_be_visible()
    for subject, words in {
        "依法行政": "非常满意",
        "政风建设": "基本满意",
        "廉洁从政": "满意",
        "政务公开": "不了解",
        "系统建设": "非常不满意",
    }.items():
        choose(page, subject, words)
    page.get_by_text("想补充反映具体问题").click()
    page.locator("textarea").fill("窗口排队太久")
    page.get_by_role("button", name="提交评议").click()
    expect(page.get_by_role("heading", name="已收到您的评议")).to_be_visible()
    assert desk.ballots == [Filled(answers=(0, 2, 1, 5, 4), comment="窗口排队太久")]
    page.get_by_role("link", name="换一个人评议").click()
    expect(page.locator("input:checked")).to_have_count(0)
    assert watched.troubles == []


def test_back_button_shows_the_next_person_an_empty_form(watch: Watch, address: str) -> None:
    watched = watch(PHONE, script=False)
    page = watched.page
    page.goto(address + "/s/form")
    for number in range(5):
        page.locator(f"input[name=q{number}][value='0']").check()
    page.locator("summary").click()
    page.locator("textarea").fill("只给我看")
    page.get_by_role("button", name="提交评议").click()
    expect(page.locator(".code")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="提交评议")).to_be_visible()
    expect(page.locator("input:checked")).to_have_count(0)
    expect(page.locator("textarea")).to_have_value("")
    assert watched.troubles == []


def test_invalid_form_loses_nothing(watch: Watch, address: str, desk: Desk) -> None:
    watched = watch(PHONE, script=False)
    page = watched.page
    page.goto(address + "/s/form")
    choose(page, "依法行政", "不满意")
    choose(page, "政务公开", "不了解")
    typed = "\n第一行 <b>\n\n  第二行 “引号” & 😀\n"
    page.get_by_text("想补充反映具体问题").click()
    page.locator("textarea").fill(typed)
    page.get_by_role("button", name="提交评议").click()
    expect(page).to_have_title("有错误：市公安局 · 马鞍山市政风行风评议")
    expect(page.get_by_role("alert")).to_contain_text("还有 3 项没有选")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("radiogroup", name="政风建设")).to_have_accessible_description(
        "态度好、不推诿、不拖延、不走形式 请选择一项"
    )
    expect(page.locator("input[name=q0][value='3']")).to_be_checked()
    expect(page.locator("input[name=q3][value='5']")).to_be_checked()
    expect(page.locator("textarea")).to_be_visible()
    expect(page.locator("textarea")).to_have_value(typed)
    page.get_by_role("link", name="系统建设").click()
    expect(page.locator("#q4")).to_be_focused()
    expect(page.get_by_role("radiogroup", name="系统建设").locator("legend")).to_be_in_viewport()
    for subject in ("政风建设", "廉洁从政", "系统建设"):
        choose(page, subject, "满意")
    page.get_by_role("button", name="提交评议").click()
    expect(page.locator(".code")).to_be_visible()
    assert desk.ballots == [Filled(answers=(3, 1, 1, 5, 1), comment=typed)]
    assert watched.troubles == []


def test_changing_the_language_loses_nothing(watch: Watch, address: str, desk: Desk) -> None:
    watched = watch(PHONE, script=False)
    page = watched.page
    page.goto(address + "/s/form")
    choose(page, "廉洁从政", "基本满意")
    page.get_by_text("想补充反映具体问题").click()
    page.locator("textarea").fill("慢")
    page.get_by_role("button", name="English").click()
    expect(
        page.get_by_role("radiogroup", name="Clean government").get_by_role("radio", checked=True)
    ).to_have_value("2")
    expect(page.locator("textarea")).to_have_value("慢")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("radiogroup", name="廉洁从政").get_by_role("radio", checked=True)).to_have_value(
        "2"
    )
    assert desk.ballots == []
    assert watched.troubles == []


def test_english_reader_gets_english(watch: Watch, address: str, desk: Desk) -> None:
    page = watch(PHONE, "en-GB", script=False).page
    page.goto(address + "/s/form")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Not answered yet: 5")
    for subject in (
        "Lawful administration",
        "Conduct in office",
        "Clean government",
        "Open government",
        "Management of its system",
    ):
        choose(page, subject, "Don't know")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Your rating has been received")).to_be_visible()
    assert [ballot.answers for ballot in desk.ballots] == [(5, 5, 5, 5, 5)]


def test_enter_key_submits_and_keyboard_reaches_every_answer(watch: Watch, address: str, desk: Desk) -> None:
    page = watch(PHONE, script=False).page
    page.goto(address + "/s/form")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="English")).to_be_focused()
    for number in range(5):
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        expect(page.locator(f"input[name=q{number}][value='1']")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="已收到您的评议")).to_be_visible()
    assert [ballot.answers for ballot in desk.ballots] == [(1, 1, 1, 1, 1)]


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
@pytest.mark.parametrize("path", ["/s/form", "/s/card/2"])
@pytest.mark.parametrize("width", [PHONE, 320])
def test_targets_are_big_and_words_stay_inside(
    watch: Watch, address: str, width: int, path: str, language: str
) -> None:
    page = watch(width, language).page
    page.goto(address + path)
    small = page.evaluate(
        """[...document.querySelectorAll('.row input, button:not(.enter), summary')]
        .map(e => [e.getBoundingClientRect(), e.outerHTML])
        .filter(([box]) => box.height < 44 || box.width < 44).map(([, html]) => html)"""
    )
    spilt = page.evaluate(
        "[...document.querySelectorAll('.row span')].filter(e => e.scrollWidth > e.clientWidth)"
        ".map(e => e.innerText)"
    )
    assert (small, spilt) == ([], [])


@pytest.mark.parametrize("path", ["/s/form", "/s/card/2"])
def test_everything_that_a_scan_loads_is_small(watch: Watch, address: str, path: str) -> None:
    page = watch(PHONE).page
    answered: list[PageResponse] = []

    def keep(response: PageResponse) -> None:
        answered.append(response)

    page.on("response", keep)
    page.goto(address + path, wait_until="load")
    asked = [one for one in answered if not one.url.startswith("data:")]
    assert [one.url.removeprefix(address) for one in asked] == [path, "/ballot.css"]
    assert sum(len(one.body()) for one in asked) < LIMIT


def test_deputy_rates_84_units_with_an_interruption(watch: Watch, address: str, desk: Desk) -> None:
    first = watch(PHONE, script=False)
    page = first.page
    page.goto(address + "/s/card/1")
    for number in range(1, 25):
        choose(page, f"市第{number}局", "满意")
    page.get_by_role("button", name="保存并到下一页").click()
    choose(page, "市第25局", "不了解")
    page.get_by_role("button", name="保存，稍后再填").click()
    expect(page.get_by_text("已选 25 / 84 项")).to_be_visible()
    second = watch(PHONE, script=False)
    page = second.page
    page.goto(address + "/s/card/2")
    expect(page.get_by_role("radiogroup", name="市第25局").get_by_role("radio", checked=True)).to_have_value(
        "3"
    )
    for name in (*(f"市第{n}局" for n in range(26, 33)), *(f"市第{n}公司" for n in range(33, 49))):
        choose(page, name, "基本满意")
    page.get_by_role("button", name="保存并到下一页").click()
    page.get_by_role("button", name="上一页").click()
    expect(page.locator("input:checked")).to_have_count(24)
    page.get_by_role("button", name="保存并到下一页").click()
    page.get_by_role("button", name="保存并到下一页").click()
    choose(page, "市第84公司", "不满意")
    page.get_by_role("button", name="提交评议").click()
    expect(page.get_by_role("heading", name="已收到您的评议")).to_be_visible()
    expected = (*(0,) * 24, 3, *(1,) * 23, *(NO_ANSWER,) * 35, 2)
    assert [ballot.answers for ballot in desk.ballots] == [expected]
    assert first.troubles + second.troubles == []
