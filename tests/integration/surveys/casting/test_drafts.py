"""Drafts: one length, opened by their own card only, and by nobody once the ballot is cast."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text
from tests.ballot_period import ballot_period
from tests.integration.surveys.rosters import Voter

from pingyi.db import transaction
from pingyi_surveys.ballot.card_codes import write_card
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER
from pingyi_surveys.casting.drafts import (
    BallotDraft,
    draft_bytes,
    drop_draft,
    empty_draft,
    load_draft,
    remove_dead_drafts,
    save_draft,
)
from pingyi_surveys.casting.roster_cards import RosterCard, find_card


def rows() -> list[tuple[bytes, bytes]]:
    with transaction() as connection:
        found = connection.execute(text("SELECT place, ciphertext FROM ballot_draft")).all()
    return [(bytes(row.place), bytes(row.ciphertext)) for row in found]


@pytest.fixture
def cards(app: Flask) -> list[RosterCard]:
    return [find_card(write_card(token)) for token in ballot_period().cards]


def test_draft_comes_back_as_it_was_saved_and_the_later_one_stays(cards: list[RosterCard]) -> None:
    save_draft(cards[0], BallotDraft((0, 1, 2)))
    save_draft(cards[0], BallotDraft((3, NO_ANSWER, 2), page=1, by="account-7"))
    assert load_draft(cards[0]) == BallotDraft((3, NO_ANSWER, 2), page=1, by="account-7")
    assert len(rows()) == 1


@pytest.mark.parametrize("by", ["", "account-7"])
def test_ciphertext_has_one_length_whatever_is_answered_and_never_repeats(
    cards: list[RosterCard], by: str
) -> None:
    layout = cards[0].box.layout
    drafts = [
        empty_draft(layout),
        BallotDraft((0, 0, 0)),
        BallotDraft((3, 2, 1), page=3),
        BallotDraft((0, 0, 0)),
    ]
    seen = []
    for draft in drafts:
        save_draft(cards[0], replace(draft, by=by))
        seen.append(rows()[0][1])
    assert {len(one) for one in seen} == {draft_bytes(layout)}
    assert len(set(seen)) == len(drafts)


def test_another_card_another_purpose_and_a_damaged_draft_give_nothing(cards: list[RosterCard]) -> None:
    save_draft(cards[0], BallotDraft((0, 1, 2)))
    assert load_draft(cards[1]) is None
    assert load_draft(cards[0], "paper") is None
    with transaction() as connection:
        connection.execute(
            text(
                "UPDATE ballot_draft SET ciphertext = set_byte(ciphertext, 70, get_byte(ciphertext, 70) # 1)"
            )
        )
    assert load_draft(cards[0]) is None
    with transaction() as connection:
        connection.execute(text("UPDATE ballot_draft SET ciphertext = 'x'"))
    assert load_draft(cards[0]) is None


def test_draft_moved_to_the_place_of_another_card_does_not_open(cards: list[RosterCard]) -> None:
    save_draft(cards[0], BallotDraft((0, 1, 2)))
    save_draft(cards[1], BallotDraft((1, 1, 1)))
    (_, first), (second_place, _) = rows()
    with transaction() as connection:
        connection.execute(
            text("UPDATE ballot_draft SET ciphertext = :moved WHERE place = :place"),
            {"moved": first, "place": second_place},
        )
    assert (load_draft(cards[0]), load_draft(cards[1])).count(None) == 1


def test_no_draft_opens_once_the_ballot_is_cast(app: Flask, cards: list[RosterCard]) -> None:
    voter = Voter(app, cards[0].token)
    voter.send({0: 1, 1: 1, 2: 1}, "submit")
    assert rows(), "the row stays until the period secret is destroyed"
    assert load_draft(cards[0]) is None


def test_row_holds_neither_card_nor_answer_in_the_clear(cards: list[RosterCard]) -> None:
    save_draft(cards[0], BallotDraft((1, 1, 1), by="account-7"))
    ((place, ciphertext),) = rows()
    for secret in (cards[0].token, cards[0].code.encode(), b"account-7", bytes((1, 1, 1))):
        assert secret not in place + ciphertext
    assert cards[0].code not in repr(cards[0])


def test_drafts_are_dropped_by_hand_and_swept_once_their_secret_is_destroyed(cards: list[RosterCard]) -> None:
    for card in cards[:3]:
        save_draft(card, BallotDraft((0, 1, 2)))
    drop_draft(cards[0], "screen")
    with transaction() as connection:
        assert remove_dead_drafts(connection) == 0
        connection.execute(
            text(
                "INSERT INTO key_destruction (period_id, what, destroyed_by)"
                " VALUES (:period, 'period_secret', 'shell')"
            ),
            {"period": cards[0].box.period_id},
        )
        assert remove_dead_drafts(connection) == 2
    assert rows() == []
