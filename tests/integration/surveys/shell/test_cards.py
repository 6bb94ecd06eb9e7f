"""Cards are made without a server, registered by their hashes alone, and counted as issued."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.ballot_period import OPEN, ROSTER, ballot_period
from tests.conftest import bearer

from pingyi import cli
from pingyi.db import transaction
from pingyi.settings import Settings
from pingyi_surveys.ballot.card_codes import (
    grouped,
    new_card,
    new_visit_code,
    read_card,
    read_visit_code,
    write_card,
)
from pingyi_surveys.setup.card_hashes import card_hash, cards_of

NOWHERE = {"DATABASE_URL": "postgresql://nowhere:1/none"}


def issue(folder: Path, *more: str, address: str = "https://ballots.example", **env: str) -> Result:
    given = ["--lang", "zh", "cards", "issue", "--out", str(folder), "--address", address, *more]
    return CliRunner().invoke(cli.main, given, env={**NOWHERE, **env})


@pytest.fixture
def shell(settings: Settings) -> dict[str, str]:
    """The environment of a shell on the server."""
    return {
        "PINGYI_STATE": str(settings.state),
        "DATABASE_URL": settings.database_url,
        "OWNER_DATABASE_URL": settings.owner_database_url,
        "REDIS_URL": settings.redis_url,
        "SEALER_DATABASE_URL": settings.sealer_database_url,
        "PINGYI_SECRET_KEY": settings.secret_key,
    }


def register(shell: dict[str, str], *given: str) -> Result:
    return CliRunner().invoke(cli.main, ["--lang", "zh", "cards", "register", *given], env=shell)


def leaves() -> str:
    with transaction() as connection:
        found = connection.execute(
            text("SELECT string_agg(encode(body, 'escape'), '') FROM leaf")
        ).scalar_one()
    return str(found)


def test_issued_cards_are_private_files_and_a_list_that_tells_no_order(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    assert issue(folder, "--count", "40", "--stratum", "district").exit_code == 0
    links = (folder / "links.csv").read_text().splitlines()
    hashes = (folder / "hashes.txt").read_text().splitlines()
    assert all(re.fullmatch(r"https://ballots\.example/c/[0-9A-HJKMNP-TV-Z]{26}", link) for link in links)
    assert len(set(links)) == 40
    made = [card_hash(read_card(link)).hex() for link in links]
    assert sorted(made) == hashes
    assert made != hashes
    assert stat.S_IMODE((folder / "links.csv").stat().st_mode) == 0o600
    slips = (folder / "slips.html").read_text()
    assert slips.count("<section") == 40
    assert slips.count('<div class="sheet">') == 5
    assert "district" in slips
    assert grouped(links[0].rpartition("/")[2]) in slips


@pytest.mark.parametrize(
    "given",
    [("--count", "9"), ("--count", "20", "--address", "ballots.example"), ("--count", "20", "--visit")],
)
def test_cards_that_would_tell_their_voters_or_lead_nowhere_are_not_made(
    tmp_path: Path, given: tuple[str, ...]
) -> None:
    answer = issue(tmp_path / "cards", *given)
    assert answer.exit_code != 0
    assert not (tmp_path / "cards").exists()


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://pingyi", "https://[fd00::1]", ""])
def test_cards_for_an_address_that_only_we_reach_are_not_made(tmp_path: Path, address: str) -> None:
    answer = issue(tmp_path / "cards", "--count", "20", address=address)
    assert answer.exit_code == 1
    assert ("--private-address" if address else "PINGYI_PUBLIC_ADDRESS") in answer.output
    assert not (tmp_path / "cards").exists()


def test_cards_for_a_private_network_are_made_where_that_is_said(tmp_path: Path) -> None:
    inside = "http://10.1.2.3"
    assert issue(tmp_path / "one", "--count", "20", "--private-address", address=inside).exit_code == 0
    told = {"PINGYI_PRIVATE_ADDRESSES": "allowed", "PINGYI_PUBLIC_ADDRESS": "http://10.1.2.3/"}
    assert issue(tmp_path / "two", "--count", "20", address="", **told).exit_code == 0
    assert (tmp_path / "two" / "links.csv").read_text().startswith("http://10.1.2.3/c/")


def test_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep")
    assert issue(tmp_path, "--count", "20").exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_registered_list_is_on_the_record_as_number_and_digest(
    app: Flask, tmp_path: Path, shell: dict[str, str]
) -> None:
    made = ballot_period(opened=False)
    assert issue(tmp_path / "new", "--count", "12").exit_code == 0
    hashes = str(tmp_path / "new" / "hashes.txt")
    done = register(shell, "p", ROSTER, hashes)
    assert done.exit_code == 0, done.output
    assert "已登记 12 张" in done.output
    with transaction() as connection:
        assert cards_of(connection, made.roster_id) == {"": 32}
    first = (tmp_path / "new" / "hashes.txt").read_text().splitlines()[0]
    assert '"cards.committed"' in leaves()
    assert first not in leaves()
    again = register(shell, "p", ROSTER, hashes)
    assert again.exit_code == 1
    assert "已经登记过" in again.output


def test_list_that_is_wrong_or_late_or_for_another_box_registers_nothing(
    app: Flask, tmp_path: Path, shell: dict[str, str]
) -> None:
    made = ballot_period()
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("12\n" + "ab" * 32 + "\n" + "ab" * 32 + "\n")
    answer = register(shell, "p", ROSTER, str(wrong))
    assert answer.exit_code == 1
    assert answer.output.count("这一行不是") == 2
    issue(tmp_path / "new", "--count", "12")
    late = register(shell, "p", ROSTER, str(tmp_path / "new" / "hashes.txt"))
    assert "周期处于" in late.output
    other = register(shell, "p", OPEN, str(tmp_path / "new" / "hashes.txt"))
    assert "没有设为名册票箱" in other.output
    with transaction() as connection:
        assert cards_of(connection, made.roster_id) == {"": 20}


def test_visit_codes_of_a_unit_are_registered_while_the_period_is_open(
    app: Flask, tmp_path: Path, shell: dict[str, str]
) -> None:
    made = ballot_period()
    assert issue(tmp_path / "new", "--count", "3", "--visit", "--unit", "u2").exit_code == 0
    links = (tmp_path / "new" / "links.csv").read_text().splitlines()
    assert all(re.fullmatch(r"https://ballots\.example/v/[0-9A-HJKMNP-TV-Z]{12}", link) for link in links)
    hashes = str(tmp_path / "new" / "hashes.txt")
    assert "没有找到" in register(shell, "p", OPEN, hashes, "--visit", "--unit", "u9").output
    done = register(shell, "p", OPEN, hashes, "--visit", "--unit", "u2")
    assert done.exit_code == 0, done.output
    with transaction() as connection:
        row = connection.execute(
            text("SELECT cards, unit_id, hashes FROM card_list WHERE purpose = 'visit'")
        ).one()
    assert row.cards == 3
    assert card_hash(read_visit_code(links[0])) in bytes(row.hashes)
    assert made.open_id


def test_codes_are_read_as_people_type_them() -> None:
    token = new_card()
    code = write_card(token)
    for typed in (code, code.lower(), grouped(code), f" {code} ", f"https://host.example/c/{code}?in=en"):
        assert read_card(typed) == token
    visit = new_visit_code()
    assert read_visit_code(grouped(visit.decode()).lower()) == visit
    for wrong in ("", code[1:], "8" + code[1:], "票" * 26, code.replace(code[3], "U")):
        with pytest.raises(ValueError, match=r"code|bits"):
            read_card(wrong)


def test_card_issuer_registers_over_the_api_and_nobody_else_does(app: Flask, client: FlaskClient) -> None:
    made = ballot_period(opened=False)
    path = f"/api/v1/periods/p/channels/{ROSTER}/cards"
    hashes = sorted(card_hash(new_card()).hex() for _ in range(10))
    assert client.post(path, json={"hashes": hashes}).status_code == 401
    assert client.post(path, json={"hashes": hashes}, headers=bearer("administrator")).status_code == 403
    issuer = bearer("card_issuer")
    few = client.post(path, json={"hashes": hashes[:9]}, headers=issuer)
    assert json.loads(few.text)["code"] == "too_few_cards"
    assert client.post(path, json={"hashes": ["xyz"]}, headers=issuer).status_code == 422
    done = client.post(path, json={"hashes": hashes}, headers=issuer)
    assert done.status_code == 201, done.text
    told = json.loads(done.text)
    assert told["cards"] == 10
    assert told["digest"] in leaves()
    again = client.post(path, json={"hashes": hashes}, headers=issuer)
    assert json.loads(again.text)["code"] == "cards_known"
    with transaction() as connection:
        assert cards_of(connection, made.roster_id) == {"": 30}
