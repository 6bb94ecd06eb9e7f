"""C2SP cosignatures: a witness signs that it saw a head, when, and that no earlier one was contradicted."""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pingyi.ledger.notes import DASH, public_bytes

COSIGNATURE = b"\x04"


def cosign(note: str, name: str, key: Ed25519PrivateKey, seconds: int) -> str:
    """The signature line of a witness under a note's text (C2SP tlog-cosignature, cosignature/v1).

    `seconds`: POSIX time at which the witness saw the head.
    """
    signature = key.sign(_signed(note, seconds))
    head = cosigner_hash(name, public_bytes(key.public_key()))
    blob = head + seconds.to_bytes(8, "big") + signature
    return f"{DASH} {name} {base64.b64encode(blob).decode()}\n"


def cosigned_at(note: str, line: str, verifier: str) -> int | None:
    """The time (POSIX seconds) of a valid cosignature of the note by the witness's vkey, else None."""
    try:
        name, public = read_cosigner(verifier)
        signer, _, encoded = line.rstrip("\n").removeprefix(f"{DASH} ").rpartition(" ")
        blob = base64.b64decode(encoded, validate=True)
        if signer != name or len(blob) != 76 or blob[:4] != cosigner_hash(name, public):
            return None
        seconds = int.from_bytes(blob[4:12], "big")
        Ed25519PublicKey.from_public_bytes(public).verify(blob[12:], _signed(note, seconds))
    except (ValueError, binascii.Error, InvalidSignature):
        return None
    return seconds


def cosigner_key(name: str, public: bytes) -> str:
    """The vkey of a witness."""
    encoded = base64.b64encode(COSIGNATURE + public).decode()
    return f"{name}+{cosigner_hash(name, public).hex()}+{encoded}"


def read_cosigner(verifier: str) -> tuple[str, bytes]:
    """Name and public key of a witness's vkey; ValueError where it is none."""
    name, _, rest = verifier.partition("+")
    hashed, _, encoded = rest.partition("+")
    key = base64.b64decode(encoded, validate=True)
    if key[:1] != COSIGNATURE or len(key) != 33 or not name or cosigner_hash(name, key[1:]).hex() != hashed:
        raise ValueError("not a witness's verifier key")
    return name, key[1:]


def cosigner_hash(name: str, public: bytes) -> bytes:
    """The first four bytes of SHA-256 over name, newline, type and key."""
    return hashlib.sha256(name.encode() + b"\n" + COSIGNATURE + public).digest()[:4]


def _signed(note: str, seconds: int) -> bytes:
    text = note[: note.rindex("\n\n") + 1]
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
