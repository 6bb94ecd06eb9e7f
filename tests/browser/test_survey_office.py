"""The office's pages of questionnaires and ballots: for everybody, without scripts, on phones too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from tests.ballot_period import ballot_period
from tests.browser.checks import DESKTOP, PHONE, check_at_all_widths, sign_in
from tests.browser.conftest import Watched, serving
from tests.integration.web.conftest import make_account

from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.documents.drafts import begin_draft
from pingyi_surveys.questionnaires.kind import QUESTIONNAIRES
from pingyi_surveys.questionnaires.questionnaire import ready_questionnaire
from pingyi_surveys.questionnaires.store import store_questionnaire

pytestmark = pytest.mark.long

ALL = "/office/documents/questionnaire"
EDITED, WRONG = f"{ALL}/overall-four-levels/1", f"{ALL}/conduct-four-levels/1"
PAGES = {
    "kinds": "/office/documents",
    "list": ALL,
    "edited": EDITED,
    "half-finished": WRONG,
    "text": f"{WRONG}/text",
    "what stands against an issue": f"{WRONG}/issue",
    "issue": f"{EDITED}/issue",
    "discard": f"{EDITED}/discard",
    "frozen": f"{ALL}/roster-three-levels/1",
    "withdraw": f"{ALL}/roster-three-levels/1/withdraw",
    "printed": f"{ALL}/roster-three-levels/1/print",
    "changes": f"{ALL}/roster-three-levels/2/changes",
    "draft": "/office/periods/p/ballots",
    "open": "/office/periods/q/ballots",
}
Watch = Callable[..., Watched]


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """A draft period and an open one that take ballots, and questionnaires in every state."""
    ballot_period(opened=False)
    ballot_period(key="q")
    with transaction() as connection:
        store_questionnaire(connection, SHELL, ready_questionnaire("overall-four-levels"))
        three = ready_questionnaire("roster-three-levels").replace("不满意", "不太满意")
        wrong = ready_questionnaire("conduct-four-levels").replace("scored", "scord")
        for key, toml in (("roster-three-levels", three), ("conduct-four-levels", wrong)):
            begin_draft(connection, SHELL, QUESTIONNAIRES, key, toml)
    make_account("admin", "administrator")
    with serving(app) as found:
        yield found


def signed_in(watch: Watch, address: str, **given: object) -> tuple[Watched, Page]:
    watched = watch(DESKTOP, **given)
    sign_in(watched.page, address, "admin")
    return watched, watched.page


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_pages_are_accessible_and_fit(watch: Watch, address: str, language: str) -> None:
    watched, page = signed_in(watch, address, language=language)
    for path in PAGES.values():
        page.goto(address + path)
        check_at_all_widths(watched)
    page.locator(".acts form button.main").click()
    check_at_all_widths(watched)


def test_questionnaire_is_made_and_rehearsed_on_a_phone_without_scripts(watch: Watch, address: str) -> None:
    watched, page = signed_in(watch, address, script=False)
    page.set_viewport_size({"width": PHONE, "height": 844})
    page.goto(address + ALL)
    page.get_by_role("button", name="从它开始 政风行风评议（五项内容，四级）").click()
    page.get_by_role("button", name="增加选项").click()
    added = page.get_by_role("group", name="选项 6")
    added.get_by_label("代号").fill("spare")
    page.locator(".save").get_by_role("button", name="保存草稿").click()
    expect(page.get_by_text("已保存。")).to_be_visible()
    page.get_by_role("link", name="选项 6", exact=False).first.click()
    added = page.get_by_role("group", name="选项 6")
    expect(added.get_by_label("代号")).to_have_value("spare")
    added.get_by_role("button", name="删除").click()
    page.locator(".save").get_by_role("button", name="保存草稿").click()
    expect(page.get_by_text("已保存。")).to_be_visible()
    page.get_by_role("link", name="预览和演练扫码票").first.click()
    expect(page.get_by_text("演练：不计票，什么也不保存")).to_be_visible()
    for choices in page.get_by_role("radiogroup").all():
        choices.get_by_role("radio").first.check(force=True)
    page.get_by_role("button", name="提交评议").click()
    expect(page.get_by_role("heading", name="演练结果")).to_be_visible()
    expect(page.get_by_text("只公布票数，不公布选项 1").first).to_be_visible()
    page.get_by_role("link", name="看回执页").click()
    expect(page.get_by_role("heading", name="已收到您的评议")).to_be_visible()
    assert [trouble for trouble in watched.troubles if "422" not in trouble] == []
