"""What every page must pass: accessible, nothing sideways, nothing asked of other hosts."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.browser.conftest import Watched
from tests.integration.web.conftest import PASSWORD

PHONE, NARROW, DESKTOP = 390, 320, 1280
WIDE_ENOUGH = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def check_at_all_widths(watched: Watched) -> None:
    """Accessible, nothing sticks out sideways, nothing asked of another host, nothing complained about."""
    check_looks(watched.page)
    assert watched.troubles == []


def check_looks(page: Page) -> None:
    """Accessible, and nothing sticks out sideways."""
    for width in (DESKTOP, PHONE, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDE_ENOUGH), f"something sticks out at {width}"
        if width != PHONE:
            assert violations(page) == [], width


SMALL = """least => [...document.querySelectorAll("body *")].filter(one =>
  [...one.childNodes].some(text => text.nodeType === 3 && text.data.trim())
  && one.checkVisibility() && !one.closest(".unseen, .skip, option, datalist")
  && parseFloat(getComputedStyle(one).fontSize) < least).map(one => one.outerHTML.slice(0, 120))"""


def small_text(page: Page) -> list[str]:
    """What is written below 14 pixels."""
    written: list[str] = page.evaluate(SMALL, 14)
    return written


def sign_in(page: Page, address: str, login: str) -> None:
    """Sign in by the form, in either language."""
    page.goto(f"{address}/sign-in")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button").click()
