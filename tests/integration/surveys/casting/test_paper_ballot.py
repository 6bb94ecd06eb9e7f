"""Paper ballots: two accounts key each form, and only what both agree on goes into the box."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.ballot_period import ROSTER, Ballots, ballot_period
from tests.integration.surveys.rosters import NAMES, Voter, cast_count, opened
from tests.integration.web.conftest import PASSWORD, csrf, make_account
from tests.small_scheme import open_draft
from werkzeug.test import TestResponse

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.callers import SHELL, Caller
from pingyi.settings import Settings
from pingyi_surveys.ballot.card_codes import grouped, new_card, write_card
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER
from pingyi_surveys.casting.paper_ballot import key_ballot
from pingyi_surveys.casting.roster_cards import find_card

PATH = f"/office/periods/p/ballots/{ROSTER}/paper"


@dataclass
class Keyer:
    """Somebody at the office, signed in."""

    client: FlaskClient

    def key(self, card: bytes, digits: Mapping[int, str], do: str = "key") -> TestResponse:
        token = csrf(self.client, PATH)
        data = {f"q{number}": digit for number, digit in digits.items()}
        sticker = grouped(write_card(card)).lower()
        return self.client.post(PATH, data={**data, "sticker": sticker, "do": do, "csrf_token": token})


def signed_in(app: Flask, login: str, *roles: str) -> Keyer:
    make_account(login, *roles)
    client = app.test_client()
    form = {"login": login, "password": PASSWORD, "csrf_token": csrf(client)}
    assert client.post("/sign-in", data=form).status_code == 303
    return Keyer(client)


@pytest.fixture
def made(app: Flask) -> Ballots:
    return ballot_period()


@pytest.fixture
def first(app: Flask, made: Ballots) -> Keyer:
    return signed_in(app, "zhang.san", "reviewer")


@pytest.fixture
def second(app: Flask, made: Ballots) -> Keyer:
    return signed_in(app, "li.si", "administrator")


def leaves(kind: str) -> list[dict[str, Any]]:
    with transaction() as connection:
        bodies = connection.execute(
            text("SELECT body FROM leaf WHERE kind = :kind"), {"kind": kind}
        ).scalars()
        return [json.loads(bytes(body)) for body in bodies]


def test_ballot_that_two_people_keyed_alike_is_cast_as_it_stands_on_paper(
    app: Flask, made: Ballots, first: Keyer, second: Keyer, settings: Settings
) -> None:
    digits = {0: "1", 1: "", 2: "4"}
    form = first.key(made.cards[0], {}, "")
    assert form.text.count('maxlength="1"') == 3
    assert "请另一位工作人员" in first.key(made.cards[0], digits).text
    assert cast_count() == 0
    done = second.key(made.cards[0], digits)
    assert "已入箱。回执码" in done.text
    assert "已入箱 1 张" in done.text
    (ballot,) = opened(made, settings)
    assert ballot.answers == (0, NO_ANSWER, 3)
    (leaf,) = leaves("paper.keyed")
    assert leaf.keys() == {"kind", "nonce", "period", "channel", "by"}
    assert len(set(map(str, leaf["by"]))) == 2
    with transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM ballot_draft")).scalar_one() == 0
    assert "这张评议票已经用过" in Voter(app, made.cards[0]).get().text


def test_same_person_twice_is_one_keying(made: Ballots, first: Keyer, second: Keyer) -> None:
    first.key(made.cards[0], {0: "1"})
    assert "请另一位工作人员" in first.key(made.cards[0], {0: "2"}).text
    assert cast_count() == 0
    assert "不同" in second.key(made.cards[0], {0: "1"}).text
    assert "已入箱。回执码" in second.key(made.cards[0], {0: "2"}).text


def test_differences_are_told_by_number_and_never_by_value(app: Flask) -> None:
    made = ballot_period(NAMES)
    one, two = signed_in(app, "zhang.san", "approver"), signed_in(app, "li.si", "reviewer")
    keyed = {number: str(number % 3 + 1) for number in range(84)}
    one.key(made.cards[0], keyed)
    answer = two.key(made.cards[0], keyed | {6: "4", 11: ""})
    assert answer.status_code == 409
    assert "第 7, 12 个单位" in answer.text
    assert answer.text.count('aria-invalid="true"') == 2
    assert 'name="q6" value="4"' in answer.text, "what the second person typed stays"
    assert cast_count() == 0


def test_first_keying_can_be_taken_back_and_is_keyed_anew_by_two(
    made: Ballots, first: Keyer, second: Keyer
) -> None:
    first.key(made.cards[0], {0: "1"})
    assert "撤回第一次录入" in second.key(made.cards[0], {0: "3"}).text
    assert "已撤回" in second.key(made.cards[0], {0: "3"}, "back").text
    assert len(leaves("paper.taken_back")) == 1
    assert "请另一位工作人员" in second.key(made.cards[0], {0: "3"}).text
    assert "已入箱。回执码" in first.key(made.cards[0], {0: "3"}).text


def test_used_unknown_and_foreign_stickers_are_refused(
    app: Flask, made: Ballots, first: Keyer, second: Keyer
) -> None:
    Voter(app, made.cards[0]).send({0: 1, 1: 1, 2: 1}, "submit")
    used = first.key(made.cards[0], {0: "1"})
    assert used.status_code == 409
    assert "已经入箱" in used.text
    assert first.key(new_card(), {}).status_code == 404


def test_card_cast_online_between_the_keyings_is_not_counted_twice(
    app: Flask, made: Ballots, first: Keyer, second: Keyer
) -> None:
    first.key(made.cards[0], {0: "1"})
    Voter(app, made.cards[0]).send({0: 1, 1: 1, 2: 1}, "submit")
    assert second.key(made.cards[0], {0: "1"}).status_code == 409
    assert cast_count() == 1


def test_digit_without_an_option_is_named_and_nothing_is_kept(made: Ballots, first: Keyer) -> None:
    answer = first.key(made.cards[0], {0: "7", 1: "2", 2: "x"})
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 2
    assert 'name="q1" value="2"' in answer.text
    with transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM ballot_draft")).scalar_one() == 0


def test_reviewer_is_led_to_the_roster_that_is_open(app: Flask) -> None:
    ballot_period(opened=False)
    keyer = signed_in(app, "zhang.san", "reviewer")
    assert "现在没有名册在收票" in keyer.client.get("/office/paper").text
    assert 'href="/office/paper"' in keyer.client.get("/office/paper").text
    open_draft("p")
    assert keyer.client.get("/office/paper").location == PATH


def test_only_accounts_of_the_office_key_paper(app: Flask, made: Ballots) -> None:
    assert app.test_client().get(PATH).status_code == 303
    auditor = signed_in(app, "wang", "auditor")
    assert auditor.client.get(PATH).status_code == 403
    card = find_card(write_card(made.cards[0]))
    key = Caller(name="0123456789ab", roles=frozenset({"administrator"}))
    for caller in (SHELL, key):
        with pytest.raises(Problem, match="forbidden"):
            key_ballot(caller, card, (0, 0, 0))
