"""The drill: a good backup passes and is on the record, a bad one is found out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text
from tests.integration.backups.conftest import House
from tests.integration.backups.test_files import flipped
from tests.integration.ledger.test_sealing import owner

from pingyi.db import db
from pingyi.embedded.engines import Endpoints
from pingyi.replay import replay_in
from pingyi.services.bundles.bundles import read_bundle

pytestmark = pytest.mark.long


Shell = Callable[..., Result]
BUNDLE = Path(__file__).parents[2] / "bundles" / "zhanyi_2019"


def drilled() -> dict[str, Any]:
    """What the newest drill left on the record."""
    with db.engine.connect() as connection:
        body = connection.execute(
            text("SELECT body FROM leaf WHERE kind = 'backup.drilled' ORDER BY id DESC LIMIT 1")
        ).scalar_one()
    found: dict[str, Any] = json.loads(bytes(body))
    return found


def test_good_backup_with_a_published_result_passes(
    house: House, app: Flask, endpoints: Endpoints, shell: Shell
) -> None:
    replay_in(app, endpoints.redis_url, read_bundle(BUNDLE), lambda _: None)
    house.seal()
    taken = house.back_up()
    house.act(3)
    done = shell("drill", house.file)
    assert done.exit_code == 0, done.output
    assert f"Leaves checked: {taken.leaves}" in done.output
    assert "passes verify.py" in done.output
    assert "has the backup's head among its own" in done.output
    left = drilled()
    assert (left["findings"], left["leaves"], left["head"]) == (0, taken.leaves, taken.head)
    assert left["periods"] == 1
    assert house.seal() == 4


def test_backup_of_a_damaged_record_fails(house: House, shell: Shell) -> None:
    house.act(20)
    house.seal()
    with owner(house.settings) as connection:
        connection.execute(text("UPDATE leaf SET body = convert_to('{}', 'UTF8') WHERE id = 7"))
        connection.execute(text("ALTER TABLE entry DISABLE TRIGGER insert_only"))
    try:
        house.back_up()
        with owner(house.settings) as connection:
            connection.execute(text("UPDATE tree_head SET root = sha256('another')"))
        done = shell("drill", house.file)
    finally:
        with owner(house.settings) as connection:
            connection.execute(text("ALTER TABLE entry ENABLE TRIGGER insert_only"))
    assert done.exit_code == 1
    assert "the body of leaf 7" in done.output
    assert "the table entry is not guarded" in done.output
    assert "never had the backup's head" in done.output
    assert drilled()["findings"] >= 3


def test_damaged_file_fails_and_is_on_the_record(house: House, shell: Shell) -> None:
    house.act(20)
    house.seal()
    house.back_up()
    flipped(house.file)
    done = shell("drill", house.file)
    assert done.exit_code == 1
    assert "is damaged" in done.output
    assert drilled()["findings"] == 1
