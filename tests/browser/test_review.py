"""The reviewers' pages and the public numbers in a real browser: accessible, and without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from tests.ballot_period import OPEN
from tests.browser.checks import check_at_all_widths, sign_in
from tests.browser.conftest import serving
from tests.integration.surveys.pages.test_review import publish
from tests.integration.web.conftest import make_account
from tests.opened_box import opened_box

from pingyi.embedded.engines import Endpoints

pytestmark = pytest.mark.long
REVIEW = "/office/periods/p/review"
PAGES = (
    "/office/review",
    REVIEW,
    f"{REVIEW}/{OPEN}/u1/R4",
    f"/office/periods/p/ballots/{OPEN}/anomalies?unit=u1",
)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application answers, with a box opened and a reviewer."""
    opened_box()
    make_account("reviewer", "reviewer")
    with serving(app) as found:
        yield found


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_reviewing_is_accessible_at_every_width(watch, address: str, language: str) -> None:
    watched = watch(390, language, script=True)
    sign_in(watched.page, address, "reviewer")
    for path in PAGES:
        watched.page.goto(f"{address}{path}")
        for closed in watched.page.locator("details").all():
            closed.evaluate("part => part.open = true")
        check_at_all_widths(watched)


def test_a_verdict_needs_no_script(watch, address: str) -> None:
    watched = watch(390, script=False)
    page = watched.page
    sign_in(page, address, "reviewer")
    page.goto(f"{address}{REVIEW}")
    page.get_by_role("link", name="市公安局 R4").click()
    page.get_by_label("放行，计入").check()
    page.get_by_label("依据").fill("逐日核对，当天有大型服务活动")
    page.get_by_role("button", name="提交").click()
    assert "您已复核" in page.inner_text("main")
    assert watched.troubles == []


def test_the_public_numbers_are_accessible(watch, address: str, app: Flask, endpoints: Endpoints) -> None:
    publish(endpoints, app)
    watched = watch(390, "en")
    watched.page.goto(f"{address}/periods/p/ballots/{OPEN}")
    check_at_all_widths(watched)
