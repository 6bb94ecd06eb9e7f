"""What may be shown of an answer: never whom it is about, however a server words it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingyi_surveys.ballot.card_codes import write_card
from pingyi_surveys.mail.addresses import is_address
from pingyi_surveys.mail.answers import answer_of

ADDRESSES = st.emails().filter(is_address)
WORDS = st.text(st.characters(categories=["L", "Z", "P", "C"], exclude_characters="@"), max_size=40)


@given(ADDRESSES, WORDS, WORDS, st.sampled_from(["{}", "<{}>", "({}):", "'{}'", "to={},"]))
def test_no_address_is_shown(address: str, before: str, after: str, how: str) -> None:
    said = f"5.1.1 {before} {how.format(address)} {after}".encode("utf-8", "surrogatepass")
    shown = answer_of(550, said, address).words
    assert address.casefold() not in shown.casefold()
    assert shown.isprintable() and "@" not in shown


@given(st.binary(min_size=16, max_size=16), WORDS)
def test_no_card_is_shown(card: bytes, words: str) -> None:
    code = write_card(card)
    assert code not in answer_of(554, f"spam: https://b.example/c/{code} or {code} {words}").words


def test_parts_of_an_address_are_hidden_as_words_and_not_within_them() -> None:
    said = "User li unknown at people.example, listing of others"
    assert answer_of(550, said, "li@people.example").words == "User … unknown at …, listing of others"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("5.1.1 no such user q8-77", "5.1.1 unknown q8-78", True),
        ("5.1.1 no such user", "5.2.1 disabled", False),
        ("try in 300 seconds", "try in 299 seconds", True),
        ("try later", "never", False),
    ],
)
def test_kinds_are_told_apart_by_status_else_by_words(one: str, other: str, same: bool) -> None:
    assert (answer_of(550, one).kind == answer_of(550, other).kind) is same


def test_every_line_of_a_reply_is_read_with_its_status_once() -> None:
    said = b"5.1.1 The account\n5.1.1 does not exist"
    assert str(answer_of(550, said)) == "550 5.1.1 The account does not exist"
