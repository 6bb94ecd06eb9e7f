"""The record's public addresses give the bytes of its static files, and nothing beyond the newest head."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.ledger.test_sealing import many, owner

from pingyi.ledger.sealing import seal
from pingyi.ledger.tiles import number_path, read_number_path
from pingyi.settings import Settings


@pytest.fixture
def sealed(app: Flask, settings: Settings) -> None:
    many(513)
    seal(settings)


def test_addresses_give_the_static_files(sealed: None, client: FlaskClient, settings: Settings) -> None:
    files = [path for path in settings.heads_folder.rglob("*") if path.is_file()]
    assert len(files) == 9
    for path in files:
        answer = client.get(f"/ledger/{path.relative_to(settings.heads_folder)}")
        assert (answer.status_code, answer.data) == (200, path.read_bytes()), path
        changing = path.name == "checkpoint"
        assert ("immutable" in answer.headers["Cache-Control"]) is not changing
        assert answer.headers["Cache-Control"].startswith("public, max-age=")


def test_any_part_of_a_tile_is_there(sealed: None, client: FlaskClient) -> None:
    whole = client.get("/ledger/1/tile/0/001").data
    assert len(whole) == 256 * 32
    assert client.get("/ledger/1/tile/0/001.p/17").data == whole[: 17 * 32]
    assert client.get("/ledger/1/tile/1/000.p/2").status_code == 200
    bundle = client.get("/ledger/1/tile/entries/000").data
    assert bundle.startswith(client.get("/ledger/1/tile/entries/000.p/255").data)


@pytest.mark.parametrize(
    "place",
    [
        "2/checkpoint",
        "2/vkey",
        "1/tile/0/002",
        "1/tile/0/002.p/2",
        "1/tile/0/000.p/0",
        "1/tile/0/000.p/256",
        "1/tile/0/000.p/01",
        "1/tile/0/0",
        "1/tile/0/x000/000",
        "1/tile/0/000/000",
        "1/tile/1/000.p/3",
        "1/tile/9/000",
        "1/tile/entries/003",
        "1/tile/entries/x",
        "9999999999999999999999/tile/0/000",
        "9999999999999999999999/tile/entries/000",
        "9999999999999999999999/checkpoint",
        "9223372036854775808/vkey",
        "9223372036854775807/vkey",
    ],
)
def test_what_is_not_there_is_not_found(sealed: None, client: FlaskClient, place: str) -> None:
    assert client.get(f"/ledger/{place}").status_code == 404


def test_lines_of_witnesses_stand_below_the_checkpoint(
    sealed: None, client: FlaskClient, settings: Settings
) -> None:
    alone = client.get("/ledger/1/checkpoint").text
    with owner(settings) as connection:
        connection.execute(
            text("INSERT INTO cosignature (epoch, size, witness, line) VALUES (1, 513, 'w', '\u2014 w AAAA')")
        )
    assert client.get("/ledger/1/checkpoint").text == f"{alone}\u2014 w AAAA\n"


@pytest.mark.parametrize(("number", "path"), [(0, "000"), (999, "999"), (1234067, "x001/x234/067")])
def test_numbers_are_spelt_as_c2sp_says(number: int, path: str) -> None:
    assert number_path(number) == path
    assert read_number_path(path.split("/")) == number
