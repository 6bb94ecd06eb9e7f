"""A backup restored: what it holds verifies, what it lacks is named, and nothing goes on in silence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from tests.integration.backups.conftest import House
from tests.integration.ledger.test_guards import REFUSED_CHANGE, REFUSED_RIGHT, attempts, state_of

from pingyi.backups.archive import reading
from pingyi.backups.load_dump import load
from pingyi.db import db
from pingyi.domain.errors import Problem
from pingyi.ledger.static_files import close_epoch
from pingyi.ledger.tree_heads import newest_head

pytestmark = pytest.mark.long

CATALOG = {
    "rights": "SELECT relname || ' ' || coalesce(array_to_string(ARRAY("
    "SELECT unnest(relacl)::text ORDER BY 1), ' '), '') || relowner::regrole"
    " FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    "columns": "SELECT attrelid::regclass || '.' || attname || ' ' || attacl::text FROM pg_attribute"
    " WHERE attacl IS NOT NULL AND attrelid::regclass::text !~ '^pg_'",
    "functions": "SELECT concat(proname, proowner::regrole, prosecdef, proconfig::text, proacl::text, prosrc)"
    " FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "triggers": "SELECT concat(pg_get_triggerdef(oid), tgenabled) FROM pg_trigger WHERE NOT tgisinternal",
    "constraints": "SELECT concat(conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
    "defaults": "SELECT concat(defaclrole::regrole, defaclobjtype, defaclacl) FROM pg_default_acl",
    "schema": "SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'",
    "database": "SELECT datacl::text FROM pg_database WHERE datname = current_database()",
}


SIGNED_IN = """
WITH somebody AS (
  INSERT INTO account (login, name, password_hash, roles) VALUES ('a', 'A', '-', '{auditor}') RETURNING id
)
INSERT INTO session (id_hash, account_id, data) SELECT 'hash', id, '' FROM somebody
"""


def catalog(house: House) -> dict[str, list[str]]:
    engine = create_engine(house.settings.owner_database_url, poolclass=NullPool)
    with engine.connect() as connection:
        return {
            name: sorted(str(each) for each in connection.execute(text(query)).scalars())
            for name, query in CATALOG.items()
        }


def sealed(epoch: int) -> list[tuple[int, bytes]]:
    with db.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT s.index, l.hash FROM sealed_leaf s JOIN leaf l ON l.id = s.leaf_id"
                " WHERE s.epoch = :epoch ORDER BY s.index"
            ),
            {"epoch": epoch},
        )
        return [(row.index, bytes(row.hash)) for row in rows]


def opening(epoch: int) -> dict[str, dict[str, object]]:
    """What the first leaf of an epoch says."""
    with db.engine.connect() as connection:
        body = connection.execute(
            text(
                "SELECT l.body FROM sealed_leaf s JOIN leaf l ON l.id = s.leaf_id"
                " WHERE s.epoch = :epoch AND s.index = 0"
            ),
            {"epoch": epoch},
        ).scalar_one()
    found: dict[str, dict[str, object]] = json.loads(bytes(body))
    assert found["kind"] == "restore"
    return found


def line(said: dict[str, object]) -> str:
    return f"{said['origin']} {said['size']} {said['root']}"


def head_line() -> str:
    with db.engine.connect() as connection:
        found = newest_head(connection)
    assert found
    return found.line


def refused(code: str, house: House, **given: bool) -> None:
    with pytest.raises(Problem) as caught:
        house.restore(**given)
    assert caught.value.code == code


def test_backup_taken_in_mid_load_restores_and_names_the_gap(house: House) -> None:
    house.act(600)
    house.seal()
    with house.writers():
        taken = house.back_up()
        house.act(5)
    house.seal()
    before, known = sealed(1), head_line()
    restored = house.restore()
    size = int(taken.head.split()[1])
    lost = len(before) - size
    assert lost > 0
    assert sealed(1) == before[:size]
    assert (line(opening(2)["known"]), line(opening(2)["restored"])) == (known, taken.head)
    [gap] = restored.gaps
    assert (gap.epoch, gap.first, gap.end) == (1, size, len(before))
    assert gap.kept == taken.waiting == len(sealed(2)) - 1
    assert gap.lost.total() + gap.kept == lost
    said = "\n".join(sentence.en for sentence in restored.sentences())
    assert f"{lost} entries of epoch 1, index {size} to {len(before) - 1}, are not in" in said
    assert "goes on in epoch 2" in said
    assert not house.check().findings


def test_sealing_goes_on_in_the_new_epoch(house: House) -> None:
    house.act(5)
    house.seal()
    house.back_up()
    house.act(2)
    house.seal()
    house.restore()
    house.act(3)
    assert house.seal() == 3
    assert house.seal() == 0
    assert len(sealed(2)) == 4
    assert not house.check().findings


def test_what_was_never_sealed_is_missed_by_name_too(house: House) -> None:
    house.act(5)
    house.seal()
    house.back_up()
    house.act(2)
    [gap] = house.restore().gaps
    assert (gap.first, gap.end, gap.lost.total()) == (5, 7, 2)


def test_record_that_lost_nothing_goes_on_as_it_was(house: House) -> None:
    house.act(5)
    house.seal()
    house.back_up()
    restored = house.restore()
    house.act(1)
    house.seal()
    assert (restored.epoch, restored.gaps) == (1, [])
    assert "Nothing had been sealed" in restored.sentences()[-1].en
    assert len(sealed(1)) == 6


def test_lost_folder_of_heads_closes_the_epoch_all_the_same(house: House) -> None:
    house.act(5)
    house.seal()
    taken = house.back_up()
    empty_house(house)
    restored = house.restore(replace=False)
    assert restored.epoch == 2
    assert "ask witnesses" in restored.sentences()[-1].en
    assert line(opening(2)["known"]) == line(opening(2)["restored"]) == taken.head
    assert not house.check().findings


def test_head_kept_elsewhere_is_named_in_the_new_epoch(house: House) -> None:
    house.act(5)
    house.seal()
    taken = house.back_up()
    house.act(4)
    house.seal()
    known, kept = head_line(), house.folder / "kept"
    shutil.copy(house.settings.heads_folder / "1" / "checkpoint", kept)
    empty_house(house)
    [gap] = house.restore(kept).gaps
    assert (line(opening(2)["known"]), line(opening(2)["restored"])) == (known, taken.head)
    assert "nobody can say" in [sentence.en for sentence in gap.sentences()][-1]
    assert not house.check().findings


def test_head_of_another_key_is_refused(house: House) -> None:
    house.act(5)
    house.seal()
    house.back_up()
    foreign = house.folder / "foreign"
    note = (house.settings.heads_folder / "1" / "checkpoint").read_text()
    foreign.write_text(note.replace("\n5\n", "\n6\n"))
    with pytest.raises(Problem, match="head_foreign"):
        house.restore(foreign)


def empty_house(house: House) -> None:
    """A fresh machine with the sealer's key: no tables, no heads."""
    shutil.rmtree(house.settings.heads_folder)
    db.session.remove()
    db.engine.dispose()
    engine = create_engine(house.settings.owner_database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("DROP OWNED BY CURRENT_USER CASCADE"))


