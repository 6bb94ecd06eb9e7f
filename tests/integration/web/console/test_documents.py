"""Documents in the office: a kind that a package brings has every page, and nothing typed is lost."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.integration.services.documents.calendars import (
    BYLAWS,
    CALENDAR,
    WRONG,
    begun,
    bring_kinds,
    issued,
    leaves,
    lines_of_the_kind,
    now,
)
from tests.integration.web.conftest import SignIn, csrf
from tests.integration.web.console.drafting import Editor, begin, said
from tests.integration.web.site.test_boards import counted_queries

OFFICE, ALL = "/office/documents", "/office/documents/calendar"
ONE = f"{ALL}/days/1"
PAGES = ("", "/text", "/changes", "/print", "/file")


@pytest.fixture(autouse=True)
def kinds(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_kinds(app, monkeypatch)


@pytest.fixture
def admin(signed_in: SignIn) -> FlaskClient:
    return signed_in("administrator")


def test_kind_takes_its_schema_and_its_words() -> None:
    assert lines_of_the_kind() < 60


def test_kind_is_listed_begun_filled_in_issued_and_printed(admin: FlaskClient) -> None:
    assert "工作日历" in said(admin.get(OFFICE)) and "还没有。请新建一份草稿。" in said(admin.get(ALL))
    editor = begin(admin, "calendar", key="days")
    assert editor.address == ONE and "印发前须改 3 处" in said(admin.get(ONE))
    grown = editor.send(editor.form(), "add.holidays")
    assert grown.status_code == 200 and 'id="holidays.0.date"' in grown.text
    typed = {"title.zh": "2027 年", "title.en": "2027", "year": "2027", "holidays.0.date": "2027-01-01"}
    checked = editor.send(editor.form(grown), "check", **typed)
    assert "已检查，尚未保存" in said(checked) and "印发前须改 1 处" in said(checked)
    assert '<a href="#holidays.0.name">' in checked.text
    half = editor.send(editor.form(checked))
    assert half.status_code == 303 and "1 处须改" in said(admin.get(ALL))
    assert "还有 1 处须改，不能印发" in said(admin.get(f"{ONE}/issue"))
    assert editor.send(editor.form(), **{"holidays.0.name": "元旦"}).headers["Location"] == f"{ONE}?saved=1"
    assert editor.act("issue").status_code == 303
    assert "已印发" in said(admin.get(ALL)) and "草稿 0 份，已印发 1 份" in said(admin.get(OFFICE))
    shown = admin.get(ONE)
    assert "元旦" in shown.text and 'class="editor"' not in shown.text
    assert "2027-01-01" in said(admin.get(f"{ONE}/print"))
    assert admin.get(f"{ONE}/print?lang=en").text.count("Holidays") == 1
    file = admin.get(f"{ONE}/file")
    assert file.headers["Content-Disposition"] == 'attachment; filename="days-1.toml"'
    assert file.text == (
        'title = { zh = "2027 年", en = "2027" }\nyear = 2027\n'
        'holidays = [\n  { date = "2027-01-01", name = "元旦" },\n]\n'
    )


def test_issued_version_is_copied_changed_compared_and_withdrawn(admin: FlaskClient) -> None:
    issued()
    copied = begin(admin, "calendar", **{"from": "days", "of_version": "1", "key": "days"})
    assert copied.address == f"{ALL}/days/2"
    copied.send(copied.form(), **{"holidays.0.name": "新年"})
    changes = said(admin.get(f"{ALL}/days/2/changes"))
    assert re.search("与第 1 版相比.*节假日 1 · 名称 ：.*元旦.*新年", changes)
    assert "劳动节" not in changes
    assert "# a Friday" in admin.get(f"{ALL}/days/2/file").text
    first = Editor(admin, ONE)
    assert first.act("withdraw").status_code == 303
    assert "已停用" in said(admin.get(ALL)) and "现在不能这样处理" in said(admin.get(f"{ONE}/withdraw"))
    assert first.act("withdraw").status_code == 409
    assert copied.act("discard").headers["Location"] == ALL
    assert admin.get(f"{ALL}/days/2").status_code == 404


@pytest.mark.parametrize("what", ["issue", "discard"])
def test_act_is_done_only_when_its_key_was_typed_and_it_stands_as_shown(
    admin: FlaskClient, what: str
) -> None:
    stored = begun()
    editor = Editor(admin, ONE)
    refused = editor.act(what, typed="day")
    assert refused.status_code == 422 and 'aria-describedby="typed.wrong"' in refused.text
    for revision in ("2", "", "x", "-1"):
        assert editor.act(what, revision=revision).status_code == 409
    assert now(stored) == stored
    assert editor.act(what).status_code == 303


def test_two_editors_at_once_lose_nothing(admin: FlaskClient) -> None:
    begun()
    first, second = Editor(admin, ONE), Editor(admin, ONE)
    ours, theirs = first.form(), second.form()
    assert second.send(theirs, **{"holidays.1.name": "五一"}).status_code == 303
    refused = first.send(ours, **{"holidays.0.name": "新年", "title.zh": ""})
    assert refused.status_code == 409 and "别人保存过这份草稿" in said(refused)
    again = first.form(refused)
    assert (again["holidays.0.name"], again["holidays.1.name"], again["title.zh"]) == ("新年", "劳动节", "")
    differs = said(refused)
    assert re.search("名称 ：.*元旦.*新年", differs) and re.search("名称 ：.*五一.*劳动节", differs)
    assert "印发前须改 1 处" in differs
    assert "五一" in admin.get(f"{ONE}/file").text
    assert first.send(again).status_code == 303
    after = admin.get(f"{ONE}/file").text
    assert "新年" in after and "五一" not in after and "# a Friday" in after


def test_two_editors_of_the_text_lose_nothing(admin: FlaskClient) -> None:
    begun()
    editor = Editor(admin, ONE)
    ours, theirs = CALENDAR.replace("元旦", "新年"), CALENDAR.replace("劳动节", "五一")
    assert editor.send_text(theirs).status_code == 303
    refused = editor.send_text(ours)
    assert (
        refused.status_code == 409 and "新年" in refused.text and 'name="revision" value="2"' in refused.text
    )
    assert admin.get(f"{ONE}/file").text == theirs
    assert editor.send_text(ours, revision=2).status_code == 303
    assert admin.get(f"{ONE}/file").text == ours


def test_who_saves_what_was_issued_meanwhile_keeps_what_was_typed(admin: FlaskClient) -> None:
    begun()
    editor = Editor(admin, ONE)
    form = editor.form()
    editor.act("issue")
    refused = editor.send(form, **{"holidays.0.name": "我写了很久"})
    assert refused.status_code == 409 and "已印发，不能再改" in said(refused)
    assert "我写了很久" in refused.text
    text = Editor(admin, ONE).send_text(CALENDAR.replace("元旦", "我写了很久"))
    assert text.status_code == 409 and "我写了很久" in text.text
    assert admin.get(f"{ONE}/file").text == CALENDAR


def test_text_and_file_are_checked_and_saved_with_their_comments(admin: FlaskClient) -> None:
    begun(WRONG)
    editor = Editor(admin, ONE)
    text = said(admin.get(f"{ONE}/text"))
    assert "第 5 行 /holidays/0/name" in text and "第 9 行 /holidays/1/date" in text
    checked = editor.send_text(CALENDAR, "check")
    assert checked.status_code == 200 and "已检查，尚未保存" in said(checked)
    assert admin.get(f"{ONE}/file").text == WRONG
    torn = editor.send_text("title = [\n" + CALENDAR)
    assert torn.status_code == 422 and "第 3 行" in said(torn) and "title = [" in torn.text
    assert editor.send_text(CALENDAR.replace("\n", "\r\n")).status_code == 303
    assert admin.get(f"{ONE}/file").text == CALENDAR
    assert editor.send_file(WRONG.encode("gb18030"), revision=2).status_code == 303
    assert admin.get(f"{ONE}/file").text == WRONG
    for content in (b"", b"\x00\x01", b"title = ["):
        assert editor.send_file(content, revision=3).status_code == 422
    assert admin.get(f"{ONE}/file").text == WRONG


def test_longest_document_is_saved_in_every_way_and_a_longer_one_is_refused(
    admin: FlaskClient,
) -> None:
    begun()
    editor = Editor(admin, ONE)
    rows = '[[holidays]]\ndate = "2027-10-01"\nname = "国庆"\n'
    most = CALENDAR + f"# {'评' * (99_997 - len(CALENDAR) - len(rows))}\n" + rows
    assert editor.send_text(most).status_code == 303
    assert editor.send_file(most.encode(), revision=2).status_code == 303
    assert editor.send(editor.form(), **{"title.en": "2027"}).status_code == 303
    refused = editor.send_text(most + "#" * 40, revision=4)
    assert refused.status_code == 413 and "文件至多 100000 个字符" in said(refused)
    assert refused.text.count("评" * 1000) > 50


OLDER = """\
# Written when calendars had no years.
title = { zh = "旧日历", en = "Old" }
colour = "red" # of the cover
since = 1999-12-31
ratio = 0.5

