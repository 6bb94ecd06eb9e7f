"""What a person with all rights over the database changes is found by the verifier, without our software."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from tests.conftest import empty, forget
from tests.integration.record.checking import check
from tests.integration.record.conftest import Superuser, play, post, publish, scheme, start, stored

from pingyi.db import db, transaction
from pingyi.embedded.engines import Endpoints
from pingyi.ledger.sealing import seal
from pingyi.ledger.tree_heads import newest_head
from pingyi.services.intake.fold import fold_channel
from pingyi.settings import Settings

Export = Callable[..., Path]
# The leaf of the entry that a thief would like to change, and another in the middle.
LEAF = """
(SELECT min(id) FROM leaf WHERE kind = 'entry' AND convert_from(body, 'UTF8') LIKE '%%"score":"2.5"%%')
"""
ID = "(SELECT leaf_id FROM sealed_leaf WHERE index = 7)"
BODY = """
UPDATE leaf SET body = convert_to(replace(convert_from(body, 'UTF8'), '"score":"2.5"', '"score":"5"'), 'UTF8')
"""
HASH = "UPDATE leaf SET hash = sha256('\\x00'::bytea || body)"
ENTRY = """
UPDATE entry SET values = '{"score":"5","unit":"u2"}' WHERE values::text LIKE '%%"score":"2.5"%%'
"""
SEALED = """
UPDATE sealed_leaf s SET hash = sha256('\\x00'::bytea
  || convert_to(coalesce(p.key, '-') || chr(10) || encode(l.hash, 'hex') || chr(10), 'UTF8'))
FROM leaf l LEFT JOIN period p ON p.id = l.period_id WHERE l.id = s.leaf_id
"""
LAST = "(SELECT leaf_id FROM sealed_leaf ORDER BY index DESC LIMIT 1)"
TOP = "(SELECT max(index) FROM sealed_leaf)"
SWAP = """
UPDATE sealed_leaf s SET leaf_id = -other.leaf_id FROM sealed_leaf other
WHERE s.leaf_id IN ({0}, {0} + 1) AND other.leaf_id = {0} + {0} + 1 - s.leaf_id;
UPDATE sealed_leaf SET leaf_id = -leaf_id WHERE leaf_id < 0
"""


ROOT, SHORT = "do not give the root", "The record was cut short"
RESULTS = "results.json is not the result published"


@pytest.mark.parametrize(
    ("tampering", "named"),
    [
        (ENTRY, "An entry of the record is not in entries/law.csv: counted u2,2.5"),
        (BODY, ROOT),
        (f"{BODY};{HASH}", ROOT),
        (f"{BODY};{HASH};{ENTRY};{SEALED}", ROOT),
        ("UPDATE unit_result SET total = total + 1 WHERE rank = 2", RESULTS),
        ("UPDATE unit_result SET rank = 3 - rank WHERE rank < 3", RESULTS),
        ("UPDATE channel_score SET points = points + 1", RESULTS),
        ("UPDATE assessment SET digest = sha256('x')", "results_sha256 in record.json is not what"),
        (f"DELETE FROM leaf WHERE id = {LAST}; DELETE FROM sealed_leaf WHERE index = {TOP}", SHORT),
        (f"DELETE FROM leaf WHERE id = {LAST}", SHORT),
        ("DELETE FROM tree_head WHERE size = (SELECT max(size) FROM tree_head)", "holds no publication"),
        (f"DELETE FROM leaf WHERE id = {ID}", ROOT),
        (f"DELETE FROM leaf WHERE id = {ID}; DELETE FROM sealed_leaf WHERE index = 7", ROOT),
        (SWAP.format(LEAF), ROOT),
    ],
)
def test_what_a_superuser_changes_is_found(
    played: Flask, export: Export, superuser: Superuser, tampering: str, named: str
) -> None:
    db.session.remove()
    superuser(tampering)
    done = check(export())
    assert done.status == 1
    assert named in "\n".join(done.wrong)


def test_a_changed_counter_is_found_though_the_result_follows_from_it(
    app: Flask, settings: Settings, export: Export, superuser: Superuser
) -> None:
    start(scheme())
    post("law", {"unit": "u1", "score": "4"}, {"unit": "u2", "score": "3"})
    for (channel,) in stored("SELECT id FROM channel"):
        fold_channel(channel)
    db.session.remove()
    superuser(
        "UPDATE counter SET counts = replace(counts::text, '3', '5')::json WHERE counts::text LIKE '%%3%%'"
    )
    publish(settings)
    done = check(export())
    assert done.status == 1
    assert "Counter differs: channel law, unit u2" in "\n".join(done.wrong)


def test_everything_written_anew_with_the_stolen_key_is_found_with_one_pin(
    played: Flask, settings: Settings, export: Export, endpoints: Endpoints
) -> None:
    with transaction() as connection:
        head = newest_head(connection)
    assert head is not None
    assert check(export("true"), head.line).status == 0
    empty(endpoints)
    forget(played)
    play(settings, second="5")
    seal(settings)
    forged = export("forged")
    without = check(forged)
    assert (without.status, without.wrong) == (0, [])
    assert "cannot be ruled out" in without.said
    pinned = check(forged, head.line)
    assert pinned.status == 1
    assert any("Split view" in line for line in pinned.wrong)
