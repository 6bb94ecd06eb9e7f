"""Schemes and questionnaires of an older installation become documents, and what names them finds them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from tests.conftest import superuser_url
from tests.small_scheme import LAW, WINDOW, scheme_of

from pingyi.embedded.engines import Endpoints
from pingyi.migrations import configuration
from pingyi_surveys.questionnaires.questionnaire import parse_questionnaire, ready_questionnaire

BEFORE, NAME = "0011", "older_documents"
SMALL = scheme_of(LAW, WINDOW)
SCHEMES = [SMALL, "\ufeff" + SMALL.replace("60", "50"), scheme_of(LAW, key="other")]
QUESTIONNAIRES = [ready_questionnaire("conduct-five-levels"), ready_questionnaire("roster-three-levels")]


@contextmanager
def database(endpoints: Endpoints) -> Iterator[Engine]:
    """A database beside the suite's own, empty, as the owner of its tables."""
    owner = make_url(endpoints.owner_database_url)
    server = create_engine(superuser_url(endpoints), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {NAME}")
        connection.exec_driver_sql(f"CREATE DATABASE {NAME} OWNER {owner.username}")
        try:
            yield create_engine(owner.set(database=NAME), poolclass=NullPool)
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture
def older(endpoints: Endpoints) -> Iterator[Engine]:
    """A database as it was before there were documents."""
    with database(endpoints) as engine:
        upgrade(engine, BEFORE)
        yield engine


def upgrade(engine: Engine, revision: str = "head") -> None:
    with engine.begin() as connection:
        command.upgrade(configuration(connection), revision)


def run(engine: Engine, statement: str, **values: Any) -> list[Any]:
    with engine.begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


def digest_of(document: str) -> bytes:
    return hashlib.sha256(document.encode()).digest()


def store(engine: Engine, schemes: list[str], questionnaires: list[str]) -> None:
    """Store them with numbers from 1 in both tables; the first of each is issued, the rest are drafts."""
    for number, document in enumerate(schemes, 1):
        issued = "now()" if number == 1 else "NULL"
        key, version = ("other", 1) if 'key = "other"' in document else ("small", number)
        run(
            engine,
            "INSERT INTO scheme (key, version, document, digest, issued_at)"
            f" VALUES (:k, :v, :d, :h, {issued})",
            k=key, v=version, d=document, h=digest_of(document),
        )  # fmt: skip
    for number, document in enumerate(questionnaires, 1):
        asked = parse_questionnaire(document)
        frozen = "now()" if number == 1 else "NULL"
        run(
            engine,
            "INSERT INTO questionnaire (key, version, document, digest, changed_by, changed_at, frozen_at)"
            f" VALUES (:k, 1, :d, :h, 'account-7', '2026-01-02T03:04:05Z', {frozen})",
            k=asked.key, d=document, h=bytes.fromhex(asked.digest()),
        )  # fmt: skip


def store_periods(engine: Engine) -> None:
    """An open period and a draft, each with a box: of the first scheme and questionnaire, and the second."""
    run(engine, "INSERT INTO operator (name) VALUES ('某渠道')")
    for number, key in ((1, "open"), (2, "draft")):
        run(engine, "INSERT INTO period (key, scheme_id) VALUES (:k, :n)", k=key, n=number)
        run(
            engine,
            "INSERT INTO channel (period_id, key, plugin, operator_id, position)"
            " VALUES (:n, 'c', 'deputies', 1, 0)",
            n=number,
        )
        run(engine, "INSERT INTO ballot_box VALUES (:n, 'open', :n, '{}')", n=number)
    run(engine, "UPDATE period SET state = 'open' WHERE key = 'open'")


def test_every_version_keeps_its_text_digest_and_state(older: Engine) -> None:
    store(older, SCHEMES, QUESTIONNAIRES)
    issued = run(older, "SELECT issued_at FROM scheme WHERE id = 1")
    frozen = run(older, "SELECT frozen_at FROM questionnaire WHERE id = 1")
    upgrade(older)
    rows = run(
        older,
        "SELECT kind, key, version, state, toml, digest, revision, errors, changed_by FROM document"
        " ORDER BY id",
    )
    five, three = (parse_questionnaire(document) for document in QUESTIONNAIRES)
    assert [tuple(row)[:6] for row in rows] == [
        ("scheme", "small", 1, "issued", SCHEMES[0], digest_of(SCHEMES[0])),
        ("scheme", "small", 2, "draft", SCHEMES[1], digest_of(SCHEMES[1])),
        ("scheme", "other", 1, "draft", SCHEMES[2], digest_of(SCHEMES[2])),
        ("questionnaire", five.key, 1, "issued", QUESTIONNAIRES[0], bytes.fromhex(five.digest())),
        ("questionnaire", three.key, 1, "draft", QUESTIONNAIRES[1], bytes.fromhex(three.digest())),
    ]
    assert {(row.revision, row.errors) for row in rows} == {(1, 0)}
    assert [row.changed_by for row in rows] == ["", "", "", "account-7", "account-7"]
    assert (
        run(older, "SELECT issued_at FROM document WHERE issued_at IS NOT NULL ORDER BY id")
        == issued + frozen
    )
    titles = run(older, "SELECT title_zh, title_en FROM document ORDER BY id")
    assert [tuple(title) for title in titles[:3]] == [("小方案", "Small")] * 3
    assert tuple(titles[3]) == (five.title.zh, five.title.en)
    moved = run(older, "SELECT id FROM document WHERE changed_at = '2026-01-02T03:04:05Z' ORDER BY id")
    assert [row.id for row in moved] == [4, 5]


def test_periods_and_boxes_point_to_what_they_pointed_to(older: Engine) -> None:
    store(older, SCHEMES, QUESTIONNAIRES)
    store_periods(older)
    upgrade(older)
    periods = run(
        older,
        "SELECT p.key, d.kind, d.toml FROM period p JOIN document d ON d.id = p.scheme_id ORDER BY p.id",
    )
    assert [tuple(row) for row in periods] == [
        ("open", "scheme", SCHEMES[0]),
        ("draft", "scheme", SCHEMES[1]),
    ]
    boxes = run(
        older,
        "SELECT channel_id, d.kind, d.toml FROM ballot_box b JOIN document d ON d.id = b.questionnaire_id"
        " ORDER BY channel_id",
    )
    assert [tuple(row) for row in boxes] == [
        (1, "questionnaire", QUESTIONNAIRES[0]),
        (2, "questionnaire", QUESTIONNAIRES[1]),
    ]


def refused(engine: Engine, statement: str) -> str:
    """The SQLSTATE of a statement that is refused, "" where it goes through."""
    try:
        run(engine, statement)
    except DBAPIError as error:
        return str(getattr(error.orig, "sqlstate", "?"))
    return ""


def test_guards_stand_again_and_numbers_go_on(older: Engine) -> None:
    store(older, SCHEMES, QUESTIONNAIRES)
    store_periods(older)
    upgrade(older)
    assert refused(older, "UPDATE document SET title_zh = '' WHERE state = 'issued'") == "PY003"
    assert refused(older, "UPDATE ballot_box SET rules = '{}' WHERE channel_id = 1") == "PY003"
    assert refused(older, "UPDATE ballot_box SET questionnaire_id = 99 WHERE channel_id = 2") == "23503"
    assert refused(older, "UPDATE period SET scheme_id = 99 WHERE key = 'draft'") == "23503"
    assert refused(older, "UPDATE document SET title_zh = 'x' WHERE state = 'draft'") == ""
    [made] = run(
        older,
        "INSERT INTO document (kind, key, version, title_zh, title_en, toml, digest, changed_by)"
        " VALUES ('scheme', 'new', 1, '', '', '', '', '') RETURNING id",
    )
    assert made.id == len(SCHEMES) + len(QUESTIONNAIRES) + 1


@pytest.mark.parametrize(("schemes", "questionnaires"), [([], []), (SCHEMES, []), ([], QUESTIONNAIRES)])
def test_installation_without_the_one_or_the_other_is_upgraded(
    older: Engine, schemes: list[str], questionnaires: list[str]
) -> None:
    store(older, schemes, questionnaires)
    upgrade(older)
    rows = run(older, "SELECT id, toml FROM document ORDER BY id")
    assert [tuple(row) for row in rows] == list(enumerate([*schemes, *questionnaires], 1))
