"""Witnesses: heads are cosigned by others, only in one line, and what a witness saw cannot be taken back."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIServer, make_server

import pytest
from flask import Flask
from sqlalchemy import text

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.ledger.ask_witnesses import ask_witnesses
from pingyi.ledger.cosignatures import cosigned_at
from pingyi.ledger.keys import load_key
from pingyi.ledger.leaves import record
from pingyi.ledger.notes import Checkpoint, sign
from pingyi.ledger.sealing import seal
from pingyi.ledger.tiles import subtree_reader
from pingyi.ledger.tree import consistency_proof
from pingyi.ledger.tree_heads import newest_head
from pingyi.ledger.witness import Witness, _Handler, _Server, open_witness
from pingyi.settings import Settings


@pytest.fixture
def sealed(app: Flask, settings: Settings, tmp_path: Path) -> Settings:
    """A record of three leaves, sealed, with a heads folder of its own."""
    own = replace(settings, heads=str(tmp_path / "heads"))
    grow(own, 3)
    return own


@pytest.fixture
def witness(sealed: Settings, tmp_path: Path) -> Iterator[tuple[Witness, Settings]]:
    """A witness that answers on a port, and the settings that name it."""
    found = open_witness(tmp_path / "witness", "university.example/w", [verifier()])
    server: WSGIServer = make_server("127.0.0.1", 0, found, server_class=_Server, handler_class=_Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield found, replace(sealed, witnesses=f"{found.verifier} http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


def grow(settings: Settings, leaves: int) -> None:
    with transaction() as connection:
        for number in range(leaves):
            record(connection, "test", {"number": number})
    seal(settings)


def verifier() -> str:
    with transaction() as connection:
        return str(connection.execute(text("SELECT verifier_key FROM epoch")).scalar_one())


def note() -> str:
    with transaction() as connection:
        newest = text("SELECT note FROM tree_head ORDER BY epoch DESC, size DESC LIMIT 1")
        return str(connection.execute(newest).scalar_one())


def cosigned() -> list[int]:
    with transaction() as connection:
        return list(connection.execute(text("SELECT size FROM cosignature ORDER BY size")).scalars())


def request(old: int) -> str:
    with transaction() as connection:
        head = newest_head(connection)
        assert head
        proof = consistency_proof(old, head.size, subtree_reader(connection, head.epoch))
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof), "", note()]
    return "\n".join(lines)


def test_every_new_head_is_cosigned_once(witness: tuple[Witness, Settings]) -> None:
    found, settings = witness
    assert [ask_witnesses(settings), ask_witnesses(settings)] == [1, 0]
    grow(settings, 5)
    assert ask_witnesses(settings) == 1
    assert cosigned() == [3, 8]
    with transaction() as connection:
        lines = connection.execute(
            text("SELECT h.note, c.line FROM cosignature c JOIN tree_head h USING (epoch, size)")
        ).all()
    assert all(cosigned_at(row.note, row.line, found.verifier) for row in lines)


def test_a_witness_that_knows_more_is_caught_up_with_by_its_own_size(
    witness: tuple[Witness, Settings],
) -> None:
    found, settings = witness
    assert found.add_checkpoint(request(0))[0] == 200
    grow(settings, 4)
    assert ask_witnesses(settings) == 1
    assert cosigned() == [7]


def test_a_rewritten_record_is_not_cosigned(witness: tuple[Witness, Settings]) -> None:
    found, settings = witness
    assert found.add_checkpoint(request(0))[0] == 200
    forged = Checkpoint(f"{verifier().split('+')[0]}", 9, b"\7" * 32)
    forged_note = sign(forged.text, forged.origin, load_key(settings.sealer_key_file))
    assert found.add_checkpoint(f"old 3\n\n{forged_note}")[0] == 422
    same_size = Checkpoint(forged.origin, 3, b"\7" * 32)
    forged_note = sign(same_size.text, forged.origin, load_key(settings.sealer_key_file))
    assert found.add_checkpoint(f"old 3\n\n{forged_note}")[0] == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("old x\n\nnote\n", 400),
        ("old 1\n!!\n\nnote\n", 400),
        ("old 0\n\nelsewhere/1\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n— x AAAA\n", 404),
    ],
)
def test_what_is_no_head_of_a_known_log_is_refused(
    witness: tuple[Witness, Settings], body: str, status: int
) -> None:
    assert witness[0].add_checkpoint(body)[0] == status


def test_another_signer_and_an_old_size_are_refused(witness: tuple[Witness, Settings]) -> None:
    found, settings = witness
    body = request(0)
    broken = body[:-8] + ("AAAAAAA\n" if body[-8:] != "AAAAAAA\n" else "BBBBBBB\n")
    assert found.add_checkpoint(broken)[0] in {400, 403}
    assert found.add_checkpoint(body)[0] == 200
    grow(settings, 2)
    status, kind, known = found.add_checkpoint(request(0))
    assert (status, kind, known) == (409, "text/x.tlog.size", "3\n")


def test_a_witness_remembers_over_a_restart(witness: tuple[Witness, Settings]) -> None:
    found, settings = witness
    assert found.add_checkpoint(request(0))[0] == 200
    again = open_witness(found.folder, found.name, [verifier()])
    assert again.verifier == found.verifier
    grow(settings, 2)
    assert again.add_checkpoint(request(0))[0] == 409
    assert again.add_checkpoint(request(3))[0] == 200


def test_a_witness_that_is_away_stops_nothing(sealed: Settings, tmp_path: Path) -> None:
    away = open_witness(tmp_path / "w", "away.example", [verifier()])
    assert ask_witnesses(replace(sealed, witnesses=f"{away.verifier} http://127.0.0.1:9")) == 0


@pytest.mark.parametrize("wrong", ["x", "a+b+c http://127.0.0.1", "file:///etc/passwd"])
def test_a_wrong_setting_is_named(sealed: Settings, wrong: str) -> None:
    with pytest.raises(Problem, match="bad_witnesses"):
        ask_witnesses(replace(sealed, witnesses=wrong))


def test_answers_of_the_api_and_receipts_carry_the_head(sealed: Settings, app: Flask) -> None:
    app.extensions.pop("pingyi.ledger.head", None)
    answer = app.test_client().get("/api/openapi.json")
    with transaction() as connection:
        head = newest_head(connection)
    assert head and answer.headers["Ledger-Checkpoint"] == head.line
    assert "Ledger-Checkpoint" not in app.test_client().get("/sign-in").headers
