"""The pages of operators and of the office about one channel: files, entries, evidence, plugins' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import expect
from tests.browser.checks import DESKTOP, NARROW, PHONE, check_at_all_widths, check_looks, sign_in
from tests.browser.conftest import Watched, serving
from tests.integration.web.operator_desk import CHANGES, OTHER, OWNER, PDF, PROOF, make_desk, make_person

pytestmark = pytest.mark.long

Watch = Callable[..., Watched]
AT = "d4/inspections/visits"
FILES = f"/deliveries/{AT}"
OPERATORS = [
    "/deliveries",
    FILES,
    f"{FILES}/uploads/1",
    f"{FILES}/uploads/1?verdict=corrected",
    f"{FILES}/uploads/2",
    f"/entries/{AT}",
    f"/evidence/{AT}",
    "/evidence/d4/monitoring_points/points",
    "/channels/",
    "/channels/hotline_show/d4/show/attendance",
    "/channels/monitoring_points/d4/points/coverage",
]
OFFICE = [
    "/office",
    "/office/periods/d4",
    "/office/plugins",
    "/channels/",
    "/channels/monitoring_points/d4/points/coverage",
    "/entries/d4/monitoring_points/points",
    f"/entries/{AT}",
    f"/evidence/{AT}",
]
EMPTY = [
    "/deliveries",
    "/deliveries/d4/partner_score/law",
    "/entries/d4/partner_score/law",
    "/evidence/d4/partner_score/law",
    "/channels/",
]


@pytest.fixture
def filled() -> bool:
    return True


@pytest.fixture
def address(app: Flask, filled: bool) -> Iterator[str]:
    """Where the application answers; with an operator's files, entries and evidence where `filled`."""
    make_desk(filled=filled)
    make_person("desk", OWNER)
    make_person("law", OTHER)
    make_person("auditor", "", "auditor")
    with serving(app) as found:
        yield found


@pytest.mark.parametrize("language", ["zh-CN", pytest.param("en-GB", marks=pytest.mark.long)])
@pytest.mark.parametrize(("login", "paths"), [("desk", OPERATORS), ("auditor", OFFICE)])
def test_pages_of_a_channel_are_accessible_and_fit(
    watch: Watch, address: str, login: str, paths: list[str], language: str
) -> None:
    watched = watch(DESKTOP, language)
    sign_in(watched.page, address, login)
    for path in paths:
        watched.page.goto(address + path)
        check_at_all_widths(watched)


@pytest.mark.parametrize("filled", [False])
def test_empty_pages_are_accessible_and_fit(watch: Watch, address: str) -> None:
    watched = watch(DESKTOP)
    sign_in(watched.page, address, "law")
    for path in EMPTY:
        watched.page.goto(address + path)
        check_at_all_widths(watched)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_operator_delivers_a_file_with_evidence_without_script(
    watch: Watch, address: str, width: int
) -> None:
    page = watch(width, script=False).page
    sign_in(page, address, "desk")
    page.get_by_role("link", name="暗访检查").click()
    page.locator("#chosen").set_input_files(
        {"name": "七月.csv", "mimeType": "text/csv", "buffer": CHANGES.encode()}
    )
    page.get_by_role("button", name="上传并预览").click()
    expect(page.locator("del")).to_have_text("已告知")
    expect(page.locator("ins")).to_have_text("已认定")
    with page.expect_download() as download:
        page.get_by_role("link", name=f"佐证 {PROOF[7:15]}").click()
    assert download.value.path().read_bytes() == PDF
    button = page.get_by_role("button", name="确认保存")
    box = button.bounding_box()
    assert box and box["x"] + box["width"] <= width
    button.click()
    expect(page.get_by_text("已保存为第")).to_be_visible()
    page.get_by_role("link", name="查看条目").click()
    expect(page.get_by_text("更正理由：局方已认可")).to_be_visible()


def test_evidence_is_added_and_its_reference_shown(watch: Watch, address: str) -> None:
    watched = watch(PHONE)
    page = watched.page
    sign_in(page, address, "desk")
    page.goto(f"{address}/evidence/{AT}")
    page.locator("#chosen").set_input_files(
        {"name": "记录.txt", "mimeType": "text/plain", "buffer": "现场记录".encode()}
    )
    page.get_by_role("button", name="上传").click()
    expect(page.locator(".token")).to_contain_text("sha256:")
    check_at_all_widths(watched)


def test_refused_files_are_accessible_and_fit(watch: Watch, address: str) -> None:
    page = watch(NARROW).page
    sign_in(page, address, "desk")
    bad = {"name": "坏.csv", "mimeType": "text/csv", "buffer": "单位,颜色\nA01,红\n".encode()}
    page.goto(address + FILES)
    page.locator("#chosen").set_input_files(bad)
    page.get_by_role("button", name="上传并预览").click()
    expect(page.get_by_role("alert")).to_contain_text("没有列“颜色”")
    check_looks(page)
    page.goto(f"{address}/evidence/{AT}")
    page.locator("#chosen").set_input_files({**bad, "buffer": b"MZ\x00"})
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("alert")).to_contain_text("只接受 PDF")
    check_looks(page)
