"""Questionnaires as documents: nothing is lost on an error, frozen once in use, tried beforehand."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.ballot_period import OPEN, ballot_period
from tests.conftest import bearer
from tests.integration.web.conftest import SignIn, csrf, signed_in
from tests.integration.web.console.drafting import Editor, begin, said
from tests.integration.web.site.test_boards import counted_queries, words
from werkzeug.test import TestResponse

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.callers import SHELL
from pingyi.services.documents.documents import DocumentLine, list_documents
from pingyi.services.documents.issue import issue_document, withdraw_document
from pingyi.services.periods.periods import find_period
from pingyi_surveys.questionnaires.kind import QUESTIONNAIRES, find_questionnaire
from pingyi_surveys.questionnaires.questionnaire import (
    parse_questionnaire,
    ready_questionnaire,
    ready_questionnaires,
)
from pingyi_surveys.questionnaires.store import store_questionnaire
from pingyi_surveys.setup.boxes import put_box

__all__ = ["signed_in"]  # a fixture

OLD, ALL = "/office/questionnaires", "/office/documents/questionnaire"
FIVE, THREE = "conduct-five-levels", "roster-three-levels"
Headers = dict[str, str]


@pytest.fixture
def admin(signed_in: SignIn) -> FlaskClient:
    return signed_in("administrator")


def stored(document: str) -> str:
    """Store a document; the address of its ballot's preview and rehearsal."""
    with transaction() as connection:
        kept = store_questionnaire(connection, SHELL, document)
    return f"{OLD}/{kept.key}/{kept.version}"


def all_stored() -> list[DocumentLine]:
    with transaction() as connection:
        return list(list_documents(connection, QUESTIONNAIRES))


def toml_of_version(key: str, version: int = 1) -> str:
    with transaction() as connection:
        return find_questionnaire(connection, key, version).toml


def leaves(kind: str) -> list[str]:
    with transaction() as connection:
        found = connection.execute(text("SELECT body FROM leaf WHERE kind = :kind"), {"kind": kind}).scalars()
        return [bytes(body).decode() for body in found]


def send_file(client: FlaskClient, content: bytes) -> TestResponse:
    file = (io.BytesIO(content), "q.toml")
    return client.post(ALL, data={"csrf_token": csrf(client, ALL), "from": "file", "file": file})


def test_empty_list_says_how_to_begin_and_offers_every_ready_made_one(admin: FlaskClient) -> None:
    page = admin.get(ALL)
    assert "还没有" in said(page)
    for key in ready_questionnaires():
        assert f'name="from" value="{key}"' in page.text
    assert "Start from it" in admin.get(f"{ALL}?lang=en").text


@pytest.mark.parametrize("key", ready_questionnaires())
def test_ready_made_form_is_saved_as_the_same_questionnaire(admin: FlaskClient, key: str) -> None:
    editor = begin(admin, "questionnaire", **{"from": key})
    assert editor.address == f"{ALL}/{key}/1"
    assert editor.send(editor.form()).headers["Location"] == f"{editor.address}?saved=1"
    assert "已保存" in said(admin.get(f"{editor.address}?saved=1"))
    with transaction() as connection:
        kept = find_questionnaire(connection, key, 1)
    assert (kept.toml, kept.errors) == (ready_questionnaire(key), 0)
    assert kept.sha256 == parse_questionnaire(ready_questionnaire(key)).digest()


def test_form_with_errors_keeps_everything_and_names_each_at_its_field(admin: FlaskClient) -> None:
    editor = begin(admin, "questionnaire", **{"from": THREE})
    wrong = {"options.1.title.en": "", "options.2.key": "withheld", "title.zh": "我的<问卷>"}
    checked = editor.send(editor.form(), "check", **wrong)
    for name in ("options.1.title.en", "options.2.key"):
        assert f'<a href="#{name}">' in checked.text
        assert re.search(rf'id="{name}(~|\.)wrong"', checked.text)
    assert 'value="我的&lt;问卷&gt;"' in checked.text and 'value="withheld"' in checked.text
    assert toml_of_version(THREE) == ready_questionnaire(THREE)
    assert editor.send(editor.form(checked)).status_code == 303
    again = editor.form()
    assert {name: again[name] for name in wrong} == wrong
    assert [one.errors for one in all_stored()] == [2]
    assert "还有 2 处须改，不能印发" in said(admin.get(f"{editor.address}/issue"))


