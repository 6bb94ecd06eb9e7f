"""Signed notes and their keys (C2SP signed-note, tlog-checkpoint)."""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from pingyi_verifier.log.ed25519 import signature_holds
from pingyi_verifier.log.heads import Head, head_of
from pingyi_verifier.report.sentences import UnfitError


class Key(NamedTuple):
    """A verifier key: whose it is, the four bytes that name it in signatures, the public key."""

    name: str
    hint: bytes
    public: bytes


LOG, WITNESS = 1, 4  # types of keys: Ed25519 of a log, Ed25519 of a witness


def key_of(spelling: str, kind: int = LOG) -> Key:
    """`name+hash+base64` as in C2SP signed-note; ValueError where the parts do not belong together."""
    name, hint, encoded = spelling.split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    true_hint = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if (
        len(raw) != 33
        or raw[0] != kind
        or bytes.fromhex(hint) != true_hint
        or base64.b64encode(raw).decode() != encoded
    ):
        raise ValueError("not an Ed25519 verifier key")
    return Key(name, true_hint, raw[1:])


def note_parts(note: str) -> tuple[bytes, Head, list[tuple[str, bytes]]]:
    """A checkpoint's signed text, its head and its signature lines as (name, 4 bytes of key hash + rest)."""
    text, mark, signatures = note.rpartition("\n\n")
    lines = (text + "\n").split("\n")
    if not mark or not signatures.endswith("\n") or len(lines) < 4:
        raise ValueError("not a signed note")
    signed = []
    for line in signatures[:-1].split("\n"):
        dash, name, encoded = line.split(" ")
        if dash != "—":
            raise ValueError("not a signature line")
        signed.append((name, base64.b64decode(encoded, validate=True)))
    return (text + "\n").encode(), head_of(lines[0], lines[1], lines[2]), signed


def note_signed_by(note: str, spelling: str) -> tuple[Head, int]:
    """The head that a note signs with this key, and how many others signed it; else UnfitError."""
    key = key_of(spelling)
    text, head, signed = note_parts(note)
    mine = [rest[4:] for name, rest in signed if (name, rest[:4]) == (key.name, key.hint)]
    if len(mine) != 1 or not signature_holds(key.public, text, mine[0]):
        raise UnfitError(
            zh=f"树头（{head.size} 条）的签名不对。",
            en=f"The signature of the tree head of size {head.size} is wrong.",
        )
    return head, len(signed) - 1