[[holidays]]
date = "2027-01-01"
name = "元旦"
half = true
tags = ["a", { b = 1979-05-27T07:32:00Z }]

[printed]
at = 2026-12-01T08:00:00+08:00
for_ever = inf
"""


def test_draft_of_an_older_schema_is_shown_and_kept_through_saves(admin: FlaskClient) -> None:
    begun(OLDER)
    editor = Editor(admin, ONE)
    page = said(admin.get(ONE))
    for words in ("colour", "red", "1999-12-31", "0.5", "half", "printed"):
        assert words in page
    assert '<a href="#year">' in admin.get(ONE).text
    assert editor.send(editor.form(), **{"year": "2027", "holidays.0.name": "新年"}).status_code == 303
    wanted = OLDER.replace("元旦", "新年")
    after = admin.get(f"{ONE}/file").text
    assert [line for line in wanted.splitlines() if line not in after.splitlines()] == []
    assert [line for line in after.splitlines() if line not in wanted.splitlines()] == ["year = 2027"]
    assert editor.send(editor.form()).status_code == 303
    assert admin.get(f"{ONE}/file").text == after


def test_what_a_schema_no_longer_has_is_removed_where_that_is_asked(admin: FlaskClient) -> None:
    begun(OLDER)
    editor = Editor(admin, ONE)
    form = editor.form()
    drops = re.findall(r'type="checkbox" name="([^"]*~drop)"', admin.get(ONE).text)
    assert sorted(drops) == ["holidays.0~drop", "~drop"]
    assert editor.send(form, **dict.fromkeys(drops, "1"), year="2027").status_code == 303
    after = admin.get(f"{ONE}/file").text
    for word in ("colour", "since", "ratio", "half", "tags", "printed"):
        assert word not in after
    assert "印发前须改" not in said(admin.get(ONE))
    assert editor.act("issue").status_code == 303


@pytest.mark.parametrize(
    "toml",
    [
        "title = 2020-01-01\nyear = nan\nholidays = [1, [2]]\n",
        'title = "x"\nyear = "soon"\nholidays = { a = 1 }\n',
        "year = 07:30:00\n[[holidays]]\ndate = 2027-01-01\nname = []\n",
        '"" = 1\n"a.b" = { "~" = "<b>" }\nyear = 99999999999999999999\n',
    ],
)
def test_whatever_a_file_says_is_shown_and_kept(admin: FlaskClient, toml: str) -> None:
    begun(toml)
    for page in PAGES:
        assert admin.get(ONE + page).status_code == 200
    editor = Editor(admin, ONE)
    assert editor.send(editor.form()).status_code == 303
    after = admin.get(f"{ONE}/file").text
    assert [line for line in toml.splitlines() if line not in after.splitlines()] == []
    added = {line for line in after.splitlines() if line not in toml.splitlines()}
    assert added <= {"title = {}", "holidays = []", ""}


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"key": ""}, 422, "代号以英文字母开头"),
        ({"key": "一"}, 422, "代号以英文字母开头"),
        ({"key": "new", "from": "nothing"}, 422, "没有这份现成文件"),
        ({"key": "new", "from": "days", "of_version": "9"}, 404, "days"),
        ({"key": "new", "from": "file"}, 422, "请选择一个文件"),
    ],
)
def test_beginning_that_is_refused_says_why_and_stores_nothing(
    admin: FlaskClient, fields: dict[str, str], status: int, words: str
) -> None:
    answer = admin.post(ALL, data={"csrf_token": csrf(admin, ALL), **fields})
    assert (answer.status_code, words in said(answer)) == (status, True)
    assert "未保存任何内容" in said(answer) and f'value="{fields["key"]}"' in answer.text
    assert "还没有" in said(admin.get(ALL))


def test_kind_of_two_persons_is_asked_for_and_approved_by_another(
    admin: FlaskClient, signed_in: SignIn
) -> None:
    stored = begun(kind=BYLAWS)
    one = "/office/documents/bylaw/days/1"
    editor = Editor(admin, one)
    assert "由另一位审批人批准后印发" in said(admin.get(f"{one}/issue"))
    assert editor.act("issue", reason=" ").status_code == 422
    asked = editor.act("issue", reason="经会议研究")
    assert asked.status_code == 303 and now(stored, BYLAWS).state == "draft"
    approver = signed_in("approver")
    page = approver.get("/office/approvals").text
    assert f'<a href="{one}">印发章程“days”第 1 版' in page and "经会议研究" in page
    [act] = re.findall(r'action="/office/approvals/(\d+)/approve"', page)
    form = {"csrf_token": csrf(approver, "/office/approvals")}
    assert approver.post(f"/office/approvals/{act}/approve", data=form).status_code == 303
    assert now(stored, BYLAWS).state == "issued"
    [leaf] = leaves("document.issued")
    assert leaf["by"] != leaf["approved_by"] and leaf["act"] == int(act)


def test_own_request_for_an_issue_is_for_another(signed_in: SignIn) -> None:
    stored = begun(kind=BYLAWS)
    both = signed_in("administrator", "approver")
    Editor(both, "/office/documents/bylaw/days/1").act("issue", reason="经会议研究")
    assert "这项申请是您本人提出的" in both.get("/office/approvals").text
    form = {"csrf_token": csrf(both, "/office/approvals")}
    assert both.post("/office/approvals/1/approve", data=form).status_code == 403
    assert now(stored, BYLAWS).state == "draft"


@pytest.mark.parametrize("role", ["auditor", "approver"])
def test_readers_read_and_find_nothing_to_press(signed_in: SignIn, role: str) -> None:
    stored = begun()
    reader = signed_in(role)
    for page in (OFFICE, ALL, *(ONE + page for page in PAGES)):
        answer = reader.get(page)
        assert answer.status_code == 200
        assert "保存草稿" not in answer.text and "新建" not in answer.text and "印发…" not in answer.text
    form = {"csrf_token": csrf(reader, "/account"), "typed": "days", "revision": "1"}
    for page in (ALL, ONE, f"{ONE}/text", *(f"{ONE}/{act}" for act in ("issue", "withdraw", "discard"))):
        assert reader.post(page, data=form).status_code == 403
    assert now(stored) == stored


@pytest.mark.parametrize("role", ["operator", "reviewer", "card_issuer"])
def test_others_are_refused(signed_in: SignIn, role: str) -> None:
    begun()
    other = signed_in(role)
    for page in (ALL, *(ONE + page for page in PAGES), f"{ONE}/issue"):
        assert other.get(page).status_code == 403
    assert "工作日历" not in said(other.get(OFFICE))


def test_kinds_with_readers_of_their_own_are_apart(signed_in: SignIn) -> None:
    begun()
    begun(kind=BYLAWS)
    security = signed_in("security_administrator")
    assert "章程" in said(security.get(OFFICE)) and "工作日历" not in said(security.get(OFFICE))
    assert security.get(ALL).status_code == 403
    editor = Editor(security, "/office/documents/bylaw/days/1")
    assert editor.send(editor.form()).status_code == 303
    assert security.get(f"{editor.address}/issue").status_code == 403


def test_administrator_issues_bylaws_without_drafting_them(admin: FlaskClient) -> None:
    begun(kind=BYLAWS)
    page = admin.get("/office/documents/bylaw/days/1")
    assert "印发…" in page.text and 'class="editor"' not in page.text
    form = {"csrf_token": csrf(admin, ALL)}
    assert admin.post("/office/documents/bylaw/days/1", data=form).status_code == 403


@pytest.mark.parametrize("path", ["/office/documents/poem", f"{ALL}/other/1", f"{ALL}/days/7/text"])
def test_what_is_not_there_is_not_found(admin: FlaskClient, path: str) -> None:
    begun()
    assert admin.get(path).status_code == 404


def test_pages_take_as_many_queries_for_many_as_for_one(
    app: Flask, client: FlaskClient, office: dict[str, str]
) -> None:
    counts = []
    client.get(ALL, headers=office)
    for number in range(4):
        begun(CALENDAR + '[[holidays]]\ndate = "2027-10-01"\nname = "国庆"\n' * number)
        taken = []
        if not number:
            continue  # nothing to compare with yet
        for page in (OFFICE, ALL, *(ONE + page for page in PAGES)):
            with counted_queries(app) as queries:
                assert client.get(page, headers=office).status_code == 200
            taken.append(len(queries))
        counts.append(tuple(taken))
    assert len(set(counts)) == 1, counts
