"""C2SP signed notes and checkpoints: text that is signed as it is read, with Ed25519."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
DASH = "\N{EM DASH}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a head of the tree says: whose it is, how many entries it covers, and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The lines that are signed (C2SP tlog-checkpoint)."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @property
    def line(self) -> str:
        """The same on one line, as it is printed and sent in headers."""
        return " ".join(self.text.splitlines())


def read_checkpoint(note: str) -> Checkpoint:
    """The checkpoint of a note, its signatures unchecked; ValueError where it is none."""
    text, _ = _split(note)
    origin, size, root, *_ = [*text.split("\n"), "", "", ""]
    if not origin or not size.isascii() or not size.isdigit() or (size != "0" and size.startswith("0")):
        raise ValueError("not a checkpoint")
    digest = _decoded(root)
    if len(digest) != 32:
        raise ValueError("the root is not a SHA-256")
    return Checkpoint(origin, int(size), digest)


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """The signed note of a text that ends in a newline (C2SP signed-note)."""
    if not text.endswith("\n"):
        raise ValueError("a note's text ends in a newline")
    signature = key_hash(name, public_bytes(key.public_key())) + key.sign(text.encode())
    return f"{text}\n{DASH} {name} {base64.b64encode(signature).decode()}\n"


def verify(note: str, verifier: str) -> bool:
    """Whether the note carries a valid signature by the key that `verifier` (a vkey) names."""
    try:
        text, lines = _split(note)
        name, public = read_verifier(verifier)
        wanted = key_hash(name, public)
        for line in lines:
            signer, _, encoded = line.removeprefix(f"{DASH} ").rpartition(" ")
            signature = _decoded(encoded)
            if signer == name and signature[:4] == wanted:
                Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], text.encode())
                return True
    except (ValueError, InvalidSignature):
        return False
    return False


def verifier_key(name: str, public: bytes) -> str:
    """The vkey by which others check our notes: name, hash of name and key, type and key."""
    return f"{name}+{key_hash(name, public).hex()}+{base64.b64encode(ED25519 + public).decode()}"


def read_verifier(verifier: str) -> tuple[str, bytes]:
    """Name and public key of an Ed25519 vkey; ValueError where it is none."""
    name, _, rest = verifier.partition("+")
    hashed, _, encoded = rest.partition("+")
    key = _decoded(encoded)
    if key[:1] != ED25519 or len(key) != 33 or not name or key_hash(name, key[1:]).hex() != hashed:
        raise ValueError("not an Ed25519 verifier key")
    return name, key[1:]


def key_hash(name: str, public: bytes) -> bytes:
    """The first four bytes of SHA-256 over name, newline, type and key."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def public_bytes(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return key.public_bytes_raw()


def _split(note: str) -> tuple[str, list[str]]:
    """The signed text and the signature lines."""
    at = note.rfind("\n\n")
    if at < 0 or not note.endswith("\n"):
        raise ValueError("not a signed note")
    lines = note[at + 2 : -1].split("\n")
    if not all(line.startswith(f"{DASH} ") for line in lines):
        raise ValueError("not a signed note")
    return note[: at + 1], lines


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
