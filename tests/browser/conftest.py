"""A server with a published period, and a Chromium that reports whatever goes wrong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.integration.web.conftest import make_account, make_draft, make_published
from tests.left_out import leave_out
from tests.waiting import MOST_SECONDS
from werkzeug.serving import WSGIRequestHandler, make_server

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LACK = "browser tests did NOT run: no Chromium or Chrome found (make browser installs it)"


def found_browser() -> str | None:
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser these tests are left out, loudly; where everything is required they run and fail."""
    if not (found_browser() or os.environ.get("PINGYI_REQUIRE_ALL")):
        leave_out(config, items, lambda item: "tests/browser/" in item.path.as_posix(), LACK)


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug names it so
        pass


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application answers, with one published period of three units and one draft."""
    names = ["市第一局", "市政府信访局与政务公开办公室", "市第三局"]
    make_published(names)
    make_draft(names, key="d")
    make_account("admin", "administrator")
    make_account("security", "security_administrator")
    with serving(app) as found:
        yield found


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application on a free port; the address where it answers."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = found_browser()
    assert path, "no Chromium or Chrome was found; make browser installs it"
    expect.set_options(timeout=MOST_SECONDS * 1000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@dataclass
class Watched:
    """A page, and what it asked of other hosts or complained about."""

    page: Page
    troubles: list[str] = field(default_factory=list)


@pytest.fixture
def watch(browser: Browser, address: str) -> Iterator[object]:
    """Opens watched pages: `watch(width, language, script=False)`."""
    own = urlsplit(address).netloc
    contexts = []

    def start(width: int, language: str = "zh-CN", *, script: bool = True) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale=language, java_script_enabled=script
        )
        contexts.append(context)
        watched = Watched(context.new_page())
        page, troubles = watched.page, watched.troubles
        page.on("console", lambda said: said.type in {"error", "warning"} and troubles.append(said.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("response", lambda got: got.status >= 400 and troubles.append(f"{got.status} {got.url}"))
        page.on(
            "request",
            lambda asked: (
                not asked.url.startswith("data:")
                and urlsplit(asked.url).netloc != own
                and troubles.append(asked.url)
            ),
        )
        return watched

    yield start
    for context in contexts:
        context.close()
