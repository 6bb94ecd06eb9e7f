"""What witnesses signed (C2SP tlog-cosignature)."""

from __future__ import annotations

from collections.abc import Iterable

from pingyi_verifier.log.ed25519 import signature_holds
from pingyi_verifier.log.signed_notes import Key, note_parts

Seen = dict[Key, int | None]  # a witness that signed a head -> when, in seconds since 1970; None: wrongly


def cosigned_by(note: str, witnesses: Iterable[Key]) -> Seen:
    """What the witnesses say of a head (C2SP tlog-cosignature): a witness without a line is left out.

    A line is the key's four bytes, eight bytes of time and a signature over "cosignature/v1", the time
    and the head's own text.
    """
    text, _, signed = note_parts(note)
    seen: Seen = {}
    for key in witnesses:
        lines = [rest[4:] for name, rest in signed if (name, rest[:4]) == (key.name, key.hint)]
        times = []
        for line in lines:
            seconds = int.from_bytes(line[:8], "big")
            message = f"cosignature/v1\ntime {seconds}\n".encode() + text
            times.append(seconds if signature_holds(key.public, message, line[8:]) else None)
        if times:
            seen[key] = None if None in times else max(time_ for time_ in times if time_ is not None)
    return seen
