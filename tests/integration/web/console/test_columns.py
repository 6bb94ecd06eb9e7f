"""An operator says once what the columns of a file are, and it is remembered for the channel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.web.conftest import csrf
from tests.integration.web.hotline_desk import (
    CHOSEN,
    FEBRUARY,
    HEADINGS,
    JANUARY,
    exported,
    files_of,
    make_hotline,
)
from tests.integration.web.operator_desk import browser_of, make_person, send_file

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.uploads.preview import preview
from pingyi.services.uploads.uploads import shown


@pytest.fixture
def desk(app: Flask) -> Iterator[FlaskClient]:
    """A browser of the hotline's person."""
    make_hotline()
    yield browser_of(app, "hotline")


def choose(client: FlaskClient, sent: Any, typed: Sequence[str]) -> Any:
    """The answer to a choice of columns on the page that a file led to."""
    fields = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', sent.text))
    fields |= {f"column-{at}": label for at, label in enumerate(typed)}
    return client.post(sent.request.path, data=fields, follow_redirects=True)


def rows(statement: str) -> list[Any]:
    with transaction() as connection:
        return list(connection.execute(text(statement)).all())


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_headings_are_chosen_once_for_all_periods(desk: FlaskClient) -> None:
    sent = send_file(desk, files_of(JANUARY), exported("01", "满意", "不满意"))
    assert sent.request.path.endswith("/columns")
    assert "本渠道没有列“诉求流水”" in sent.text and "缺少列“编号”" in sent.text
    assert "如：SQ0101；SQ0102" in sent.text
    judged = choose(desk, sent, CHOSEN)
    assert judged.status_code == 200
    assert "尚未保存" in judged.text and "列的对应" in judged.text and "更改列的对应" in judged.text
    assert "来电人 不用 指定" in words(judged.text)
    path = judged.request.path
    stored = desk.post(f"{path}/confirmation", data={"csrf_token": csrf(desk, path)}, follow_redirects=True)
    assert "已保存为第" in stored.text
    later = send_file(desk, files_of(FEBRUARY), exported("02", "满意"))
    assert "尚未保存" in later.text and "更改列的对应" in later.text


def test_mapping_is_named_by_the_record_the_file_and_the_receipt(desk: FlaskClient) -> None:
    judged = choose(desk, send_file(desk, files_of(JANUARY), exported("01", "满意")), CHOSEN)
    path = judged.request.path
    desk.post(f"{path}/confirmation", data={"csrf_token": csrf(desk, path)}, follow_redirects=True)
    ((digest, made_by),) = rows("SELECT encode(digest, 'hex'), made_by FROM column_mapping")
    ((body,),) = rows("SELECT body FROM leaf WHERE kind = 'columns.mapped'")
    leaf = msgspec.json.decode(bytes(body))
    assert (leaf["sha256"], leaf["by"], leaf["channel"]) == (digest, made_by, "hotline")
    ((receipt,),) = rows("SELECT body FROM receipt JOIN upload ON upload.delivery_id = receipt.delivery_id")
    assert msgspec.json.decode(bytes(receipt))["columns"] == digest
    ((content, mapping, columns),) = rows("SELECT content, mapping_id, columns FROM upload")
    assert (content, mapping, len(columns["titles"])) == (None, 1, 8)
    assert not any(each["samples"] for each in columns["titles"])
    shown = desk.get(path).text
    assert digest[:12] in shown and "按 某人 于" in shown


def test_wrong_choices_are_told_at_their_fields_and_stay_as_typed(desk: FlaskClient) -> None:
    sent = send_file(desk, files_of(JANUARY), exported("01", "满意"))
    refused = choose(desk, sent, ["case", "unit", "", "closed_at", "closed_at", "-", "-", "colour"])
    assert refused.status_code == 422
    fields = re.findall(r'id="column-(\d)-wrong">([^<]+)<', refused.text)
    assert [int(at) for at, _ in fields] == [2, 4, 7]
    assert "列“受理登记时刻”已选为这一项" in fields[1][1]
    assert "必填的“受理时间”没有对应的列" in refused.text
    assert '<option value="case" selected>' in refused.text
    assert rows("SELECT count(*) FROM column_mapping") == [(0,)]


def test_choice_for_headings_that_are_no_longer_the_file_is_refused(desk: FlaskClient) -> None:
    sent = send_file(desk, files_of(JANUARY), exported("01", "满意"))
    fields = {"csrf_token": csrf(desk, sent.request.path), "titles": "8", "seen": "0" * 16}
    answer = desk.post(sent.request.path, data=fields)
    assert answer.status_code == 409
    assert "请重新打开此页" in answer.text
    assert rows("SELECT count(*) FROM column_mapping") == [(0,)]


def test_mapping_is_changed_and_forgotten(desk: FlaskClient) -> None:
    first = choose(desk, send_file(desk, files_of(JANUARY), exported("01", "满意")), CHOSEN)
    page = desk.get(f"{first.request.path}/columns")
    changed = choose(desk, page, [*CHOSEN[:4], "-", *CHOSEN[5:]])
    assert "实际办结日 不用 指定" in words(changed.text)
    assert rows("SELECT count(*) FROM column_mapping") == [(2,)]
    listed = desk.get(files_of(FEBRUARY)).text
    assert "记住的列的对应（8）" in listed
    token = csrf(desk, files_of(FEBRUARY))
    address = f"{files_of(FEBRUARY)}/columns/forgetting"
    gone = desk.post(address, data={"csrf_token": token}, follow_redirects=True)
    assert "记住的列的对应" not in gone.text
    assert len(rows("SELECT 1 FROM leaf WHERE kind = 'columns.mapped'")) == 3
    again = send_file(desk, files_of(FEBRUARY), exported("02", "满意"))
    assert again.request.path.endswith("/columns")


