"""The sealed box: what was sealed comes out, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.surveys.sealing import KEYS, STRANGER, token

from pingyi_surveys.ballot.sealed_box import Opener, SealedGroup, Unopenable, open_one, seal_group, tied_to

PLAIN = st.tuples(st.binary(max_size=80), st.binary(max_size=40))


def one_ballot() -> tuple[SealedGroup, bytes]:
    tied = tied_to("deputies", token(1))
    return seal_group([(b"answers", tied)], KEYS.public), tied


@settings(max_examples=40)
@given(st.lists(PLAIN, max_size=6))
def test_group_opens_to_what_was_sealed(ballots: list[tuple[bytes, bytes]]) -> None:
    group = seal_group(ballots, KEYS.public)
    opener = Opener(KEYS.private)
    found = [
        opener.open(group.public, at, ciphertext, tied)
        for at, (ciphertext, (_, tied)) in enumerate(zip(group.ciphertexts, ballots, strict=True))
    ]
    assert found == [plain for plain, _ in ballots]


def test_opener_goes_from_group_to_group() -> None:
    groups = [seal_group([(bytes([n]), b"")], KEYS.public) for n in range(3)]
    opener = Opener(KEYS.private)
    for n in (0, 1, 0, 2, 1):
        assert opener.open(groups[n].public, 0, groups[n].ciphertexts[0], b"") == bytes([n])


def test_equal_ballots_share_no_bytes() -> None:
    groups = [seal_group([(bytes(50), b"")] * 2, KEYS.public) for _ in range(2)]
    assert len({group.public for group in groups}) == 2
    assert len({ciphertext for group in groups for ciphertext in group.ciphertexts}) == 4


def test_every_flipped_byte_is_noticed() -> None:
    group, tied = one_ballot()
    opener = Opener(KEYS.private)
    sealed = group.ciphertexts[0]
    for at in range(len(sealed)):
        altered = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(Unopenable):
            opener.open(group.public, 0, altered, tied)
    for at in range(32):
        public = group.public[:at] + bytes([group.public[at] ^ 1]) + group.public[at + 1 :]
        with pytest.raises(Unopenable):
            opener.open(public, 0, sealed, tied)


@pytest.mark.parametrize(
    ("position", "tied"),
    [
        (1, tied_to("deputies", token(1))),
        (-1, tied_to("deputies", token(1))),
        (1 << 96, tied_to("deputies", token(1))),
        (0, tied_to("deputies", token(2))),
        (0, tied_to("cppcc", token(1))),
    ],
)
def test_ballot_in_another_place_stays_closed(position: int, tied: bytes) -> None:
    group, _ = one_ballot()
    with pytest.raises(Unopenable):
        open_one(group.public, position, group.ciphertexts[0], tied, KEYS.private)


def test_foreign_key_opens_nothing() -> None:
    group, tied = one_ballot()
    assert open_one(group.public, 0, group.ciphertexts[0], tied, KEYS.private) == b"answers"
    with pytest.raises(Unopenable):
        open_one(group.public, 0, group.ciphertexts[0], tied, STRANGER.private)


@pytest.mark.parametrize("group", [b"", bytes(31), bytes(33), bytes(32), b"\x01" + bytes(31)])
def test_group_key_that_is_none_stays_closed(group: bytes) -> None:
    opener = Opener(KEYS.private)
    for _ in range(2):
        with pytest.raises(Unopenable):
            opener.open(group, 0, bytes(40), b"")


@pytest.mark.parametrize("length", [0, 1, 15, 16])
def test_stub_of_a_ciphertext_stays_closed(length: int) -> None:
    group, tied = one_ballot()
    with pytest.raises(Unopenable):
        open_one(group.public, 0, group.ciphertexts[0][:length], tied, KEYS.private)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(32), b"\x01" + bytes(31)])
def test_nothing_is_sealed_for_a_key_that_keeps_no_secret(public: bytes) -> None:
    with pytest.raises(ValueError, match=r"key|exchange"):
        seal_group([(b"answers", b"")], public)
