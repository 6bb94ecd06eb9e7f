"""The sealed box: one ephemeral X25519 key per commit group, AES-256-GCM per ballot.

A group's AES key is HKDF-SHA256 of the shared secret, salted with both public keys; the nonce is the ballot's
position in the group, so no nonce ever meets a key twice: the ephemeral key is made for one attempt and
dropped. The associated data, channel and nullifier, ties a ciphertext to its row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TAG_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_PURPOSE: Final = b"pingyi sealed ballot 1"


class SealedGroup(NamedTuple):
    """What is stored of a commit group; a ciphertext's place in it is its position."""

    public: bytes
    ciphertexts: tuple[bytes, ...]


class Unopenable(Exception):  # noqa: N818 - said of a ballot, not of the program
    """The key of this box does not open the ciphertext: it was altered, or sealed for another key or row."""


def tied_to(channel: str, nullifier: bytes) -> bytes:
    """The associated data of a ballot."""
    return nullifier + channel.encode()


def seal_group(ballots: Iterable[tuple[bytes, bytes]], public: bytes) -> SealedGroup:
    """Seal plaintexts, each with its associated data, for the box key `public` (raw, 32 bytes).

    ValueError for a public key of low order or another length: nothing would be secret.
    """
    ephemeral = X25519PrivateKey.generate()
    own = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    seal = _cipher(shared, own, public).encrypt
    sealed = [seal(_nonce(at), plain, tied) for at, (plain, tied) in enumerate(ballots)]
    return SealedGroup(own, tuple(sealed))


def open_one(group: bytes, position: int, ciphertext: bytes, tied: bytes, private: bytes) -> bytes:
    """The plaintext of one ballot of a group known by its ephemeral public key; Unopenable."""
    return Opener(private).open(group, position, ciphertext, tied)


class Opener:
    """Opens the ballots of a box; neighbours of one group cost one key exchange together."""

    def __init__(self, private: bytes) -> None:
        self._private = X25519PrivateKey.from_private_bytes(private)
        self._public = self._private.public_key().public_bytes_raw()
        self._group: bytes | None = None
        self._cipher: AESGCM | None = None

    def open(self, group: bytes, position: int, ciphertext: bytes, tied: bytes) -> bytes:
        """The plaintext; Unopenable."""
        if group != self._group:
            self._group, self._cipher = group, self._agree(group)
        if self._cipher is None or not 0 <= position < 1 << 8 * _NONCE_BYTES:
            raise Unopenable
        try:
            return self._cipher.decrypt(_nonce(position), ciphertext, tied)
        except (InvalidTag, ValueError) as error:
            raise Unopenable from error

    def _agree(self, group: bytes) -> AESGCM | None:
        try:
            shared = self._private.exchange(X25519PublicKey.from_public_bytes(group))
        except ValueError:
            return None
        return _cipher(shared, group, self._public)


def _cipher(shared: bytes, ephemeral: bytes, public: bytes) -> AESGCM:
    salt = ephemeral + public
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=_PURPOSE).derive(shared))


def _nonce(position: int) -> bytes:
    return position.to_bytes(_NONCE_BYTES, "big")
