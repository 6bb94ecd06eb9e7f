"""Unfinished ballots: ciphertexts of one length that only the holder of a card finds and opens.

A draft's key is HKDF of the card under the period's draft key, its place an HMAC of the card: once the period
secret is destroyed neither can be made again, with the card or without.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from struct import Struct
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from pingyi.db import db, transaction
from pingyi.models import Channel
from pingyi_surveys.ballot.layout import Layout
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER
from pingyi_surveys.casting.box_cache import CachedBox
from pingyi_surveys.casting.roster_cards import RosterCard
from pingyi_surveys.models import KeyDestruction, StoredDraft
from pingyi_surveys.setup.queries import PERIOD_SECRET

Purpose = Literal["screen", "paper"]
_NONCE_BYTES: Final = 12
_BY_BYTES: Final = 48
_VERSION: Final = 1
_HEADER: Final = Struct(f">BH{_BY_BYTES}s")
_OF_CARD = StoredDraft.channel_id == bindparam("channel"), StoredDraft.place == bindparam("draft")
_ADD = insert(StoredDraft)
_SAVE = _ADD.on_conflict_do_update(
    index_elements=[StoredDraft.channel_id, StoredDraft.place], set_={"ciphertext": _ADD.excluded.ciphertext}
)
_FIND = select(StoredDraft.ciphertext).where(*_OF_CARD)
_DROP = delete(StoredDraft).where(*_OF_CARD)
_DROP_DEAD = delete(StoredDraft).where(
    Channel.id == StoredDraft.channel_id,
    KeyDestruction.period_id == Channel.period_id,
    KeyDestruction.what == PERIOD_SECRET,
)


@dataclass(frozen=True, slots=True)
class BallotDraft:
    """Answers so far, one per question of the ballot; `page`, from 1, is where its holder stopped.

    `by`: the account that keyed it from paper, "" for a member's own.
    """

    answers: tuple[int, ...]
    page: int = 1
    by: str = ""

    @property
    def answered(self) -> int:
        """How many questions have an answer."""
        return sum(answer != NO_ANSWER for answer in self.answers)

    def with_page(self, first: int, answers: Sequence[int], page: int) -> BallotDraft:
        """The draft with one page's answers, which begin at question `first`, in place of the old."""
        after = self.answers[first + len(answers) :]
        return replace(self, answers=(*self.answers[:first], *answers, *after), page=page)


def empty_draft(layout: Layout) -> BallotDraft:
    """The draft of a ballot that nobody has begun."""
    return BallotDraft((NO_ANSWER,) * layout.questions)


def save_draft(card: RosterCard, draft: BallotDraft, purpose: Purpose = "screen") -> None:
    """Keep a draft in place of the card's earlier one; of two at the same time the later commit stays."""
    place = _place(card, purpose)
    stored = {"channel_id": card.box.channel_id, "place": place, "ciphertext": _seal(card, draft, place)}
    with transaction() as connection:
        connection.execute(_SAVE, stored)


def load_draft(card: RosterCard, purpose: Purpose = "screen") -> BallotDraft | None:
    """The draft of a card; None where there is none, it is damaged, or the card's ballot was cast."""
    place = _place(card, purpose)
    with db.engine.connect() as connection:
        found = connection.execute(
            _FIND, {"channel": card.box.channel_id, "draft": place}
        ).scalar_one_or_none()
    if found is None or card.receipt() is not None:
        return None
    return _open(card, found, place)


def drop_draft(card: RosterCard, purpose: Purpose) -> None:
    """Remove a draft."""
    with transaction() as connection:
        connection.execute(_DROP, {"channel": card.box.channel_id, "draft": _place(card, purpose)})


def remove_dead_drafts(connection: Connection) -> int:
    """Remove the drafts of periods whose secret is destroyed, which nobody can open; returns their number."""
    return connection.execute(_DROP_DEAD).rowcount


def draft_bytes(layout: Layout) -> int:
    """How long the ciphertext of every draft is."""
    return _NONCE_BYTES + _HEADER.size + layout.questions + 16


def _place(card: RosterCard, purpose: Purpose) -> bytes:
    return hmac.digest(card.box.keys.draft, _purpose(card.box, purpose) + card.token, "sha256")


def _purpose(box: CachedBox, purpose: Purpose) -> bytes:
    return f"pingyi draft 1 {purpose} {box.channel} ".encode()


def _cipher(card: RosterCard) -> AESGCM:
    key = HKDF(algorithm=SHA256(), length=32, salt=card.box.keys.draft, info=b"pingyi draft key 1")
    return AESGCM(key.derive(card.token))


def _seal(card: RosterCard, draft: BallotDraft, place: bytes) -> bytes:
    by = draft.by.encode()
    if len(by) > _BY_BYTES or len(draft.answers) != card.box.layout.questions:
        raise ValueError("this layout has no such draft")
    nonce = os.urandom(_NONCE_BYTES)
    plain = _HEADER.pack(_VERSION, draft.page, by) + bytes(draft.answers)
    return nonce + _cipher(card).encrypt(nonce, plain, place + card.box.layout.digest)


def _open(card: RosterCard, ciphertext: bytes, place: bytes) -> BallotDraft | None:
    layout = card.box.layout
    nonce, sealed = ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:]
    try:
        plain = _cipher(card).decrypt(nonce, sealed, place + layout.digest)
    except (InvalidTag, ValueError):
        return None
    version, page, by = _HEADER.unpack_from(plain)
    answers = tuple(plain[_HEADER.size :])
    if version != _VERSION or len(answers) != layout.questions or not layout.answers.issuperset(answers):
        return None
    return BallotDraft(answers, page, by.rstrip(b"\0").decode())