@pytest.mark.parametrize(
    ("asked", "name", "count"),
    [
        ("add.options", "options", 5),
        ("remove.options.1", "options", 3),
        ("add.wordings", "wordings", 2),
        ("add.dimensions", "dimensions", 2),
        ("remove.options.99", "options", 4),
        ("remove.options.²", "options", 4),
    ],
)
def test_button_changes_rows_and_stores_nothing(
    admin: FlaskClient, asked: str, name: str, count: int
) -> None:
    editor = begin(admin, "questionnaire", **{"from": THREE})
    page = editor.send(editor.form(), asked)
    assert page.status_code == 200
    assert len(re.findall(rf'name="{name}\.\d+\.key"', page.text)) == count
    assert toml_of_version(THREE) == ready_questionnaire(THREE)


def test_wording_that_is_renamed_or_missing_is_named_in_every_dimension(admin: FlaskClient) -> None:
    editor = begin(admin, "questionnaire", **{"from": FIVE})
    checked = editor.send(editor.form(), "check", **{"wordings.1.key": "others"})
    assert "印发前须改 10 处" in said(checked)


def test_new_draft_of_a_key_is_its_next_version(admin: FlaskClient) -> None:
    stored(ready_questionnaire(THREE))
    editor = begin(admin, "questionnaire", **{"from": THREE})
    assert editor.address == f"{ALL}/{THREE}/2"
    assert toml_of_version(THREE, 2) == ready_questionnaire(THREE).replace("version = 1", "version = 2")
    assert toml_of_version(THREE) == ready_questionnaire(THREE)


def test_edit_stores_under_its_own_key_and_version_whatever_is_sent(admin: FlaskClient) -> None:
    stored(ready_questionnaire(THREE))
    editor = Editor(admin, f"{ALL}/{THREE}/1")
    sent = editor.send(editor.form(), key="other", version="7", **{"title.zh": "改过的"})
    assert sent.status_code == 303
    [kept] = all_stored()
    assert (kept.key, kept.version, kept.title_zh) == (THREE, 1, "改过的")
    other = ready_questionnaire(THREE).replace("version = 1", "version = 7").replace(THREE, "other")
    assert editor.send_text(other, revision=2).status_code == 303
    assert "这里应为“1”" in said(admin.get(f"{editor.address}/text"))
    assert [(one.key, one.version, one.errors) for one in all_stored()] == [(THREE, 1, 2)]


def test_frozen_version_is_read_only_and_is_copied_as_a_new_one(admin: FlaskClient) -> None:
    ballot_period()
    editor = Editor(admin, f"{ALL}/{FIVE}/1")
    page = admin.get(editor.address).text
    assert 'class="editor"' not in page and "已印发" in page
    copied = begin(admin, "questionnaire", **{"from": FIVE, "of_version": "1", "key": FIVE})
    form = copied.form()
    refused = editor.send(form, **{"title.zh": "换个标题"})
    assert refused.status_code == 409 and "已印发，不能再改" in said(refused)
    assert copied.send(form, **{"title.zh": "换个标题"}).status_code == 303
    assert toml_of_version(FIVE) == ready_questionnaire(FIVE)
    assert "换个标题" in toml_of_version(FIVE, 2)
    assert re.search("标题.*换个标题", said(admin.get(f"{copied.address}/changes")))


def test_export_is_the_document_and_imports_as_its_next_version(admin: FlaskClient) -> None:
    stored(ready_questionnaire(FIVE))
    file = admin.get(f"{ALL}/{FIVE}/1/file")
    assert file.headers["Content-Disposition"] == f'attachment; filename="{FIVE}-1.toml"'
    assert file.text == ready_questionnaire(FIVE)
    assert send_file(admin, file.data).headers["Location"] == f"{ALL}/{FIVE}/2"
    assert toml_of_version(FIVE, 2) == ready_questionnaire(FIVE).replace("version = 1", "version = 2")


