"""Entries and evidence on the pages: brought by the operator, read by the office, nobody else's business."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.integration.web.conftest import csrf
from tests.integration.web.operator_desk import (
    OTHER,
    OWNER,
    PDF,
    PROOF,
    VISITS,
    browser_of,
    make_desk,
    make_person,
    send_file,
)

from pingyi.db import transaction
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.evidence.evidence import keep_evidence
from pingyi.services.intake.deliveries import deliver
from pingyi.services.periods.periods import close_period

AT = "d4/inspections/visits"
FILES, ENTRIES, EVIDENCE = f"/deliveries/{AT}", f"/entries/{AT}", f"/evidence/{AT}"
DIGEST = PROOF.removeprefix("sha256:")


@pytest.fixture
def desk(app: Flask) -> Iterator[FlaskClient]:
    """A browser of the operator of shows, points and visits, with entries of each."""
    make_desk()
    make_person("desk", OWNER)
    yield browser_of(app, "desk")


@pytest.fixture
def bare(app: Flask) -> Iterator[FlaskClient]:
    """The same browser where nothing was brought yet."""
    make_desk(filled=False)
    make_person("desk", OWNER)
    yield browser_of(app, "desk")


def test_evidence_is_brought_referred_to_and_read_beside_its_entry(bare: FlaskClient) -> None:
    kept = send_file(bare, EVIDENCE, PDF, "照片.pdf").text
    assert PROOF in kept and "已收存" in kept and "尚无引用" in kept
    preview = send_file(
        bare, FILES, f"单位,编号,状态,依据\nA01,F1,confirmed,见 {PROOF} 第2页\n".encode()
    ).text
    assert f'href="{EVIDENCE}/{DIGEST}"' in preview and "第2页" in preview
    action = re.search(r'action="([^"]+/confirmation)"', preview)
    assert action
    assert "正在汇总" in bare.post(action[1], data={"csrf_token": csrf(bare)}, follow_redirects=True).text
    entries = bare.get(ENTRIES).text
    assert f'href="{EVIDENCE}/{DIGEST}"' in entries and "待汇总" in entries
    listed = bare.get(EVIDENCE).text
    assert f'href="{ENTRIES}?evidence={DIGEST}"' in listed and "1 条" in listed and "市第一局" in listed
    assert "第2页" in bare.get(f"{ENTRIES}?evidence={DIGEST}").text
    assert "没有符合条件的条目" in bare.get(f"{ENTRIES}?evidence={'0' * 64}").text
    answer = bare.get(f"{EVIDENCE}/{DIGEST}")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("role", "listed", "read"),
    [
        ("administrator", 200, 200),
        ("approver", 200, 200),
        ("auditor", 200, 200),
        ("reviewer", 403, 200),
        ("security_administrator", 403, 403),
        ("card_issuer", 403, 403),
    ],
)
def test_office_reads_and_changes_nothing(
    desk: FlaskClient, app: Flask, role: str, listed: int, read: int
) -> None:
    make_person("reader", "", role)
    reader = browser_of(app, "reader")
    assert [reader.get(path).status_code for path in (ENTRIES, EVIDENCE)] == [listed, listed]
    assert reader.get(f"{EVIDENCE}/{DIGEST}").status_code == read
    assert reader.get(FILES).status_code == 403
    assert reader.post(EVIDENCE, data={"csrf_token": csrf(reader, "/account")}).status_code == 403
    if listed == 200:
        assert 'type="file"' not in reader.get(EVIDENCE).text
        assert f'href="{ENTRIES}"' in reader.get("/office/periods/d4").text


def test_other_operator_and_the_public_get_nothing(desk: FlaskClient, app: Flask) -> None:
    make_person("law", OTHER)
    other = browser_of(app, "law")
    for path in (ENTRIES, EVIDENCE, f"{EVIDENCE}/{DIGEST}"):
        assert other.get(path).status_code == 403
        assert app.test_client().get(path).headers["Location"].startswith("/sign-in")
    assert send_file(other, "/evidence/d4/partner_score/law", PDF).status_code == 200
    token = {"csrf_token": csrf(other, "/account")}
    assert other.post(EVIDENCE, data=token).status_code in {403, 422}
    assert "还没有条目" not in other.post(EVIDENCE, data=token).text
    assert other.get("/evidence/d4/partner_score/visits").status_code == 404


def test_file_of_another_channel_is_not_found(desk: FlaskClient) -> None:
    assert desk.get(f"/evidence/d4/hotline_show/show/{DIGEST}").status_code == 404
    assert desk.get(f"{EVIDENCE}/{'0' * 64}").status_code == 404
    assert desk.get(f"{EVIDENCE}/nothing").status_code == 404
    assert desk.get("/entries/none/inspections/visits").status_code == 404


def test_refused_evidence_says_what_to_do(bare: FlaskClient) -> None:
    for content, status, words in (
        (b"MZ\x00\x01 a program", 415, "只接受 PDF"),
        (b"", 422, "文件是空的"),
        (b"%PDF-" + b" " * 10_485_760, 413, "文件超过"),
    ):
        answer = send_file(bare, EVIDENCE, content, "文件.pdf")
        assert (answer.status_code, words in answer.text) == (status, True), answer.text[-900:]
        assert 'type="file"' in answer.text and "未保存任何内容" in answer.text
    answer = bare.post(EVIDENCE, data={"csrf_token": csrf(bare, EVIDENCE)})
    assert answer.status_code == 422 and "请选择一个文件" in answer.text
    assert "还没有佐证文件" in bare.get(EVIDENCE).text
    assert "不收佐证文件" in bare.get("/evidence/d4/monitoring_points/points").text


def test_closed_period_takes_no_evidence_and_still_shows_it(desk: FlaskClient) -> None:
    with transaction() as connection:
        close_period(connection, SHELL, "d4")
    token = csrf(desk, "/account")
    page = desk.get(EVIDENCE).text
    assert "周期现在不接受报送" in page and 'type="file"' not in page and DIGEST in page
    assert "周期现在不接受报送" in desk.get(FILES).text
    form = {"csrf_token": token, "file": (BytesIO(PDF), "a.pdf")}
    assert desk.post(EVIDENCE, data=form).status_code == 423


def test_private_column_is_for_the_operator_only(desk: FlaskClient, app: Flask) -> None:
    make_person("auditor", "", "auditor")
    path = "/entries/d4/monitoring_points/points"
    own, read = desk.get(path).text, browser_of(app, "auditor").get(path).text
    assert ">E1<" in own and "只有报送单位能看到" not in own
    assert ">E1<" not in read and "只有报送单位能看到：监测点" in read and "2017-03" in read


def test_entries_are_filtered_by_unit_and_paged(desk: FlaskClient) -> None:
    rows = [{"unit": "A03", "finding": f"P{n}", "state": "recorded"} for n in range(60)]
    deliver(SHELL, ChannelRef(period="d4", channel="visits"), rows)
    first = desk.get(f"{ENTRIES}?unit=市第三局").text
    link = re.search(r'href="([^"]+below=[^"]+)"', first)
    assert link
    second = desk.get(link[1].replace("&amp;", "&")).text
    shown = [set(re.findall(r"<dd>(P[0-9]+|F3)</dd>", page)) for page in (first, second)]
    assert len(shown[0]) == 50 and not shown[0] & shown[1]
    assert shown[0] | shown[1] == {row["finding"] for row in rows} | {"F3"}
    assert "更早的条目" in first and "更早的条目" not in second
    unknown = desk.get(f"{ENTRIES}?unit=不存在的局")
    assert unknown.status_code == 422 and "没有单位“不存在的局”" in unknown.text
    assert desk.get(f"{ENTRIES}?below=x&evidence=y").status_code == 200


def test_evidence_files_are_paged(desk: FlaskClient) -> None:
    for n in range(52):
        keep_evidence(SHELL, VISITS, f"第{n}份记录".encode())
    first, second = desk.get(EVIDENCE).text, desk.get(f"{EVIDENCE}?page=1").text
    assert first.count('class="reference"') == 50 and second.count('class="reference"') == 3
    assert "没有更多文件" in desk.get(f"{EVIDENCE}?page=99999999").text
    for page in ("-1", "x", "9" * 40):
        assert desk.get(f"{EVIDENCE}?page={page}").text.count('class="reference"') == 50


def test_empty_channel_says_so(bare: FlaskClient) -> None:
    assert "还没有条目" in bare.get(ENTRIES).text
    assert "还没有上传过文件" in bare.get(FILES).text
    assert "未报送" in bare.get("/deliveries").text
    assert bare.get("/channels/hotline_show/d4/show/attendance").status_code == 200
    assert bare.get("/channels/monitoring_points/d4/points/coverage").status_code == 200
