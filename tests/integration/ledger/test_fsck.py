"""Whatever a person with all rights does to the stored record, the check names it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from tests.integration.ledger.test_sealing import act, many, owner
from tests.small_scheme import LAW, WINDOW, draft_period, names_of, open_draft, scheme_of

from pingyi.channels import Text
from pingyi.db import db
from pingyi.ledger.fsck import Report, check_record
from pingyi.ledger.sealing import seal
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.settings import Settings

SWAP = """
UPDATE leaf SET hash = other.hash, body = other.body FROM leaf other
WHERE leaf.id IN (7, 8) AND other.id = 15 - leaf.id
"""


def check(settings: Settings) -> Report:
    with db.engine.connect() as connection:
        return check_record(connection, settings.heads_folder)


def said(findings: list[Text]) -> str:
    return "\n".join(finding.en for finding in findings)


def test_a_sound_record_passes(app: Flask, settings: Settings) -> None:
    many(600)
    seal(settings)
    act(3)
    seal(settings)
    act(1)
    report = check(settings)
    assert not report.findings
    assert (report.leaves, report.heads, report.waiting) == (603, 2, 1)
    assert "603" in report.summary().zh


@pytest.mark.parametrize(
    ("tampering", "named"),
    [
        ("UPDATE leaf SET body = convert_to('{}', 'UTF8') WHERE id = 7", "index 6: the body of leaf 7"),
        (
            "UPDATE leaf SET body = '\\xff', hash = sha256('\\x00ff'::bytea) WHERE id = 7",
            "index 6: leaf 7 is not what",
        ),
        ("UPDATE leaf SET period_id = 99 WHERE id = 7", ""),
        ("DELETE FROM leaf WHERE id = 7", "index 6: leaf 7 was deleted"),
        ("DELETE FROM sealed_leaf WHERE index = 6", "index 6 is missing"),
        ("DELETE FROM sealed_leaf WHERE index = 299", "covers 300 leaves, 299 are there"),
        ("DELETE FROM sealed_leaf WHERE index = 6", "leaf 7 is neither sealed nor waiting"),
        ("UPDATE sealed_leaf SET hash = sha256('x') WHERE index = 6", "leaf 7 is not what was sealed"),
        (
            SWAP,
            "leaf 8 is not what was sealed",
        ),
        ("UPDATE tile SET root = sha256('x')", "tile 0 of level 0"),
        ("DELETE FROM tile", "tiles too many or too few"),
        ("UPDATE tree_head SET root = sha256('x')", "head of size 300 does not follow"),
        ("UPDATE tree_head SET note = replace(note, '300', '301')", "size 300 is not validly signed"),
        ("DELETE FROM tree_head", "only 0 of 300"),
    ],
)
def test_tampering_is_named(app: Flask, settings: Settings, tampering: str, named: str) -> None:
    many(300)
    seal(settings)
    with owner(settings) as connection:
        connection.execute(text(tampering.replace(":", "\\:")))
    found = said(check(settings).findings)
    assert named in found
    assert bool(found) == bool(named)


def test_an_edited_score_is_named(app: Flask, settings: Settings) -> None:
    draft_period(scheme_of(LAW, WINDOW), names_of(2))
    open_draft()
    deliver(SHELL, ChannelRef(period="p", channel="law"), [{"unit": "u1", "score": "4.5"}])
    seal(settings)
    assert not check(settings).findings
    with owner(settings) as connection:
        connection.execute(text("ALTER TABLE entry DISABLE TRIGGER insert_only"))
        connection.execute(text('UPDATE entry SET values = \'{"unit":"u1","score":"5"}\''))
        connection.execute(text("ALTER TABLE entry ENABLE TRIGGER insert_only"))
    assert said(check(settings).findings) == "delivery 1, position 0: the entry is not what its leaf says"


def test_a_leaf_moved_to_another_period_is_named(app: Flask, settings: Settings) -> None:
    draft_period(scheme_of(LAW, WINDOW), names_of(2))
    open_draft()
    deliver(SHELL, ChannelRef(period="p", channel="law"), [{"unit": "u1", "score": "4.5"}])
    seal(settings)
    with owner(settings) as connection:
        connection.execute(text("UPDATE leaf SET period_id = NULL WHERE kind = 'entry'"))
    assert "is not what was sealed" in said(check(settings).findings)


def test_a_higher_head_outside_is_named(app: Flask, settings: Settings) -> None:
    many(3)
    seal(settings)
    with owner(settings) as connection:
        connection.execute(text("DELETE FROM tree_head"))
        connection.execute(text("DELETE FROM sealed_leaf WHERE index = 2"))
        connection.execute(text("DELETE FROM leaf WHERE id = 3"))
    many(1)
    (settings.heads_folder / "1" / "checkpoint").rename(settings.heads_folder / "kept")
    with owner(settings) as connection:
        connection.execute(text("DELETE FROM sealed_leaf"))
        connection.execute(text("DELETE FROM epoch"))
        connection.execute(text("INSERT INTO ledger_pending SELECT id FROM leaf ON CONFLICT DO NOTHING"))
    seal(settings)
    (settings.heads_folder / "kept").rename(settings.heads_folder / "1" / "checkpoint")
    assert "known outside" in said(check(settings).findings)
