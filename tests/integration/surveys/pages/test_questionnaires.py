"""The office's questionnaires: filled in without scripts, nothing lost on an error, frozen once in use."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.ballot_period import ballot_period
from tests.conftest import bearer
from tests.integration.web.site.test_boards import counted_queries, words
from werkzeug.test import TestResponse

from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi_surveys.questionnaires.drafts import QuestionnaireDraft, draft_of, field_of, names_of
from pingyi_surveys.questionnaires.questionnaire import (
    parse_questionnaire,
    ready_questionnaire,
    ready_questionnaires,
)
from pingyi_surveys.questionnaires.store import find_questionnaire, list_questionnaires, store_questionnaire

ALL = "/office/questionnaires"
FIVE, THREE = "conduct-five-levels", "roster-three-levels"
Headers = dict[str, str]


def fields_of(draft: QuestionnaireDraft) -> Iterator[tuple[str, str]]:
    """What a browser sends of the draft's form."""
    yield from (("key", draft.key), ("version", draft.version), *both("title", draft.title))
    yield from [("require_all", "1")] if draft.require_all else []
    for n, wording in enumerate(draft.wordings):
        yield from ((f"wordings.{n}.key", wording.key), (f"wordings.{n}.categories", wording.categories))
    for n, option in enumerate(draft.options):
        yield from ((f"options.{n}.key", option.key), *both(f"options.{n}.title", option.title))
        yield from [(f"options.{n}.scored", "1")] if option.scored else []
    for n, dimension in enumerate(draft.dimensions):
        yield f"dimensions.{n}.key", dimension.key
        for place, each in enumerate(dimension.words):
            yield from both(f"dimensions.{n}.words.{place}.title", each.title)
            yield from both(f"dimensions.{n}.words.{place}.hint", each.hint)
    yield from [("comment.given", "1")] if draft.comment.given else []
    yield from (*both("comment.title", draft.comment.title), *both("comment.hint", draft.comment.hint))
    yield "comment.max_characters", draft.comment.max_characters


def both(name: str, said: dict[str, str]) -> list[tuple[str, str]]:
    return [(f"{name}.{tongue}", said[tongue]) for tongue in ("zh", "en")]


def filled(document: str, **given: str) -> dict[str, str]:
    return {**dict(fields_of(draft_of(document))), **given}


def stored(document: str) -> str:
    """Store a document; the address of its page."""
    with transaction() as connection:
        kept = store_questionnaire(connection, SHELL, document)
    return f"{ALL}/{kept.key}/{kept.version}"


def leaves(kind: str) -> list[str]:
    with transaction() as connection:
        found = connection.execute(text("SELECT body FROM leaf WHERE kind = :kind"), {"kind": kind}).scalars()
        return [bytes(body).decode() for body in found]


def send_file(client: FlaskClient, office: Headers, content: bytes) -> TestResponse:
    return client.post(f"{ALL}/file", data={"file": (io.BytesIO(content), "q.toml")}, headers=office)


def test_empty_list_says_how_to_begin_and_offers_every_ready_made_one(
    client: FlaskClient, office: Headers
) -> None:
    page = client.get(ALL, headers=office)
    assert "还没有问卷" in page.text
    for key in ready_questionnaires():
        assert f"{ALL}/new?from={key}" in page.text
    assert "Start from it" in client.get(f"{ALL}?lang=en", headers=office).text


