"""A roster's ballot: page after page, interrupted and resumed, cast once, whatever happens in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text
from tests.ballot_period import ballot_period, close
from tests.integration.surveys.rosters import NAMES, Voter, cast_count, chosen, code_on, opened

from pingyi.db import transaction
from pingyi.settings import Settings
from pingyi_surveys.ballot.card_codes import grouped, new_card, write_card
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER

ALL = {number: number % 4 for number in range(84)}


def page_of(page: int) -> dict[int, int]:
    return {number: option for number, option in ALL.items() if 24 * (page - 1) <= number < 24 * page}


def fill_in(voter: Voter, pages: range = range(1, 4)) -> None:
    for page in pages:
        assert voter.send(page_of(page), "next", page).status_code == 200


def test_ballot_of_84_units_resumes_on_another_device_and_is_cast_as_chosen(
    app: Flask, settings: Settings
) -> None:
    made = ballot_period(NAMES)
    voter = Voter(app, made.cards[0])
    assert "第 1 页，共 4 页" in voter.get().text
    fill_in(voter, range(1, 3))
    kept = voter.send({48: 2}, "save", 3)
    assert "已保存，还没有提交" in kept.text
    assert "已选 49 / 84 项" in kept.text
    other = Voter(app, made.cards[0], {"Accept-Language": "en"})
    resumed = other.get()
    assert "Page 3 of 4" in resumed.text
    assert chosen(resumed) == {48: 2}
    assert chosen(other.get("?page=1")) == page_of(1)
    fill_in(other, range(3, 4))
    done = other.send(page_of(4), "submit", 4)
    assert "Your rating has been received" in done.text
    (ballot,) = opened(made, settings)
    assert ballot.answers == tuple(ALL[number] for number in range(84))
    assert (ballot.device, ballot.network, ballot.unit, ballot.fill) == (b"", b"", "", 0)


def test_lost_answer_sent_again_gives_the_same_receipt_and_never_the_choices(app: Flask) -> None:
    made = ballot_period()
    voter = Voter(app, made.cards[0])
    choices = {0: 0, 1: 1, 2: 2}
    first = voter.send(choices, "submit")
    again = voter.send({0: 2, 1: 2, 2: 2}, "submit")
    looked = voter.get()
    assert "这张评议票已经用过" in again.text
    assert code_on(first) == code_on(again) == code_on(looked)
    assert "radio" not in looked.text
    assert cast_count() == 1


def test_sixteen_casts_of_one_card_at_once_leave_one_ballot(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    voter = Voter(app, made.cards[3])
    ways = [{0: n % 4, 1: n // 4, 2: (n + 1) % 4} for n in range(16)]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda way: voter.send(way, "submit"), ways))
    assert {answer.status_code for answer in answers} == {200}
    assert len({code_on(answer) for answer in answers}) == 1
    assert sum("已收到您的评议" in answer.text for answer in answers) == 1
    (ballot,) = opened(made, settings)
    assert ballot.answers in {tuple(way[n] for n in range(3)) for way in ways}


def test_open_questions_are_asked_about_once_and_then_abstain(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    voter = Voter(app, made.cards[0])
    asked = voter.send({1: 0}, "submit")
    assert "还有 2 项没有选" in asked.text
    assert cast_count() == 0
    voter.send({0: 1, 1: 0}, "next")
    assert "还有 1 项没有选" in voter.confirm(asked).text, "what was confirmed is no longer what is there"
    done = voter.confirm(voter.send({0: 1, 1: 0}, "submit"))
    assert "已收到您的评议" in done.text
    assert opened(made, settings)[0].answers == (1, 0, NO_ANSWER)


def test_blank_ballot_is_a_return_that_abstains_on_every_unit(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    voter = Voter(app, made.cards[0])
    asked = voter.send({}, "submit")
    assert "这是一张空白票" in asked.text
    assert "已收到您的评议" in voter.confirm(asked).text
    assert opened(made, settings)[0].answers == (NO_ANSWER,) * 3


def test_wrong_field_is_named_and_what_was_chosen_stays(app: Flask) -> None:
    made = ballot_period()
    voter = Voter(app, made.cards[0])
    answer = voter.send({0: 1, 1: 9}, "submit")
    assert answer.status_code == 422
    assert "没有这个选项" in answer.text
    assert chosen(answer) == {0: 1}
    assert chosen(voter.get()) == {0: 1}


def test_other_language_keeps_page_and_choices_and_sets_no_cookie(app: Flask) -> None:
    made = ballot_period(NAMES)
    voter = Voter(app, made.cards[0])
    fill_in(voter, range(1, 2))
    switched = voter.send({24: 1}, "", 2, lang="en")
    assert "Page 2 of 4" in switched.text
    assert chosen(switched) == {24: 1}
    onward = voter.send({24: 1}, "next", 2, **{"in": "en"})
    assert "Page 3 of 4" in onward.text
    assert "Set-Cookie" not in onward.headers
    assert "Set-Cookie" not in switched.headers


def test_card_is_read_however_it_is_typed_and_an_unknown_one_is_told_so(app: Flask) -> None:
    made = ballot_period()
    client = app.test_client()
    code = write_card(made.cards[0])
    typed = grouped(code.replace("0", "o").replace("1", "l")).lower()
    assert client.get(f"/c/{typed}").status_code == 200
    for wrong in (write_card(new_card()), code[:-1], "Z" * 26, "票"):
        answer = client.get(f"/c/{wrong}")
        assert answer.status_code == 404
        assert "没有这张票卡" in answer.text
        assert client.post(f"/c/{wrong}").status_code == 404


def test_period_that_is_not_open_yet_shows_no_ballot(app: Flask) -> None:
    made = ballot_period(opened=False)
    voter = Voter(app, made.cards[0])
    assert voter.get().status_code == 423
    assert "还没有开始" in voter.get().text


def test_ballot_after_closing_is_refused_and_leaves_nothing(app: Flask) -> None:
    made = ballot_period()
    voter = Voter(app, made.cards[0])
    assert voter.send({0: 1}, "next").status_code == 200
    close()
    answer = voter.send({0: 1, 1: 1, 2: 1}, "submit")
    assert answer.status_code == 423
    assert "已经截止" in answer.text
    assert cast_count() == 0


def test_form_without_its_page_changes_nothing(app: Flask) -> None:
    made = ballot_period()
    voter = Voter(app, made.cards[0])
    voter.send({0: 1}, "next")
    assert voter.send({}, "submit", 99).status_code == 200
    assert chosen(voter.get()) == {0: 1}
    assert cast_count() == 0


def test_another_site_cannot_send_the_form(app: Flask) -> None:
    made = ballot_period()
    foreign = Voter(app, made.cards[0], {"Sec-Fetch-Site": "cross-site"})
    assert foreign.send({0: 1, 1: 1, 2: 1}, "submit").status_code == 403
    assert cast_count() == 0


def test_logs_and_statements_name_no_card(
    app: Flask, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    made = ballot_period()
    voter = Voter(app, made.cards[0])
    voter.send({0: 1}, "save")
    voter.send({0: 1, 1: 1, 2: 1}, "submit")
    voter.get()
    heard = "".join((*capfd.readouterr(), caplog.text))
    assert write_card(made.cards[0]) not in heard
    with transaction() as connection:
        leaves = connection.execute(
            text("SELECT string_agg(encode(body, 'escape'), '') FROM leaf")
        ).scalar_one()
    assert write_card(made.cards[0]) not in leaves
    assert made.cards[0].hex() not in leaves
