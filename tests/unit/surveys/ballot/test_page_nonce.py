"""A page's nonce is good for that page and key only, for half a day."""

from __future__ import annotations

import base64

import pytest

from pingyi_surveys.ballot.page_nonce import OLDEST_SECONDS, Bound, new_nonce, read_nonce

KEY = bytes(range(32))
PAGE = Bound(3, 14, 15)
NOW = 1_800_000_000


def test_nonce_is_read_back_with_its_time() -> None:
    written = new_nonce(KEY, PAGE, NOW)
    found = read_nonce(KEY, PAGE, written)
    assert found
    assert found.issued == NOW
    assert len(written) == 54
    assert found.token != read_nonce(KEY, PAGE, new_nonce(KEY, PAGE, NOW)).token


@pytest.mark.parametrize("other", [Bound(4, 14, 15), Bound(3, 13, 15), Bound(3, 14, 0)])
def test_nonce_of_another_page_is_none(other: Bound) -> None:
    assert read_nonce(KEY, other, new_nonce(KEY, PAGE, NOW)) is None


def test_nonce_of_another_key_is_none() -> None:
    assert read_nonce(bytes(32), PAGE, new_nonce(KEY, PAGE, NOW)) is None


@pytest.mark.parametrize("written", ["", "x", "=" * 54, "é" * 54, "A" * 54, "A" * 53, "A" * 5000, "\0"])
def test_what_nobody_signed_is_none(written: str) -> None:
    assert read_nonce(KEY, PAGE, written) is None


def test_any_byte_changed_is_none() -> None:
    content = base64.urlsafe_b64decode(new_nonce(KEY, PAGE, NOW) + "==")
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1
        assert read_nonce(KEY, PAGE, base64.urlsafe_b64encode(changed).decode().rstrip("=")) is None


def test_nonce_is_stale_after_half_a_day_and_from_the_future() -> None:
    found = read_nonce(KEY, PAGE, new_nonce(KEY, PAGE, NOW))
    assert found
    assert not found.stale(NOW - 60)
    assert not found.stale(NOW + OLDEST_SECONDS)
    assert found.stale(NOW + OLDEST_SECONDS + 1)
    assert found.stale(NOW - 3600)
