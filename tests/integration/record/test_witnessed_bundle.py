"""A bundle carries the lines of witnesses, and whoever has a witness's key checks them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from wsgiref.simple_server import make_server

import pytest
from flask import Flask
from tests.integration.record.checking import check
from tests.integration.record.conftest import stored

from pingyi.db import transaction
from pingyi.ledger.ask_witnesses import ask_witnesses
from pingyi.ledger.leaves import record
from pingyi.ledger.sealing import seal
from pingyi.ledger.witness import Witness, _Handler, _Server, open_witness
from pingyi.settings import Settings


@pytest.fixture
def witness(played: Flask, settings: Settings, tmp_path: Path) -> Iterator[tuple[Witness, Settings]]:
    """A witness that answers, and the settings that name it."""
    folder = tmp_path / "witness"
    folder.mkdir()
    key = stored("SELECT verifier_key FROM epoch")[0].verifier_key
    found = open_witness(folder, "university.example/w", [key])
    server = make_server("127.0.0.1", 0, found, server_class=_Server, handler_class=_Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found, replace(settings, witnesses=f"{found.verifier} http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


def grow(settings: Settings) -> None:
    with transaction() as connection:
        record(connection, "test", {"more": 1})
    seal(settings)


def test_the_newest_line_of_a_witness_is_exported_and_right(
    witness: tuple[Witness, Settings], export: Callable[[str], Path]
) -> None:
    found, asking = witness
    before = export("before")
    assert "signed none of the heads" in check(before, witnesses=[found.verifier]).said
    # The witness signs one of three heads of the same hour, which no leaf names.
    grow(asking)
    assert ask_witnesses(asking) == 1
    grow(asking)
    done = check(export("after"), witnesses=[found.verifier])
    assert done.status == 0, done.said
    assert "Witness: 1 lines of university.example/w are right" in done.said
