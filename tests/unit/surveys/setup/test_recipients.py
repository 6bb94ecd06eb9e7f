"""Who gets a card, and of which stratum."""

from __future__ import annotations

import random

import pytest

from pingyi.domain.errors import Problem
from pingyi_surveys.ballot.card_codes import write_card
from pingyi_surveys.setup.card_hashes import card_hash
from pingyi_surveys.setup.recipients import (
    IssuedCard,
    Recipient,
    deal,
    read_addresses,
    read_cards,
    read_contacts,
)


def people(*strata: str) -> list[Recipient]:
    return [Recipient(n, f"a{n}@b.example", f"R{n}", stratum) for n, stratum in enumerate(strata)]


def cards(**amounts: int) -> list[IssuedCard]:
    return [
        IssuedCard(f"{stratum}-{n}", stratum.replace("none", ""))
        for stratum, amount in amounts.items()
        for n in range(amount)
    ]


def test_deal_strata_of_the_draw_take_cards_of_their_own_stratum() -> None:
    dealt, left = deal(people("a", "b", "a"), cards(a=3, b=1), random.Random(1).shuffle)
    assert [(one.stratum, card.stratum) for one, card in dealt] == [("a", "a"), ("b", "b"), ("a", "a")]
    assert [card.stratum for card in left] == ["a"]
    assert len({card.link for _, card in dealt}) == 3


def test_deal_cards_without_strata_are_shared() -> None:
    dealt, left = deal(people("a", "b", ""), cards(none=3), random.Random(1).shuffle)
    assert (len(dealt), left) == (3, [])


def test_deal_plain_addresses_take_cards_of_one_stratum_only() -> None:
    assert len(deal(people("", ""), cards(a=2), random.Random(1).shuffle)[0]) == 2
    with pytest.raises(Problem, match="cards_too_few"):
        deal(people("", ""), cards(a=2, b=2), random.Random(1).shuffle)


def test_deal_a_stratum_without_enough_cards_is_named() -> None:
    with pytest.raises(Problem) as refused:
        deal(people("a", "b", "b"), cards(a=5, b=1), random.Random(1).shuffle)
    assert refused.value.message.en.startswith("Too few cards: 1 more are needed (strata: b)")


def test_deal_leaves_the_order_of_the_file_behind() -> None:
    orders = set()
    for seed in range(20):
        dealt, _ = deal(people(*["a"] * 8), cards(a=8), random.Random(seed).shuffle)
        orders.add(tuple(card.link for _, card in dealt))
    assert len(orders) == 20


def test_read_addresses_skips_a_heading_and_empty_lines_and_counts_all() -> None:
    found = read_addresses([["邮箱", "单位"], ["a@b.example", "x"], [""], [" c@d.example "]])
    assert [(one.line, one.address) for one in found] == [(2, "a@b.example"), (4, "c@d.example")]


def test_read_contacts_a_member_twice_is_refused_by_line() -> None:
    with pytest.raises(Problem) as refused:
        read_contacts([["R1", "a@b.example"], ["R1", "c@d.example"], ["R2"]])
    assert [error.row for error in refused.value.errors] == [2, 3]
    assert all("@" not in error.message.en + error.message.zh for error in refused.value.errors)


def test_read_cards_only_links_of_registered_cards_are_taken() -> None:
    known, unknown = bytes(16), bytes([1] * 16)
    registered = {card_hash(known): "a"}
    link = f"https://ballots.example/c/{write_card(known)}"
    assert read_cards([link, ""], registered) == [IssuedCard(link, "a")]
    for lines in ([link, link], [link, f"https://ballots.example/c/{write_card(unknown)}"], ["x"], []):
        with pytest.raises(Problem, match="links_invalid"):
            read_cards(lines, registered)
