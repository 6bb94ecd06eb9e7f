"""Two people at two browsers, and what the public sees of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Watched
from tests.browser.test_pages import DESKTOP, PHONE, check_at_all_widths
from tests.integration.web.conftest import PASSWORD, make_account
from tests.integration.web.site.test_revisions import correct

pytestmark = pytest.mark.long


Watch = Callable[..., Watched]


def sign_in(page: Page, address: str, login: str) -> None:
    page.goto(f"{address}/office/periods/p")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def test_two_people_publish_a_corrected_result_without_script(watch: Watch, address: str) -> None:
    make_account("approver", "approver")
    correct(publish=False)
    first = watch(DESKTOP, script=False).page
    sign_in(first, address, "admin")
    first.get_by_label("公布第 2 版结果的理由").fill("会议审定")
    first.get_by_role("button", name="申请公布第 2 版").click()
    expect(first.get_by_text("这项申请是您本人提出的")).to_be_visible()
    second = watch(PHONE, script=False).page
    sign_in(second, address, "approver")
    expect(second.get_by_text("理由：会议审定")).to_be_visible()
    second.get_by_role("button", name="批准").click()
    expect(second.get_by_role("heading", name="待第二人审批")).to_be_hidden()
    public = watch(PHONE, script=False).page
    public.goto(address)
    public.get_by_role("link", name="第 2 版结果").click()
    public.get_by_role("link", name="第 1 版到第 2 版的变化").click()
    expect(public.locator("del").filter(has_text="40.00")).to_be_visible()


def test_pages_of_acts_and_revisions_are_accessible_and_fit(watch: Watch, address: str) -> None:
    make_account("approver", "approver")
    correct()
    public = watch(DESKTOP)
    for path in ("revisions", "revisions/1/2", "categories/departments?revision=1"):
        public.page.goto(f"{address}/periods/p/{path}")
        check_at_all_widths(public)
    office = watch(DESKTOP)
    sign_in(office.page, address, "admin")
    office.page.get_by_text("申请重新开放报送").click()
    office.page.get_by_label("开放至").fill("2099-01-20T18:00")
    office.page.locator("#reopen-reason").fill("市信访局漏报一批数据")
    check_at_all_widths(office)
    office.page.locator("#reopen-reason").press("Enter")
    expect(office.page.get_by_text("重新开放报送，至 2099-01-20 18:00")).to_be_visible()
    approver = watch(DESKTOP)
    sign_in(approver.page, address, "approver")
    approver.page.get_by_text("驳回").first.click()
    check_at_all_widths(approver)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_refused_form_comes_back_with_what_was_typed_and_what_is_wrong(
    watch: Watch, address: str, width: int
) -> None:
    office = watch(width)
    page = office.page
    sign_in(page, address, "admin")
    page.goto(f"{address}/office/periods/d")
    page.get_by_text("申请加减分").click()
    page.get_by_label("单位").select_option("u2")
    page.get_by_label("种类").select_option("deduction")
    page.get_by_label("分值").fill("10001")
    page.get_by_label("依据文号").fill("纪〔2017〕3号")
    page.locator("#reason").fill("通报批评")
    page.locator("#reason").press("Enter")
    expect(page.locator('[id="points.wrong"]')).to_have_text("必须大于0，不超过10000。")
    expect(page.locator("#unit")).to_have_value("u2")
    expect(page.locator("#document")).to_have_value("纪〔2017〕3号")
    expect(page.locator("#reason")).to_have_value("通报批评")
    office.troubles.clear()  # the 422 itself
    check_at_all_widths(office)
    page.get_by_label("分值").fill("0.5")
    page.locator("#reason").press("Enter")
    expect(page.get_by_text("这项申请是您本人提出的")).to_be_visible()
