"""The record is only added to: by rights for the application, by triggers for the owner too."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from tests.ballot_period import ballot_period, unit_id

from pingyi.settings import Settings
from pingyi_surveys.casting.box_cache import cached_box
from pingyi_surveys.casting.group_commit import cast

GUARDED = {
    "leaf": "kind",
    "sealed_leaf": "hash",
    "tile": "hashes",
    "tree_head": "note",
    "cosignature": "line",
    "epoch": "origin",
    "entry": "values",
    "delivery": "kind",
    "receipt": "body",
    "snapshot": "body",
    "assessment": "summary",
    "unit_result": "rank",
    "channel_score": "points",
    "publication": "published_at",
    "decision": "choice",
    "adjustment": "points",
    "card_list": "cards",
    "ballot_keys": "kept",
    "prepared_box": "content",
    "key_destruction": "destroyed_by",
    "box_opening": "digest",
    "ballot_opinion": "comment",
    "cell_review": "release",
    "cell_decision": "release",
}
REFUSED_RIGHT, REFUSED_CHANGE = "42501", "PY004"


def state_of(url: str, statement: str) -> str:
    """The SQLSTATE that a statement ends with, "" where it goes through; nothing is kept of it."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        try:
            connection.execute(text(statement))
        except DBAPIError as error:
            return str(getattr(error.orig, "sqlstate", "?"))
    return ""


def attempts(table: str) -> Sequence[str]:
    column = GUARDED[table]
    return (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("table", GUARDED)
def test_the_owner_is_refused_by_the_guard(app: Flask, settings: Settings, table: str) -> None:
    assert [state_of(settings.owner_database_url, each) for each in attempts(table)] == [REFUSED_CHANGE] * 3


@pytest.mark.parametrize("table", GUARDED)
def test_application_and_sealer_lack_the_right(app: Flask, settings: Settings, table: str) -> None:
    for url in (settings.database_url, settings.sealer_database_url):
        assert [state_of(url, each) for each in attempts(table)] == [REFUSED_RIGHT] * 3


@pytest.mark.parametrize("table", GUARDED)
def test_every_column_is_guarded_but_those_that_are_derived(
    app: Flask, settings: Settings, table: str
) -> None:
    engine = create_engine(settings.owner_database_url, poolclass=NullPool)
    with engine.connect() as connection:
        columns = connection.execute(
            text(
                "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass)"
                " AND attnum > 0 AND NOT attisdropped AND attidentity = ''"
            ),
            {"table": table},
        ).scalars()
        free = {
            name
            for name in columns
            if state_of(settings.owner_database_url, f'UPDATE {table} SET "{name}" = "{name}"') == ""
        }
    derived = {"entry": {"counts", "shared"}, "adjustment": {"withdrawn_reason", "withdrawn_act_id"}}
    assert free == derived.get(table, set())


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO sealed_leaf (epoch, index, leaf_id, hash) VALUES (1, 0, 1, '')",
        "INSERT INTO tree_head (epoch, size, root, note) VALUES (1, 1, '', '')",
        "INSERT INTO tile (epoch, level, number, hashes, root) VALUES (1, 0, 0, '', '')",
        "INSERT INTO epoch (number, origin, verifier_key) VALUES (1, '', '')",
        "INSERT INTO cosignature (epoch, size, witness, line) VALUES (1, 1, '', '')",
        "INSERT INTO ledger_pending (leaf_id) VALUES (1)",
        "DELETE FROM ledger_pending",
        "TRUNCATE ledger_pending",
        "SELECT strike_seal_requests()",
        "ALTER TABLE leaf DISABLE TRIGGER insert_only",
        "SET session_replication_role = replica",
    ],
)
def test_the_application_cannot_touch_what_is_sealed(app: Flask, settings: Settings, statement: str) -> None:
    assert state_of(settings.database_url, statement) == REFUSED_RIGHT


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO entry (delivery_id, position) VALUES (1, 1)",
        "INSERT INTO outbox (topic, subject_id) VALUES ('fold', 1)",
        "DELETE FROM outbox",
        "UPDATE outbox SET attempts = 0",
        "UPDATE period SET state = 'open'",
        "INSERT INTO ledger_pending (leaf_id) VALUES (1)",
    ],
)
def test_the_sealer_can_do_nothing_but_seal(app: Flask, settings: Settings, statement: str) -> None:
    assert state_of(settings.sealer_database_url, statement) == REFUSED_RIGHT


def test_the_key_of_a_period_never_changes(app: Flask, settings: Settings) -> None:
    script = (
        "WITH made AS"
        " (INSERT INTO document (kind, key, version, title_zh, title_en, toml, digest, changed_by)"
        " VALUES ('scheme', 's', 1, '', '', '', '', '') RETURNING id)"
        " INSERT INTO period (key, scheme_id) SELECT 'p', id FROM made"
    )
    engine = create_engine(settings.owner_database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(script))
    assert state_of(settings.database_url, "UPDATE period SET key = 'other'") == REFUSED_CHANGE
    assert state_of(settings.database_url, "UPDATE period SET key = 'p'") == ""


@pytest.mark.parametrize(
    ("statement", "refused"),
    [("UPDATE sealed_ballot SET unit_id = 2", "PY004"), ("DELETE FROM sealed_ballot", "PY004"),
     ("TRUNCATE sealed_ballot", "PY004"), ("SELECT destroy_ballots(1)", "PY004")],
)  # fmt: skip
def test_sealed_ballots_stay_until_their_key_is_destroyed(
    app: Flask, settings: Settings, statement: str, refused: str
) -> None:
    made = ballot_period(cards=10)
    box = cached_box(made.open_id)
    cast(box, unit_id("u1"), b"n" * 32, b"sealed all the same")
    assert state_of(settings.owner_database_url, statement) == refused
    expected = refused if statement.startswith("SELECT") else REFUSED_RIGHT
    assert state_of(settings.database_url, statement) == expected
