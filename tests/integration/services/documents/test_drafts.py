"""Drafts are stored as typed, nobody saves over another's work unseen, and what is issued stays."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from tests.integration.services.documents.calendars import (
    CALENDAR,
    CALENDARS,
    WRONG,
    begun,
    bring_kinds,
    issued,
    leaves,
    now,
)
from tests.small_scheme import LAW, WINDOW, draft_period, names_of, scheme_of

from pingyi.db import db, transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.callers import SHELL, Caller
from pingyi.services.documents.documents import (
    StoredDocument,
    find_document,
    list_documents,
    newest_usable,
)
from pingyi.services.documents.drafts import begin_draft, check_draft, discard_draft, save_draft
from pingyi.services.documents.issue import issue_document, require_choosable, withdraw_document
from pingyi.services.documents.scheme_kind import SCHEME
from pingyi.services.periods.schemes import scheme_for_period

BO = Caller(name="bo", roles=frozenset({"administrator"}))


@pytest.fixture(autouse=True)
def kinds(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_kinds(app, monkeypatch)


def saved(stored: StoredDocument, toml: str, expected: int) -> StoredDocument:
    with transaction() as connection:
        draft = check_draft(CALENDARS, toml, stored.key, stored.version)
        return save_draft(connection, BO, CALENDARS, stored, draft, expected)


def issue(stored: StoredDocument, expected: int = 1) -> None:
    with transaction() as connection:
        issue_document(connection, {"by": "bo"}, CALENDARS, stored, expected)


def refusal(act: Callable[[], object]) -> str:
    """The code of the Problem that an act ends with, "" where it goes through."""
    try:
        act()
    except Problem as problem:
        return problem.code
    return ""


def test_half_finished_draft_is_stored_as_typed_and_no_leaf_says_so() -> None:
    stored = begun(WRONG)
    assert (stored.state, stored.revision, stored.errors, stored.toml) == ("draft", 1, 2, WRONG)
    assert leaves("document.stored") == []
    assert refusal(lambda: issue(stored)) == "calendar_invalid"
    mended = saved(stored, CALENDAR, 1)
    assert (mended.errors, mended.revision, mended.changed_by) == (0, 2, "bo")
    [leaf] = leaves("document.stored")
    assert leaf == {
        "document": "calendar", "key": "days", "version": 1, "sha256": mended.sha256, "by": "bo"
    }  # fmt: skip


def test_digest_is_of_what_a_document_says_and_not_of_its_layout() -> None:
    one = begun()
    assert begun(CALENDAR.replace("# a Friday", "# new year") + "\n\n").digest == one.digest
    assert begun(CALENDAR.replace("元旦", "新年")).digest != one.digest


@pytest.mark.parametrize("key", ["", "1st", "a b", "é", "x" * 65])
def test_draft_without_a_key_is_refused(key: str) -> None:
    assert refusal(lambda: begun(key=key)) == "invalid"
    with transaction() as connection:
        assert list_documents(connection, CALENDARS) == []


def test_text_that_is_no_toml_is_refused_with_its_line() -> None:
    with pytest.raises(Problem) as refused:
        begun(CALENDAR.replace("[[holidays]]", "[[holidays]", 1))
    assert [(one.code, one.row) for one in refused.value.errors] == [("syntax", 5)]


@pytest.mark.parametrize(
    "deep", ["a = " + "[" * 32 + "]" * 32, "a" + ".a" * 40 + " = 1", "a" + ".a" * 900 + " = 1"]
)
def test_text_that_is_nested_too_deeply_is_refused(deep: str) -> None:
    """Forms carry what they do not know, down to a depth that this stays within."""
    with pytest.raises(Problem) as refused:
        begun(f"{deep}\n{CALENDAR}")
    assert [one.code for one in refused.value.errors] == ["too_deep"]
    assert begun(f"a = {'[' * 31}{']' * 31}\n{CALENDAR}").errors == 1


def test_text_that_is_too_long_is_refused() -> None:
    assert refusal(lambda: begun(CALENDAR + "#" * 100_000)) == "document_too_large"


def test_second_save_over_the_same_revision_is_refused_until_it_is_known() -> None:
    stored = begun()
    ours, theirs = CALENDAR.replace("元旦", "新年"), CALENDAR.replace("劳动节", "五一")
    saved(stored, theirs, 1)
    assert refusal(lambda: saved(stored, ours, 1)) == "document_changed"
    assert now(stored).toml == theirs
    assert saved(stored, ours, 2).toml == ours


def test_draft_changed_since_it_was_shown_is_not_issued_and_not_discarded(app: Flask) -> None:
    stored = begun()
    saved(stored, CALENDAR + "# more\n", 1)

    def discard() -> None:
        with transaction() as connection:
            discard_draft(connection, SHELL, CALENDARS, stored, 1)

    assert refusal(lambda: issue(stored)) == refusal(discard) == "document_changed"
    assert now(stored).state == "draft"
    assert leaves("document.issued") == leaves("document.discarded") == []


def test_of_many_who_save_at_once_one_wins(app: Flask) -> None:
    stored = begun()

    def save(number: int) -> str:
        with app.app_context():
            return refusal(lambda: saved(stored, CALENDAR + f"# {number}\n", 1))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(save, range(8)))
    assert sorted(answers) == ["", *["document_changed"] * 7]
    after = now(stored)
    assert (after.revision, after.toml) == (2, CALENDAR + f"# {answers.index('')}\n")


def test_of_many_who_issue_at_once_one_wins_and_one_leaf_says_so(app: Flask) -> None:
    stored = begun()
    ready = threading.Barrier(8)

    def issue_now(_number: int) -> str:
        with app.app_context():
            ready.wait()
            return refusal(lambda: issue(stored))

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(issue_now, range(8))) == ["", *["document_changed"] * 7]
    assert now(stored).state == "issued"
    [leaf] = leaves("document.issued")
    assert leaf == {
        "document": "calendar", "key": "days", "version": 1, "sha256": stored.sha256, "by": "bo"
    }  # fmt: skip


def test_who_saves_while_another_issues_is_refused(app: Flask) -> None:
    """The issue is not committed yet when the other one saves: it waits, and then sees an issued version."""
    stored = begun()
    waiting: list[str] = []

    def save() -> None:
        with app.app_context():
            waiting.append(refusal(lambda: saved(stored, CALENDAR + "# late\n", 1)))

    with db.engine.begin() as connection:
        issue_document(connection, {"by": "bo"}, CALENDARS, stored, 1)
        thread = threading.Thread(target=save)
        thread.start()
        thread.join(0.3)
    thread.join()
    assert waiting == ["document_changed"]
    assert (now(stored).state, now(stored).toml) == ("issued", CALENDAR)


def test_versions_begun_at_once_are_counted_on(app: Flask) -> None:
    def begin(_number: int) -> int:
        with app.app_context():
            return begun().version

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(begin, range(8))) == list(range(1, 9))


def test_issued_version_is_not_saved_over_and_not_discarded() -> None:
    stored = issued()

    def discard() -> None:
        with transaction() as connection:
            discard_draft(connection, SHELL, CALENDARS, stored, 1)

    assert refusal(lambda: saved(stored, CALENDAR + "# more\n", 1)) == refusal(discard) == "document_issued"
    assert refusal(lambda: issue(stored)) == "document_changed"


def test_withdrawn_version_is_not_chosen_and_not_withdrawn_twice() -> None:
    stored = issued()

    def withdraw() -> None:
        with transaction() as connection:
            withdraw_document(connection, BO, CALENDARS, stored)

    assert [refusal(withdraw), refusal(withdraw)] == ["", "conflict"]
    after = now(stored)
    assert (after.state, after.toml, after.digest) == ("withdrawn", stored.toml, stored.digest)
    assert after.withdrawn_at and after.issued_at == stored.issued_at
    assert refusal(lambda: require_choosable(CALENDARS, after)) == "document_withdrawn"
    assert len(leaves("document.withdrawn")) == 1


def test_draft_that_is_withdrawn_is_refused() -> None:
    stored = begun()
    with transaction() as connection:
        assert refusal(lambda: withdraw_document(connection, BO, CALENDARS, stored)) == "conflict"
    assert now(stored).state == "draft"


def test_newest_usable_version_is_neither_half_finished_nor_withdrawn() -> None:
    def newest() -> int:
        with transaction() as connection:
            return newest_usable(connection, CALENDARS, "days").version

    issued()
    second = issued(CALENDAR.replace("元旦", "新年"))
    begun(WRONG)
    assert newest() == 2
    with transaction() as connection:
        withdraw_document(connection, BO, CALENDARS, second)
    assert newest() == 1
    begun()
    assert newest() == 4
    assert refusal(lambda: newest_of("other")) == "not_found"


def newest_of(key: str) -> StoredDocument:
    with transaction() as connection:
        return newest_usable(connection, CALENDARS, key)


def test_versions_of_another_kind_and_key_stay_apart() -> None:
    issued()
    with transaction() as connection:
        other = begin_draft(connection, SHELL, SCHEME, "", scheme_of(LAW, WINDOW, key="days"))
        assert (other.kind, other.key, other.version) == ("scheme", "days", 1)
        assert find_document(connection, CALENDARS, "days").title.en == "Working calendar of 2027"
        assert [one.key for one in list_documents(connection, SCHEME)] == ["days"]


def test_draft_that_a_period_rests_on_is_neither_changed_nor_discarded() -> None:
    draft_period(scheme_of(LAW, WINDOW), names_of(2))
    with transaction() as connection:
        stored = find_document(connection, SCHEME, "small")
    changed = stored.toml.replace("小方案", "另一个")

    def save() -> None:
        with transaction() as connection:
            save_draft(connection, BO, SCHEME, stored, check_draft(SCHEME, changed, "small", 1), 1)

    def discard() -> None:
        with transaction() as connection:
            discard_draft(connection, BO, SCHEME, stored, 1)

    assert stored.state == "draft"
    assert refusal(save) == refusal(discard) == "document_in_use"
    assert now(stored, SCHEME).toml == stored.toml


def test_withdrawn_and_half_finished_schemes_are_not_taken_by_periods() -> None:
    document = scheme_of(LAW, WINDOW)

    def begin(toml: str) -> StoredDocument:
        with transaction() as connection:
            return begin_draft(connection, SHELL, SCHEME, "", toml)

    def chosen(version: int | None = None) -> Any:
        with transaction() as connection:
            return scheme_for_period(connection, "small", version).version

    first = begin(document)
    begin(document.replace("decimals = 2", 'decimals = "many"'))
    assert chosen() == 1
    with transaction() as connection:
        issue_document(connection, {"by": "bo"}, SCHEME, first, 1)
        withdraw_document(connection, BO, SCHEME, first)
    assert refusal(lambda: chosen(1)) == "document_withdrawn"