def test_file_without_a_version_keeps_its_comments(admin: FlaskClient) -> None:
    document = ready_questionnaire(THREE)
    assert send_file(admin, document.replace("version = 1\n", "").encode()).status_code == 303
    assert sorted(toml_of_version(THREE).splitlines()) == sorted(document.splitlines())


def test_file_that_is_no_toml_is_refused_with_its_line(admin: FlaskClient) -> None:
    document = ready_questionnaire(THREE)
    torn = document.replace("[[options]]", "[[options]", 1)
    line = torn[: torn.index("[[options]\n")].count("\n") + 1
    page = send_file(admin, torn.encode())
    assert page.status_code == 422 and f"第 {line} 行" in said(page)
    assert all_stored() == []


def test_wrong_file_becomes_a_draft_with_the_line_of_every_error(admin: FlaskClient) -> None:
    wrong = ready_questionnaire(THREE).replace('key = "no_opinion"', 'key = "withheld"')
    wrong = wrong.replace("scored = false", "scord = false")
    address = send_file(admin, wrong.encode()).headers["Location"]
    page = said(admin.get(f"{address}/text"))
    for words_ in ('key = "withheld"', "scord = false"):
        assert f"第 {wrong[: wrong.index(words_)].count(chr(10)) + 1} 行" in page
    told = [int(line) for line in re.findall(r"第 (\d+) 行 /", page)]
    assert told == sorted(told) and len(told) >= 2
    assert toml_of_version(THREE) == wrong
    assert leaves("questionnaire.stored") == []


@pytest.mark.parametrize(
    ("content", "status"), [(b"", 422), (b"\x00\x01", 422), (b'key = "a"\n' + b"#" * 120_000, 413)]
)
def test_file_that_is_none_or_too_large_is_refused(admin: FlaskClient, content: bytes, status: int) -> None:
    assert send_file(admin, content).status_code == status
    assert all_stored() == []


def test_withdrawn_or_half_finished_one_is_not_taken_by_a_box(admin: FlaskClient) -> None:
    ballot_period(opened=False)

    def take(version: int) -> str:
        try:
            with transaction() as connection:
                period = find_period(connection, "p")
                put_box(connection, SHELL, period, OPEN, kind="open", questionnaire=(FIVE, version), rules={})
        except Problem as problem:
            return problem.code
        return ""

    for _ in range(2):
        begin(admin, "questionnaire", **{"from": FIVE})
    with transaction() as connection:
        second = find_questionnaire(connection, FIVE, 2)
        issue_document(connection, {"by": "bo"}, QUESTIONNAIRES, second, 1)
        withdraw_document(connection, SHELL, QUESTIONNAIRES, second)
    third = Editor(admin, f"{ALL}/{FIVE}/3")
    page = admin.get("/office/periods/p/ballots").text
    assert f'value="{FIVE}/2"' not in page
    third.send(third.form(), **{"title.en": ""})
    assert f'value="{FIVE}/3"' not in admin.get("/office/periods/p/ballots").text
    assert [take(2), take(3)] == ["document_withdrawn", "questionnaire_invalid"]


@pytest.mark.parametrize(
    ("old", "new"),
    [("", ""), (f"/{THREE}/1", f"/{THREE}/1"), (f"/{THREE}/1/file", f"/{THREE}/1/file")],
)
def test_old_address_leads_to_the_document(client: FlaskClient, office: Headers, old: str, new: str) -> None:
    stored(ready_questionnaire(THREE))
    answer = client.get(OLD + old, headers=office)
    assert (answer.status_code, answer.headers["Location"]) == (301, ALL + new)
    assert client.get(ALL + new, headers=office).status_code == 200
    assert client.get(OLD + old, headers=bearer("reviewer")).status_code == 403


@pytest.mark.parametrize("kind", ["open", "roster"])
@pytest.mark.parametrize("tongue", ["zh", "en"])
def test_preview_is_the_real_ballot_under_a_banner(
    client: FlaskClient, office: Headers, kind: str, tongue: str
) -> None:
    address = stored(ready_questionnaire(FIVE))
    page = client.get(f"{address}/preview?kind={kind}&wording=services&lang={tongue}", headers=office).text
    assert {"zh": "演练：不计票", "en": "Rehearsal: nothing is counted"}[tongue] in page
    assert {"zh": "守法诚信", "en": "Lawful and honest business"}[tongue] in page
    assert page.count('type="radio"') == 6 * 5 * (1 if kind == "open" else 6)


