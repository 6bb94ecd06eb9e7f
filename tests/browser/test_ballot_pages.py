"""Codes, receipts and the page on secrecy, as the office and citizens meet them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import expect
from tests.ballot_period import OPEN, ballot_period, close
from tests.browser.checks import DESKTOP, PHONE, check_at_all_widths, check_looks, sign_in
from tests.browser.conftest import Watched, serving
from tests.cast_ballots import boxes, cast_all, open_ballots, roster_ballots, seal_record
from tests.configured import configured
from tests.integration.web.conftest import make_account

from pingyi.db import transaction
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi_surveys.casting.page_html import short_code
from pingyi_surveys.counting.open_boxes import open_by_itself
from pingyi_surveys.setup.service_windows import put_windows, read_lines

pytestmark = pytest.mark.long

Watch = Callable[..., Watched]
CODES = f"/office/periods/p/ballots/{OPEN}/codes"


class Place:
    """Where the application answers, and receipts of ballots in the record and not yet in it."""

    def __init__(self, sealed: str, waiting: str) -> None:
        self.address, self.sealed, self.waiting = "", short_code(sealed), short_code(waiting)


@pytest.fixture
def cast(app: Flask) -> Place:
    """An open period with windows, ballots in both boxes, and an administrator."""
    made, draw = ballot_period(), random.Random(4)
    make_account("admin", "administrator")
    with transaction() as connection:
        lines = read_lines("u1,三楼 3 号综合窗口\nu1,大厅自助评价机,是\nu3,收费窗口")
        put_windows(connection, SHELL, bound_channel(connection, ChannelRef(period="p", channel=OPEN)), lines)
    open_box, roster = boxes(made.open_id, made.roster_id)
    receipts = cast_all(open_box, open_ballots(open_box, 40, draw))
    cast_all(open_box, open_ballots(open_box, 15, draw, unit="u1", device=b"7" * 16, stratum="window"))
    cast_all(roster, roster_ballots(roster, made.cards[:15], draw))
    seal_record()
    return Place(receipts[0].hex(), cast_all(open_box, open_ballots(open_box, 1, draw))[0].hex())


@pytest.fixture
def address(app: Flask, cast: Place) -> Iterator[str]:
    """In the place of the ordinary server: one that takes ballots."""
    with configured(app, private_addresses="allowed"), serving(app) as found:
        cast.address = found
        yield found


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_public_pages_are_accessible_fit_and_ask_nobody_else(
    watch: Watch, address: str, cast: Place, language: str
) -> None:
    for path in ("/r", f"/r/{cast.sealed}", f"/r/{cast.waiting}", "/about-ballots", "/periods/p/ballots"):
        watched = watch(DESKTOP, language)
        watched.page.goto(address + path)
        for closed in watched.page.locator("main details").all():
            closed.locator("summary").click()
        check_at_all_widths(watched)


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_an_opened_period_and_wrong_receipts_are_accessible_and_fit(
    watch: Watch, address: str, language: str
) -> None:
    close()
    seal_record()
    open_by_itself(1)
    watched = watch(DESKTOP, language)
    watched.page.goto(f"{address}/periods/p/ballots")
    check_at_all_widths(watched)
    for path in ("/r?code=what", "/r/0000-0000-00"):
        page = watch(DESKTOP, language).page
        page.goto(address + path)
        expect(page.get_by_role("alert")).to_be_visible()
        check_looks(page)


def test_a_receipt_is_looked_up_on_a_phone_without_script(watch: Watch, address: str, cast: Place) -> None:
    watched = watch(PHONE, script=False)
    page = watched.page
    page.goto(f"{address}/periods")
    page.get_by_role("link", name="查询回执").click()
    page.get_by_label("回执码").fill(cast.sealed.lower().replace("-", " "))
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_text("在记录中：第 1 期记录的第")).to_be_visible()
    page.get_by_role("link", name="核对这个树头").click()
    expect(page.get_by_text("这个树头是本记录于")).to_be_visible()
    assert watched.troubles == []


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_office_adds_a_window_and_prints_its_sheet(watch: Watch, address: str, language: str) -> None:
    watched = watch(DESKTOP, language)
    page = watched.page
    sign_in(page, address, "admin")
    page.goto(address + CODES)
    check_at_all_widths(watched)
    page.locator("textarea").fill("u2,新窗口\n")
    page.locator("main form button.main").click()
    expect(page.locator("tbody").get_by_text("新窗口", exact=True)).to_be_visible()
    page.locator("textarea").fill("u9,没有\n")
    page.locator("main form button.main").click()
    expect(page.locator("textarea")).to_have_value("u9,没有")
    check_looks(page)
    with page.expect_download() as download:
        page.locator('a[href$=".zip"]').click()
    assert download.value.suggested_filename == "p-mobile_qr-codes.zip"


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_page_of_codes_says_why_none_is_printed(
    watch: Watch, app: Flask, address: str, language: str
) -> None:
    watched = watch(DESKTOP, language)
    sign_in(watched.page, address, "admin")
    with configured(app, private_addresses=""):
        watched.page.goto(address + CODES)
        expect(watched.page.get_by_role("alert")).to_contain_text("PINGYI_PUBLIC_ADDRESS")
        check_at_all_widths(watched)


def test_a_sheet_fills_one_a4_page(watch: Watch, address: str) -> None:
    watched = watch(DESKTOP)
    page = watched.page
    sign_in(page, address, "admin")
    page.goto(address + CODES)
    page.locator('a[href$=".html"]').nth(1).click()
    expect(page.get_by_text("三楼 3 号综合窗口")).to_be_visible()
    check_at_all_widths(watched)
    paper = page.pdf(prefer_css_page_size=True)
    assert paper.count(b"/Type /Page\n") == 1
