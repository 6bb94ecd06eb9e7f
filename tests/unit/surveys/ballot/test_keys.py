"""Secrets, marks, nullifiers and the key file."""

from __future__ import annotations

import hmac
import json

import pytest

from pingyi.domain.canonical import sha256_hex
from pingyi.domain.errors import Problem
from pingyi_surveys.ballot.keys import (
    KeyFile,
    box_keys,
    box_keys_of,
    derive,
    device_mark,
    network_mark,
    new_secret,
    nullifier,
    period_keys,
    read_key_file,
    write_key_file,
)

KEYS = period_keys(bytes(32))
FILE = KeyFile("2017", bytes([1] * 32), bytes([2] * 32), bytes([3] * 32), {"deputies": "ab" * 32})


def test_derive_agrees_with_rfc_5869_extract_and_expand() -> None:

    secret = bytes(range(32))
    extracted = hmac.digest(bytes(32), secret, "sha256")
    assert derive(secret, "x") == hmac.digest(extracted, b"x\x01", "sha256")


def test_derive_refuses_a_secret_of_another_length() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        derive(bytes(31), "x")


def test_keys_of_one_secret_all_differ() -> None:
    assert len({*KEYS, *box_keys(bytes(32))}) == 7


def test_new_secrets_differ() -> None:
    assert new_secret() != new_secret()
    assert len(new_secret()) == 32


def test_box_keys_of_the_wrong_secret_are_refused() -> None:
    keys = box_keys(bytes(32))
    assert box_keys_of(bytes(32), keys.public) == keys
    with pytest.raises(Problem, match="box_key_wrong"):
        box_keys_of(bytes([1] * 32), keys.public)


def test_nullifier_differs_by_channel_kind_and_token() -> None:
    found = [
        nullifier(KEYS.nullifier, "a", "card", b"1"),
        nullifier(KEYS.nullifier, "b", "card", b"1"),
        nullifier(KEYS.nullifier, "a", "visit", b"1"),
        nullifier(KEYS.nullifier, "a", "card", b"2"),
        nullifier(KEYS.nullifier, "ac", "card", b"1"),
        nullifier(KEYS.mark, "a", "card", b"1"),
    ]
    assert len(set(found)) == len(found)
    assert nullifier(KEYS.nullifier, "a", "card", b"1") == found[0]
    assert {len(one) for one in found} == {32}


def test_device_mark_never_joins_units_or_channels() -> None:
    found = [
        device_mark(KEYS.mark, b"cookie", "qr", "A01"),
        device_mark(KEYS.mark, b"cookie", "qr", "A02"),
        device_mark(KEYS.mark, b"cookie", "web", "A01"),
        device_mark(KEYS.mark, b"cookieq", "r", "A01"),
    ]
    assert len(set(found)) == 4
    assert {len(one) for one in found} == {16}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("::ffff:192.0.2.1", "192.0.2.9", True),
        ("2001:db8:1::1", "2001:db8:1:ffff::2", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
    ],
)
def test_network_mark_is_of_the_network(one: str, other: str, *, same: bool) -> None:
    marks = [network_mark(KEYS.network, 7, address) for address in (one, other)]
    assert (marks[0] == marks[1]) is same


def test_network_mark_changes_every_day() -> None:
    assert network_mark(KEYS.network, 7, "192.0.2.1") != network_mark(KEYS.network, 8, "192.0.2.1")


def test_network_mark_of_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="IPv4 or IPv6"):
        network_mark(KEYS.network, 7, "unix:")


def test_key_file_reads_back() -> None:
    content = write_key_file(FILE)
    assert read_key_file(content, sha256_hex(content)) == FILE


@pytest.mark.parametrize("name", ["public", "intake", "secret", "period", "rosters"])
def test_key_file_with_anything_swapped_is_another_file(name: str) -> None:
    content = write_key_file(FILE)
    swapped = {"deputies": "cd" * 32} if name == "rosters" else "9" if name == "period" else bytes([9] * 32)
    other = write_key_file(FILE._replace(**{name: swapped}))
    with pytest.raises(Problem, match="key_file_changed"):
        read_key_file(other, sha256_hex(content))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "pingyi-ballot-keys-2"},
        {"secret": "00"},
        {"secret": "zz" * 32},
        {"public": 1},
        {"more": 1},
        {"rosters": {"deputies": 1}},
    ],
)
def test_key_file_of_another_shape_is_refused(change: dict[str, object]) -> None:
    document = {**json.loads(write_key_file(FILE)), **change}
    content = json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    with pytest.raises(Problem, match="key_file_unreadable"):
        read_key_file(content, sha256_hex(content))


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[]", write_key_file(FILE)[:-2]])
def test_damaged_key_file_is_refused(content: bytes) -> None:
    with pytest.raises(Problem, match="key_file_unreadable"):
        read_key_file(content, sha256_hex(content))