@pytest.mark.parametrize(("kind", "questions"), [("open", 5), ("roster", 30)])
def test_rehearsal_counts_what_was_filled_in_and_stores_only_that_it_was_tried(
    client: FlaskClient, office: Headers, kind: str, questions: int
) -> None:
    address = stored(ready_questionnaire(FIVE))
    answers = {f"q{n}": str(n % 6) for n in range(questions)}
    sent = {**answers, "comment": "窗口很好", "go": "submit"}
    page = client.post(f"{address}/rehearsal?kind={kind}&wording=departments", data=sent, headers=office)
    said = words(page.text)
    assert page.status_code == 200
    assert "非常满意 10" in said
    assert "只公布票数，不公布选项 1" in said
    assert ("窗口很好" in said) is (kind == "open")
    [leaf] = leaves("questionnaire.rehearsed")
    assert parse_questionnaire(ready_questionnaire(FIVE)).digest() in leaf
    assert "窗口" not in leaf
    with transaction() as connection:
        for table in ("sealed_ballot", "ballot_draft", "entry", "ballot_opinion"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
    found = re.search(r'href="([^"]+/receipts/[0-9a-f]{64})"', page.text)
    assert found
    shown = client.get(found[1], headers=office)
    assert "已收到您的评议" in shown.text
    assert "演练：不计票" in shown.text


def test_rehearsal_with_errors_or_another_language_keeps_what_was_chosen(
    client: FlaskClient, office: Headers
) -> None:
    address = f"{stored(ready_questionnaire(FIVE))}/rehearsal?kind=open&wording=departments"
    page = client.post(address, data={"q0": "1", "comment": "还没写完"}, headers=office)
    assert page.status_code == 422
    assert 'name="q0" value="1" checked' in re.sub(r' id="q\d+"', "", page.text)
    assert "还没写完" in page.text
    other = client.post(address, data={"q0": "1", "lang": "en"}, headers=office)
    assert other.status_code == 200
    assert "Very satisfied" in other.text
    assert leaves("questionnaire.rehearsed") == []


def test_readers_read_and_only_the_administrator_writes(client: FlaskClient) -> None:
    trial = stored(ready_questionnaire(THREE))
    address = f"{ALL}/{THREE}/1"
    for role in ("approver", "auditor"):
        headers = bearer(role)
        for path in (ALL, address, f"{address}/file", f"{trial}/preview"):
            assert client.get(path, headers=headers).status_code == 200
        page = client.get(address, headers=headers).text
        assert 'class="editor"' not in page and f"{trial}/preview" in page
        for path in (ALL, address, f"{address}/text", f"{address}/issue", f"{trial}/rehearsal"):
            assert client.post(path, headers=headers).status_code == 403
    for role in ("reviewer", "card_issuer", "security_administrator"):
        assert client.get(ALL, headers=bearer(role)).status_code == 403


def test_page_leads_to_the_preview_of_every_wording_that_may_be_tried(admin: FlaskClient) -> None:
    editor = begin(admin, "questionnaire", **{"from": FIVE})
    links = re.findall(r'href="([^"]*/preview[^"]*)"', admin.get(editor.address).text)
    assert len(links) == 3
    for link in links:
        assert admin.get(link.replace("&amp;", "&")).status_code == 200
    editor.send(editor.form(), **{"title.en": ""})
    assert "/preview" not in admin.get(editor.address).text


def test_list_and_form_take_as_many_queries_for_many_as_for_one(
    app: Flask, client: FlaskClient, office: Headers
) -> None:
    counts = []
    client.get(ALL, headers=office)
    for key in ready_questionnaires():
        stored(ready_questionnaire(key))
        taken = []
        for page in (ALL, f"{ALL}/{key}/1"):
            with counted_queries(app) as found:
                client.get(page, headers=office)
            taken.append(len(found))
        counts.append(tuple(taken))
    assert len(set(counts)) == 1
