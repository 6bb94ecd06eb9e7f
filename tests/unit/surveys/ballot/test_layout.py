"""A ballot as bytes: it reads back, has one length, and every change shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.surveys.sealing import KEYS, POLL, ROSTER, STRANGER, ballot, ballots_of, member, token

from pingyi_surveys.ballot.layout import Layout, Refused, _mac, pack, unpack
from pingyi_surveys.ballot.opened_ballot import OpenedBallot


def refused(layout: Layout, unit: str, nullifier: bytes, plain: bytes) -> str:
    with pytest.raises(Refused) as caught:
        unpack(layout, unit, nullifier, plain, KEYS.intake)
    return caught.value.reason


def signed(layout: Layout, nullifier: bytes, body: bytes) -> bytes:
    return body + _mac(layout, nullifier, body, KEYS.intake)


@given(st.sampled_from([POLL, ROSTER]).flatmap(lambda one: st.tuples(st.just(one), ballots_of(one))))
def test_ballot_reads_back_and_has_the_one_length(given: tuple[Layout, OpenedBallot]) -> None:
    layout, one = given
    plain = pack(layout, one, KEYS.intake)
    assert len(plain) == layout.length
    assert unpack(layout, one.unit, one.nullifier, plain, KEYS.intake) == one


def test_length_is_known_beforehand() -> None:
    assert (POLL.length, ROSTER.length) == (40 + 2 + 2 + 30 + 32, 40 + 3 + 32)


def test_every_flipped_byte_is_a_bad_mac() -> None:
    one = ballot(1, comment="好")
    plain = pack(POLL, one, KEYS.intake)
    for at in range(len(plain)):
        altered = plain[:at] + bytes([plain[at] ^ 1]) + plain[at + 1 :]
        assert refused(POLL, one.unit, one.nullifier, altered) == "bad_mac"


@pytest.mark.parametrize(
    "other",
    [
        replace(POLL, channel="web_poll"),
        replace(POLL, units=("A09", "A02", "B01")),
        replace(POLL, options=("basic", "satisfied", "dissatisfied", "no_opinion")),
        replace(POLL, scored=2),
        replace(POLL, strata=("visit", "hall")),
        replace(POLL, dimensions=("speed", "attitude")),
    ],
)
def test_ballot_of_another_questionnaire_is_a_bad_mac(other: Layout) -> None:
    one = ballot(1, "A02")
    assert refused(other, "A02", one.nullifier, pack(POLL, one, KEYS.intake)) == "bad_mac"


def test_ballot_under_a_foreign_intake_key_or_nullifier_is_a_bad_mac() -> None:
    one = ballot(1)
    assert refused(POLL, "A01", one.nullifier, pack(POLL, one, STRANGER.intake)) == "bad_mac"
    assert refused(POLL, "A01", token(2), pack(POLL, one, KEYS.intake)) == "bad_mac"


@pytest.mark.parametrize("unit", ["A02", "", "Z99"])
def test_ballot_of_another_unit_was_moved(unit: str) -> None:
    one = ballot(1)
    assert refused(POLL, unit, one.nullifier, pack(POLL, one, KEYS.intake)) == "moved"


def test_roster_ballot_in_a_units_place_was_moved() -> None:
    one = member(1, (0, 1, 2))
    assert refused(ROSTER, "A01", one.nullifier, pack(ROSTER, one, KEYS.intake)) == "moved"


@pytest.mark.parametrize("change", [-1, 1])
def test_ballot_of_another_length_is_unreadable(change: int) -> None:
    one = ballot(1)
    plain = pack(POLL, one, KEYS.intake)
    assert refused(POLL, "A01", one.nullifier, (plain + b"\0")[: len(plain) + change]) == "unreadable"


@pytest.mark.parametrize(
    ("at", "value"),
    [(0, 2), (3, 2), (7, 4), (40, 4), (41, 254), (43, 31), (42, 1), (60, 1), (44, 0xFF)],
)
def test_signed_nonsense_is_unreadable(at: int, value: int) -> None:
    one = ballot(1, comment="a")
    body = bytearray(pack(POLL, one, KEYS.intake)[:-32])
    body[at] = value
    assert refused(POLL, "A01", one.nullifier, signed(POLL, one.nullifier, bytes(body))) == "unreadable"


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "Z99"},
        {"unit": ""},
        {"stratum": ""},
        {"answers": (0,)},
        {"answers": (0, 4)},
        {"answers": (0, -1)},
        {"day": 1 << 16},
        {"day": -1},
        {"fill": 256},
        {"device": b"short"},
        {"network": bytes(17)},
        {"nullifier": bytes(31)},
        {"comment": "好" * 11},
        {"comment": "\ud800"},
    ],
)
def test_ballot_that_does_not_fit_is_not_packed(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no such ballot|too long|surrogates"):
        pack(POLL, ballot(1)._replace(**change), KEYS.intake)


def test_comment_has_no_place_where_the_questionnaire_has_none() -> None:
    with pytest.raises(ValueError, match="too long"):
        pack(ROSTER, member(1, (0, 0, 0))._replace(comment="a"), KEYS.intake)


@pytest.mark.parametrize(
    "change",
    [
        {"units": ()},
        {"units": ("A", "A")},
        {"units": tuple(map(str, range(65536)))},
        {"dimensions": tuple(map(str, range(256)))},
        {"options": tuple(map(str, range(256)))},
        {"strata": tuple(map(str, range(257)))},
        {"scored": 0},
        {"scored": 5},
        {"comment": -1},
        {"comment": 65536},
    ],
)
def test_layout_that_fits_no_ballot_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"each once|scored is"):
        replace(POLL, **change)