@pytest.mark.parametrize("key", ready_questionnaires())
def test_ready_made_form_is_saved_as_the_same_questionnaire(
    client: FlaskClient, office: Headers, key: str
) -> None:
    page = client.get(f"{ALL}/new?from={key}", headers=office)
    sent = dict(re.findall(r'<input [^>]*?name="([^"]+)" value="([^"]*)"', page.text))
    boxes = re.findall(r'<input type="checkbox" name="([^"]+)" value="1"( checked)?', page.text)
    sent = {name: value for name, value in sent.items() if name not in dict(boxes)}
    sent |= {name: "1" for name, checked in boxes if checked}
    sent = {name: value.replace("&#39;", "'").replace("&amp;", "&") for name, value in sent.items()}
    saved = client.post(f"{ALL}/new", data={**sent, "do": "save"}, headers=office)
    assert saved.status_code == 303, words(saved.text)
    assert saved.headers["Location"] == f"{ALL}/{key}/1?saved=1"
    with transaction() as connection:
        kept = find_questionnaire(connection, key, 1)
    assert kept.sha256 == parse_questionnaire(ready_questionnaire(key)).digest()
    assert "已保存" in client.get(saved.headers["Location"], headers=office).text


def test_form_with_errors_keeps_everything_and_names_each_at_its_field(
    client: FlaskClient, office: Headers
) -> None:
    wrong = {"options.1.title.en": "", "options.2.key": "withheld", "version": "x", "title.zh": "我的<问卷>"}
    page = client.post(
        f"{ALL}/new", data={**filled(ready_questionnaire(THREE), **wrong), "do": "save"}, headers=office
    )
    assert page.status_code == 422
    for name in ("options.1.title.en", "options.2.key", "version"):
        assert f'<a href="#{name}">' in page.text
        assert f'id="{name}.wrong"' in page.text
    assert 'value="我的&lt;问卷&gt;"' in page.text
    assert 'value="withheld"' in page.text
    with transaction() as connection:
        assert list_questionnaires(connection) == []


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
    client: FlaskClient, office: Headers, asked: str, name: str, count: int
) -> None:
    data = {**filled(ready_questionnaire(THREE)), "do": asked}
    page = client.post(f"{ALL}/new", data=data, headers=office)
    assert page.status_code == 200
    assert len(re.findall(rf'name="{name}\.\d+\.key"', page.text)) == count
    with transaction() as connection:
        assert list_questionnaires(connection) == []


def test_new_wording_brings_its_words_for_every_dimension(client: FlaskClient, office: Headers) -> None:
    data = {**filled(ready_questionnaire(FIVE)), "do": "add.wordings"}
    page = client.post(f"{ALL}/new", data=data, headers=office).text
    assert len(re.findall(r'name="dimensions\.\d+\.words\.2\.title\.zh"', page)) == 5
    removed = client.post(
        f"{ALL}/new", data={**filled(ready_questionnaire(FIVE)), "do": "remove.wordings.0"}, headers=office
    )
    assert 'value="守法诚信"' in removed.text
    assert 'value="依法行政"' not in removed.text


def test_new_one_never_replaces_a_version_that_is_there(client: FlaskClient, office: Headers) -> None:
    stored(ready_questionnaire(THREE))
    data = {**filled(ready_questionnaire(THREE)), "title.zh": "另一份", "do": "save"}
    page = client.post(f"{ALL}/new", data=data, headers=office)
    assert page.status_code == 409
    assert 'id="version.wrong"' in page.text
    with transaction() as connection:
        assert find_questionnaire(connection, THREE, 1).questionnaire.title.zh != "另一份"


def test_edit_stores_over_its_own_version_whatever_key_is_sent(client: FlaskClient, office: Headers) -> None:
    address = stored(ready_questionnaire(THREE))
    data = filled(ready_questionnaire(THREE), key="other", version="7", **{"title.zh": "改过的"})
    assert client.post(address, data={**data, "do": "save"}, headers=office).status_code == 303
    with transaction() as connection:
        [kept] = list_questionnaires(connection)
    assert (kept.key, kept.version, kept.questionnaire.title.zh) == (THREE, 1, "改过的")