def test_restore_that_was_cut_off_before_its_epoch_is_no_silent_one(house: House) -> None:
    house.act(5)
    house.seal()
    house.back_up()
    empty_house(house)
    close_epoch(house.settings.heads_folder, 1)
    with reading(house.file) as backup:
        load(backup, house.settings.owner_database_url)
    house.act(1)
    house.seal()
    house.act(1)
    house.seal()
    assert (len(sealed(1)), len(sealed(2))) == (5, 3)
    assert opening(2)


def test_second_restore_of_the_same_backup_opens_a_third_epoch(house: House) -> None:
    house.act(5)
    house.seal()
    taken = house.back_up()
    house.act(2)
    house.seal()
    house.restore()
    known = head_line()
    restored = house.restore()
    assert restored.epoch == 3
    assert [gap.epoch for gap in restored.gaps] == [1, 2]
    assert (line(opening(3)["known"]), line(opening(3)["restored"])) == (known, taken.head)
    assert not house.check().findings


def test_rights_triggers_and_functions_are_as_before(house: House) -> None:
    house.act(2)
    house.seal()
    before = catalog(house)
    house.back_up()
    house.restore()
    after = catalog(house)
    assert all(before[name] for name in CATALOG)
    for name in CATALOG:
        assert set(after[name]) ^ set(before[name]) == set(), name
    for table in ("leaf", "entry"):
        for url in (house.settings.database_url, house.settings.sealer_database_url):
            assert [state_of(url, each) for each in attempts(table)] == [REFUSED_RIGHT] * 3
        owner = house.settings.owner_database_url
        assert [state_of(owner, each) for each in attempts(table)] == [REFUSED_CHANGE] * 3


def test_restore_signs_everybody_out(house: House) -> None:
    house.act(2)
    house.seal()
    engine = create_engine(house.settings.owner_database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(SIGNED_IN))
    house.back_up()
    house.act(1)
    restored = house.restore()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM account")).scalar_one() == 1
        assert connection.execute(text("SELECT count(*) FROM session")).scalar_one() == 0
    assert "sign in anew" in "\n".join(sentence.en for sentence in restored.sentences())


def test_living_database_is_refused(house: House) -> None:
    house.act(2)
    house.back_up()
    engine = create_engine(house.settings.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        refused("restore_living", house)


def test_database_with_a_record_is_refused_without_the_option(house: House) -> None:
    house.act(2)
    house.back_up()
    house.act(1)
    refused("restore_filled", house, replace=False)
    assert house.seal() == 3


def test_other_key_is_refused_before_anything_happens(house: House, tmp_path: Path) -> None:
    house.act(2)
    house.seal()
    house.back_up()
    own = house.settings.sealer_key_file
    kept = tmp_path / "kept.key"
    own.rename(kept)
    try:
        refused("sealer_key_missing", house)
    finally:
        kept.rename(own)
