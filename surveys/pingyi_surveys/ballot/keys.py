"""The secrets of a period's ballots: what web hosts hold, what opens the box, and what is made of both.

Two secrets of 32 random bytes are all there is. The *period secret* lies on web hosts and is destroyed just
before the opening; nullifiers, marks and drafts hang on it. The *box secret* lies on the counting host or on
paper; it gives the key that opens the box and the intake key that shows where a ballot was taken in. Web
hosts hold only the public half of the former, and the latter, from which neither secret can be found.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pingyi.domain.canonical import canonical_json, sha256_hex
from pingyi_surveys.ballot.key_messages import box_key_wrong, key_file_changed, key_file_unreadable

KEY_BYTES = 32
MARK_BYTES = 16
FORMAT = "pingyi-ballot-keys-1"

Kind = Literal["card", "visit", "page"]


class PeriodKeys(NamedTuple):
    """What the period secret gives; noise once it is destroyed."""

    nullifier: bytes
    mark: bytes
    network: bytes
    draft: bytes


class BoxKeys(NamedTuple):
    """What the box secret gives: the key pair of the box (X25519, raw) and the intake key."""

    private: bytes
    public: bytes
    intake: bytes


class KeyFile(NamedTuple):
    """What a web host needs; `rosters`: SHA-256 of each roster's list of cards in hexadecimal, by channel."""

    period: str
    public: bytes
    intake: bytes
    secret: bytes
    rosters: Mapping[str, str]


class _Written(msgspec.Struct):
    format: str
    period: str
    public: str
    intake: str
    secret: str
    rosters: dict[str, str]


def new_secret() -> bytes:
    """32 bytes of chance, for a period secret or a box secret."""
    return os.urandom(KEY_BYTES)


def period_keys(secret: bytes) -> PeriodKeys:
    """The keys of a period secret, by HKDF-SHA256 (RFC 5869)."""
    return PeriodKeys(*(derive(secret, f"pingyi {name} 1") for name in PeriodKeys._fields))


def box_keys(secret: bytes) -> BoxKeys:
    """The keys of a box secret, by HKDF-SHA256 (RFC 5869)."""
    private = derive(secret, "pingyi box key 1")
    public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    return BoxKeys(private, public, derive(secret, "pingyi intake 1"))


def box_keys_of(secret: bytes, public: bytes) -> BoxKeys:
    """The keys of a box secret for the box known by `public`; Problem box_key_wrong for another one's."""
    keys = box_keys(secret)
    if keys.public != public:
        raise box_key_wrong()
    return keys


def nullifier(key: bytes, channel: str, kind: Kind, token: bytes) -> bytes:
    """32 bytes under which a card, visit code or page can cast one ballot on a channel."""
    return _mac(key, channel.encode(), kind.encode(), token)


def device_mark(key: bytes, cookie: bytes, channel: str, unit: str) -> bytes:
    """16 bytes that two ballots of one device for one unit share, and no others."""
    return _mac(key, cookie, channel.encode(), unit.encode())[:MARK_BYTES]


def network_mark(key: bytes, day: int, address: str) -> bytes:
    """16 bytes that a network's ballots of one day share: of the /24 of IPv4, the /48 of IPv6.

    Raises ValueError where `address` is none.
    """
    found = ipaddress.ip_address(address)
    found = getattr(found, "ipv4_mapped", None) or found
    prefix = found.packed[:3] if found.version == 4 else found.packed[:6]
    return _mac(key, day.to_bytes(4, "big"), prefix)[:MARK_BYTES]


def write_key_file(keys: KeyFile) -> bytes:
    """The bytes of the key file; their SHA-256 goes into the record before the period opens."""
    parts = {name: value.hex() for name, value in keys._asdict().items() if isinstance(value, bytes)}
    return canonical_json({"format": FORMAT, "period": keys.period, "rosters": keys.rosters, **parts}) + b"\n"


def read_key_file(content: bytes, digest: str) -> KeyFile:
    """The keys of the file whose SHA-256 the record holds; Problem key_file_changed, key_file_unreadable."""
    if sha256_hex(content) != digest:
        raise key_file_changed(digest, sha256_hex(content))
    try:
        found = msgspec.json.decode(content, type=_Written)
        public, intake, secret = map(bytes.fromhex, (found.public, found.intake, found.secret))
    except ValueError as error:
        raise key_file_unreadable() from error
    keys = KeyFile(found.period, public, intake, secret, found.rosters)
    if write_key_file(keys) != content or {len(public), len(intake), len(secret)} != {KEY_BYTES}:
        raise key_file_unreadable()
    return keys


def derive(secret: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose, by HKDF-SHA256 without salt; ValueError for a secret of another length."""
    if len(secret) != KEY_BYTES:
        raise ValueError("a secret has 32 bytes")
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(secret)


def _mac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA256 over the parts, each after its length: no two lists of parts look alike."""
    return hmac.digest(key, b"".join(len(part).to_bytes(4, "big") + part for part in parts), "sha256")
