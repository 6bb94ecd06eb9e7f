"""Forms made of schemas in a real browser: looked at, and sent as it sends them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.checks import check_looks
from tests.unit.web.forms.contents import contents, loaded
from tests.unit.web.forms.page_of_form import html_of, outline_of, sent
from werkzeug.datastructures import MultiDict

import pingyi
from pingyi.channels import Text
from pingyi.domain.errors import FieldError
from pingyi.web.forms import filled_form, posted_form

pytestmark = pytest.mark.long
KNOWN = {name: (schema, rules, content) for name, schema, rules, content in contents()}
STYLES = (Path(pingyi.__file__).parent / "static/pingyi.css").read_text("utf-8")
SENT = "[...new FormData(document.forms[0]).entries()]"
WRONG = Text(zh="不对。", en="Wrong.")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


def show(page: Page, inner: str) -> None:
    page.set_content(
        f'<!doctype html><html lang="zh-Hans"><head><title>表单</title><style>{STYLES}</style></head>'
        f'<body><main class="wide"><h1>表单</h1><section class="card sheet">{inner}</section></main></body>'
        "</html>"
    )


@pytest.mark.parametrize("name", KNOWN)
def test_browser_sends_the_content_back(page: Page, name: str) -> None:
    schema, rules, content = KNOWN[name]
    form = filled_form(schema, content, rules)
    show(page, html_of(form))
    fields = MultiDict((name, value) for name, value in page.evaluate(SENT))
    assert fields == MultiDict(
        (name, value.replace("\r", "")) for name, value in sent(form).items(multi=True)
    )
    back, errors = posted_form(schema, fields, rules).content()
    assert errors == []
    assert loaded(schema, rules, back) == loaded(schema, rules, content)


@pytest.mark.parametrize(
    "name", ["schemesmaanshan-2017", "schemesdaye-2019", "conduct-five-levels", "deputies-38"]
)
def test_form_is_readable_at_every_width(page: Page, name: str) -> None:
    schema, rules, content = KNOWN[name]
    form = filled_form(schema, {**content, "别的": ["很长的内容" * 30]}, rules)
    pointers = (
        "",
        "/title",
        "/title/zh",
        "/channels/0",
        "/channels/0/settings",
        "/options/1/key",
        "/options",
    )
    errors = tuple(FieldError(code="x", message=WRONG, pointer=pointer) for pointer in pointers)
    for writes in (True, False):
        show(page, html_of(form, errors, writes=writes).replace("<form>", '<form class="editor">'))
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        check_looks(page)
    show(page, outline_of(form))
    check_looks(page)