def test_frozen_version_is_read_only_and_begins_a_new_one(client: FlaskClient, office: Headers) -> None:
    ballot_period()
    address = f"{ALL}/{FIVE}/1"
    page = client.get(address, headers=office).text
    assert 'value="save"' not in page
    assert "永远不再改动" in page
    changed = filled(ready_questionnaire(FIVE), **{"title.zh": "换个标题"})
    refused = client.post(address, data={**changed, "do": "save"}, headers=office)
    assert refused.status_code == 409
    assert "questionnaire_frozen" in refused.text or "不能再改" in refused.text
    assert 'name="version" value="2"' in client.get(f"{ALL}/new?from={FIVE}&version=1", headers=office).text
    read = send_file(client, office, ready_questionnaire(FIVE).encode())
    assert "将另存为第 2 版" in read.text


def test_export_is_the_document_and_imports_as_the_same(client: FlaskClient, office: Headers) -> None:
    address = stored(ready_questionnaire(FIVE))
    file = client.get(f"{address}/file", headers=office)
    assert file.headers["Content-Disposition"] == f'attachment; filename="{FIVE}-1.toml"'
    assert file.text == ready_questionnaire(FIVE)
    read = send_file(client, office, file.data)
    assert f'action="{address}"' in read.text
    assert "保存后将替换" in read.text


def test_broken_file_is_refused_with_the_line_of_every_error(client: FlaskClient, office: Headers) -> None:
    document = ready_questionnaire(THREE)
    torn = document.replace("[[options]]", "[[options]", 1)
    line = torn[: torn.index("[[options]\n")].count("\n") + 1
    page = send_file(client, office, torn.encode())
    assert f"第 {line} 行" in page.text
    wrong = document.replace('key = "no_opinion"', 'key = "withheld"').replace(
        "scored = false", "scord = false"
    )
    page = send_file(client, office, wrong.encode())
    assert page.status_code == 422
    for said in ('key = "withheld"', "scord = false"):
        assert f"第 {wrong[: wrong.index(said)].count(chr(10)) + 1} 行" in page.text
    told = [int(line) for line in re.findall(r"第 (\d+) 行：<code>\w", page.text)]
    assert told == sorted(told)
    assert len(told) >= 2
    with transaction() as connection:
        assert list_questionnaires(connection) == []


@pytest.mark.parametrize(
    ("content", "status"), [(b"", 422), (b"\x00\x01", 422), (b"a" * 70_000, 413), (b"#" * 300_000, 413)]
)
def test_file_that_is_none_or_too_large_is_refused(
    client: FlaskClient, office: Headers, content: bytes, status: int
) -> None:
    assert send_file(client, office, content).status_code == status


def test_pointers_lead_to_fields_that_the_form_has() -> None:
    draft = draft_of(ready_questionnaire(FIVE))
    known = set(names_of(draft))
    assert field_of(draft, "/dimensions/1/wording/services/hint/en") == "dimensions.1.words.1.hint.en"
    assert field_of(draft, "/dimensions/1/wording/nobody") == "dimensions.1"
    assert field_of(draft, "/options/99/key") == "options"
    assert field_of(draft, "") == ""
    assert {name for name, _ in fields_of(draft)} - known <= {
        "require_all", "comment.given", *(f"options.{n}.scored" for n in range(9))
    }  # fmt: skip


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
    address = stored(ready_questionnaire(THREE))
    for role in ("approver", "auditor"):
        headers = bearer(role)
        for path in (ALL, address, f"{address}/file", f"{address}/preview"):
            assert client.get(path, headers=headers).status_code == 200
        assert 'value="save"' not in client.get(address, headers=headers).text
        for path in (f"{ALL}/new", f"{ALL}/file", address, f"{address}/rehearsal"):
            assert client.post(path, headers=headers).status_code == 403
    for role in ("reviewer", "card_issuer", "security_administrator"):
        assert client.get(ALL, headers=bearer(role)).status_code == 403


def test_list_takes_as_many_queries_for_many_as_for_one(
    app: Flask, client: FlaskClient, office: Headers
) -> None:
    counts = []
    client.get(ALL, headers=office)
    for key in ready_questionnaires():
        stored(ready_questionnaire(key))
        with counted_queries(app) as found:
            client.get(ALL, headers=office)
        counts.append(len(found))
    assert len(set(counts)) == 1
