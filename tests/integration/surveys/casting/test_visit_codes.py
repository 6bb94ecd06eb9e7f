"""Visit codes: one ballot each of the strongest class, found however they are typed, and hard to guess."""

from __future__ import annotations

from flask import Flask
from tests.ballot_period import ballot_period, close
from tests.integration.surveys.open_pages import (
    ALREADY,
    RECEIVED,
    add_visits,
    ballots,
    heading,
    path_of,
    receipt,
    stored,
    visitor,
)

from pingyi.settings import Settings
from pingyi_surveys.casting.visit_codes import WRONG_PER_MINUTE

CLIENT = {"REMOTE_ADDR": "203.0.113.7"}


def test_visit_code_rates_its_unit_in_a_stratum_of_its_own_without_marks(
    app: Flask, settings: Settings
) -> None:
    made = ballot_period()
    code, _ = add_visits("u2")
    someone = visitor(app, f"/v/{code}")
    asked = someone.scan()
    assert "市教育局" in asked.text
    assert "每个办件码只计一次" in asked.text
    got = someone.send("04125")
    assert heading(got) == RECEIVED
    assert "Set-Cookie" not in got.headers
    (found,) = ballots(settings, made)
    assert (found.unit, found.stratum, found.visit) == ("u2", "visit", True)
    assert (found.device, found.network) == (b"", b"")


def test_code_counts_once_whatever_page_it_comes_from(app: Flask) -> None:
    ballot_period()
    code, other = add_visits()
    first, second = visitor(app, f"/v/{code}"), visitor(app, f"/v/{code}")
    second.scan()
    got = first.rate()
    again = second.send("44444")
    assert (heading(got), heading(again)) == (RECEIVED, ALREADY)
    assert receipt(got) == receipt(again)
    before = visitor(app, f"/v/{code}").scan()
    assert (heading(before), receipt(before)) == (ALREADY, receipt(got))
    assert "/v/" not in before.text
    assert heading(visitor(app, f"/v/{other}").rate()) == RECEIVED
    assert stored() == 2


def test_code_is_found_in_small_letters_and_with_hyphens(app: Flask) -> None:
    ballot_period()
    (code,) = add_visits(count=1)
    typed = "-".join((code[:4], code[4:8], code[8:])).lower().replace("0", "o").replace("1", "l")
    assert heading(visitor(app, f"/v/{typed}").rate()) == RECEIVED
    assert heading(visitor(app, f"/v/{code}").scan()) == ALREADY


def test_list_that_is_registered_later_is_read(app: Flask) -> None:
    ballot_period()
    first, _ = add_visits()
    assert visitor(app, f"/v/{first}").scan().status_code == 200
    later, _ = add_visits("u2")
    assert visitor(app, f"/v/{later}").scan().status_code == 200


def test_wrong_codes_are_told_until_there_are_too_many_from_one_network(
    app: Flask, settings: Settings
) -> None:
    made = ballot_period()
    (code,) = add_visits(count=1)
    client = app.test_client()
    wrong = [f"/v/{n:012d}" for n in range(WRONG_PER_MINUTE - 3)] + ["/v/x", "/v/é", "/v/" + "0" * 400]
    assert {client.get(path, environ_base=CLIENT).status_code for path in wrong} == {404}
    refused = client.get(f"/v/{code}", environ_base=CLIENT)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert client.get(f"/v/{code}", environ_base={"REMOTE_ADDR": "198.51.100.9"}).status_code == 200
    assert client.get(path_of(settings, made), environ_base=CLIENT).status_code == 200
    kept = app.extensions["pingyi_surveys.visits"].limiter.storage
    assert not any("203.0.113" in str(one) for one in vars(kept).values())


def test_right_codes_are_never_counted_against_a_network(app: Flask) -> None:
    ballot_period()
    (code,) = add_visits(count=1)
    client = app.test_client()
    answers = {client.get(f"/v/{code}", environ_base=CLIENT).status_code for _ in range(WRONG_PER_MINUTE + 5)}
    assert answers == {200}


def test_code_after_closing_is_told_that_it_is_over(app: Flask) -> None:
    ballot_period()
    (code,) = add_visits(count=1)
    close()
    got = visitor(app, f"/v/{code}").scan()
    assert (got.status_code, "不再收票" in got.text) == (423, True)