def test_known_heading_keeps_its_meaning_unless_another_is_chosen(desk: FlaskClient) -> None:
    head = "诉求流水,单位,受理时间,签收时间,办结时间"
    file = f"{head}\nS1,u1,2026-01-02,2026-01-03,2026-01-04\n".encode()
    sent = send_file(desk, files_of(JANUARY), file)
    assert '<option value="closed_at" selected>' in sent.text
    judged = choose(desk, sent, ["case", "unit", "accepted_at", "signed_at", "due_at"])
    ((columns,),) = rows("SELECT columns FROM column_mapping")
    assert {each["title"]: each["column"] for each in columns.values()} == {
        "诉求流水": "case",
        "办结时间": "due_at",
    }
    assert "办结时间 办理时限 指定" in words(judged.text)
    assert "签收时间 签收时间" in words(judged.text)


def test_remembered_columns_hold_for_the_api_which_asks_nobody(desk: FlaskClient) -> None:
    place = ChannelRef(period=JANUARY, channel="hotline", plugin="hotline")
    with pytest.raises(Problem) as refused:
        preview(SHELL, place, exported("01", "满意"))
    assert refused.value.code == "columns_invalid"
    choose(desk, send_file(desk, files_of(JANUARY), exported("01", "满意")), CHOSEN)
    upload = shown(SHELL, place, preview(SHELL, place, exported("01", "不满意")))
    assert (upload.state, upload.counts["new"]) == ("ready", 1)


def test_file_whose_columns_nobody_chose_is_not_confirmed(desk: FlaskClient) -> None:
    sent = send_file(desk, files_of(JANUARY), exported("01", "满意"))
    path = sent.request.path.removesuffix("/columns")
    refused = desk.post(f"{path}/confirmation", data={"csrf_token": csrf(desk, sent.request.path)})
    assert refused.status_code == 409
    assert "还没有说明文件的各列是什么" in refused.text
    assert "待选各列" in desk.get(files_of(JANUARY)).text
    assert rows("SELECT count(*) FROM entry") == [(0,)]


def test_columns_of_another_operator_are_out_of_reach(app: Flask, desk: FlaskClient) -> None:
    sent = send_file(desk, files_of(JANUARY), exported("01", "满意"))
    make_person("law", "法制办")
    other = browser_of(app, "law")
    assert other.get(sent.request.path).status_code == 403
    token = csrf(other, "/deliveries/2026-01/partner_score/law")
    form = {"csrf_token": token, "titles": "0", "seen": ""}
    assert other.post(sent.request.path, data=form).status_code == 403
    address = f"{files_of(JANUARY)}/columns/forgetting"
    assert other.post(address, data={"csrf_token": token}).status_code == 403


def test_columns_without_a_title_and_repeated_ones_are_chosen_too(desk: FlaskClient) -> None:
    file = "序号,序号,编号,单位,受理时间,受理时间\n1,1,S1,u1,2026-01-02,2026-01-03,备注\n".encode()
    sent = send_file(desk, files_of(JANUARY), file)
    assert "列“受理时间”出现了不止一次" in sent.text and "第7列（没有标题）" in sent.text
    judged = choose(desk, sent, ["-", "-", "case", "unit", "accepted_at", "closed_at", "-"])
    assert "尚未保存" in judged.text
    assert "办结时间 2026-01-03" in words(judged.text)


def test_choice_for_one_export_leaves_that_for_another(desk: FlaskClient) -> None:
    choose(desk, send_file(desk, files_of(JANUARY), exported("01", "满意")), CHOSEN)
    other = "单号甲,单位,受理时间\nX1,u1,2026-01-05\n".encode()
    choose(desk, send_file(desk, files_of(JANUARY), other), ["case", "unit", "accepted_at"])
    for file in (exported("01", "不满意"), other.replace(b"X1", b"X2")):
        assert "尚未保存" in send_file(desk, files_of(JANUARY), file).text
    assert HEADINGS.split(",")[0] in desk.get(files_of(JANUARY)).text


def test_words_across_are_chosen_too_and_shown_row_by_row(desk: FlaskClient) -> None:
    path = f"/deliveries/{JANUARY}/web_poll/poll"
    sent = send_file(desk, path, "单位,挺好的票,不好的票\nu1,12,0\nu2,7,\n".encode())
    assert '<optgroup label="横排的项">' in sent.text
    judged = choose(desk, sent, ["unit", "count@option=satisfied", "count@option=dissatisfied"])
    rows_of_page = re.findall(r'<th scope="row" class="number">(.*?)</tr>', judged.text, re.DOTALL)
    assert [words(row).split()[:4] for row in rows_of_page] == [
        ["2", "挺好的票", "新增", "市第1局"],
        ["2", "不好的票", "新增", "市第1局"],
        ["3", "挺好的票", "新增", "市第2局"],
    ]
    assert "选项 满意 票数 12" in words(rows_of_page[0]) and "票数 0" in words(rows_of_page[1])
    token = csrf(desk, judged.request.path)
    address = f"{judged.request.path}/confirmation"
    assert "已保存为第" in desk.post(address, data={"csrf_token": token}, follow_redirects=True).text
    assert "票数 0" in words(desk.get(judged.request.path).text)
    changed = "单位,挺好的票,不好的票,更正理由\nu1,12,3,重新点票\n".encode()
    again = words(send_file(desk, path, changed).text)
    assert "2 不好的票 更正" in again and "更正理由：重新点票" in again
