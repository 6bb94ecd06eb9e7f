"""A ballot as the bytes that are sealed: one length per questionnaire, whoever answers whatever.

Header, device mark, network mark, one byte per question, comment (length, text, zeros), then an HMAC-SHA256
under the intake key over the layout's digest, the nullifier and all of that. The digest covers the channel
and the codes of the units, the header names the unit: a ballot made elsewhere or for another unit shows.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from struct import Struct
from typing import Any, Final

from pingyi.domain.canonical import canonical_json
from pingyi_surveys.ballot.keys import MARK_BYTES
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER, OpenedBallot

NULLIFIER_BYTES: Final = 32
_MAC_BYTES: Final = 32
_VERSION: Final = 1
_HEADER: Final = Struct(f">BHBHBB{MARK_BYTES}s{MARK_BYTES}s")
_LENGTH: Final = Struct(">H")
_EVERY_UNIT: Final = 0xFFFF
_KIOSK, _VISIT = 1, 2
_NO_MARK: Final = bytes(MARK_BYTES)


class Refused(Exception):  # noqa: N818 - said of a ballot, not of the program
    """The ballot does not count; `reason` is its code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What fixes the length and the meaning of a channel's ballots; frozen when the period opens.

    A ballot rates the one unit that its address names or, with `every_unit`, all of them; it has a question
    per unit rated and dimension, each unit's dimensions together. `scored`: how many of the options, from the
    first, are worth points. `comment`: bytes of UTF-8 kept for a comment, 0 for none. ValueError where the
    lists do not fit into a ballot.
    """

    channel: str
    units: tuple[str, ...]
    dimensions: tuple[str, ...]
    options: tuple[str, ...]
    scored: int
    strata: tuple[str, ...] = ("",)
    every_unit: bool = False
    comment: int = 0

    def __post_init__(self) -> None:
        lists = (self.units, _EVERY_UNIT), (self.dimensions, NO_ANSWER), (self.options, NO_ANSWER)
        for words, most in (*lists, (self.strata, 256)):
            if not 0 < len(words) <= most or len(set(words)) < len(words):
                raise ValueError(
                    "units, dimensions, options and strata are given, each once, and not too many"
                )
        if not 0 < self.scored <= len(self.options) or not 0 <= self.comment <= 0xFFFF:
            raise ValueError("scored is 1 to all options; a comment has at most 65535 bytes")

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the whole layout."""
        content = {field.name: getattr(self, field.name) for field in fields(self)}
        return hashlib.sha256(canonical_json(content)).digest()

    @cached_property
    def questions(self) -> int:
        """How many answers a ballot has."""
        return len(self.dimensions) * (len(self.units) if self.every_unit else 1)

    @cached_property
    def length(self) -> int:
        """How long every ballot is, in bytes."""
        comment = _LENGTH.size + self.comment if self.comment else 0
        return _HEADER.size + self.questions + comment + _MAC_BYTES

    @cached_property
    def answers(self) -> frozenset[int]:
        """The bytes that an answer may be."""
        return frozenset((*range(len(self.options)), NO_ANSWER))

    @cached_property
    def unit_places(self) -> dict[str, int]:
        """The number by which a ballot names its unit."""
        if self.every_unit:
            return {"": _EVERY_UNIT}
        return {unit: place for place, unit in enumerate(self.units)}

    @cached_property
    def stratum_places(self) -> dict[str, int]:
        """The number by which a ballot names its stratum."""
        return {stratum: place for place, stratum in enumerate(self.strata)}


def read_layout(document: Mapping[str, Any]) -> Layout:
    """The layout of its fields as they were frozen (lists for tuples)."""
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
    }
    return Layout(**given)


def pack(layout: Layout, ballot: OpenedBallot, intake: bytes) -> bytes:
    """The plaintext of a ballot; ValueError for one that the layout cannot hold."""
    if (
        ballot.unit not in layout.unit_places
        or ballot.stratum not in layout.stratum_places
        or len(ballot.answers) != layout.questions
        or not layout.answers.issuperset(ballot.answers)
        or {len(ballot.device), len(ballot.network)} - {0, MARK_BYTES}
        or not (0 <= ballot.day <= 0xFFFF and 0 <= ballot.fill <= 0xFF)
        or len(ballot.nullifier) != NULLIFIER_BYTES
    ):
        raise ValueError("this layout has no such ballot")
    body = _HEADER.pack(
        _VERSION,
        layout.unit_places[ballot.unit],
        layout.stratum_places[ballot.stratum],
        ballot.day,
        ballot.fill,
        _KIOSK * ballot.kiosk | _VISIT * ballot.visit,
        ballot.device,
        ballot.network,
    )
    body += bytes(ballot.answers) + _pack_comment(ballot.comment, layout.comment)
    return body + _mac(layout, ballot.nullifier, body, intake)


def unpack(layout: Layout, unit: str, nullifier: bytes, plaintext: bytes, intake: bytes) -> OpenedBallot:
    """The ballot of a row that names `unit` ("" for every unit) and `nullifier`.

    Refused: "unreadable" for another length or content than a ballot has, "bad_mac" where the intake key did
    not make it so, "moved" where it was made for another unit than the row's.
    """
    if len(plaintext) != layout.length:
        raise Refused("unreadable")
    body, mac = plaintext[:-_MAC_BYTES], plaintext[-_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(layout, nullifier, body, intake)):
        raise Refused("bad_mac")
    version, place, stratum, day, fill, flags, device, network = _HEADER.unpack_from(body)
    answers = body[_HEADER.size : _HEADER.size + layout.questions]
    if version != _VERSION or stratum >= len(layout.strata) or flags > _KIOSK | _VISIT:
        raise Refused("unreadable")
    if not layout.answers.issuperset(answers):
        raise Refused("unreadable")
    if layout.unit_places.get(unit) != place:
        raise Refused("moved")
    return OpenedBallot(
        unit,
        layout.strata[stratum],
        day,
        tuple(answers),
        fill,
        b"" if device == _NO_MARK else device,
        b"" if network == _NO_MARK else network,
        bool(flags & _KIOSK),
        bool(flags & _VISIT),
        nullifier,
        _unpack_comment(body[_HEADER.size + layout.questions :]),
    )


def _pack_comment(comment: str, space: int) -> bytes:
    text = comment.encode()
    if len(text) > space:
        raise ValueError("the comment is too long")
    return _LENGTH.pack(len(text)) + text.ljust(space, b"\0") if space else b""


def _unpack_comment(field: bytes) -> str:
    if not field:
        return ""
    (length,) = _LENGTH.unpack_from(field)
    text = field[_LENGTH.size :]
    if length > len(text) or any(text[length:]):
        raise Refused("unreadable")
    try:
        return text[:length].decode()
    except UnicodeDecodeError as error:
        raise Refused("unreadable") from error


def _mac(layout: Layout, nullifier: bytes, body: bytes, intake: bytes) -> bytes:
    return hmac.digest(intake, layout.digest + nullifier + body, "sha256")
