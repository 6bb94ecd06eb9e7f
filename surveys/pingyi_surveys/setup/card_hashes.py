"""Cards and visit codes as the server knows them: lists of hashes, recorded before anyone can use them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

from sqlalchemy import BigInteger, Connection, bindparam, cast, func, insert, select

from pingyi.channels import Text
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import UNTIL_CLOSING, UNTIL_OPENING
from pingyi.ledger.leaves import record
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, require_state
from pingyi_surveys.models import CardList
from pingyi_surveys.roles import CARD_ISSUER

FEWEST_CARDS = 10
HASH_BYTES = 32
Purpose = Literal["card", "visit"]
_COMMIT = insert(CardList)
_OF_ROSTER = CardList.channel_id == bindparam("channel"), CardList.purpose == "card"
_COUNTS = (
    select(CardList.stratum, cast(func.sum(CardList.cards), BigInteger).label("cards"))
    .where(*_OF_ROSTER)
    .group_by(CardList.stratum)
)
_DIGESTS = select(CardList.stratum, CardList.digest).where(*_OF_ROSTER).order_by(CardList.id)
_HASHES = select(CardList.stratum, CardList.hashes).where(*_OF_ROSTER).order_by(CardList.id)


def card_hash(token: bytes) -> bytes:
    """What the server keeps of a card or visit code: its SHA-256."""
    return hashlib.sha256(b"pingyi card 1" + token).digest()


def commit_cards(
    connection: Connection,
    caller: Caller,
    working: BoundChannel,
    hashes: Sequence[bytes],
    *,
    stratum: str = "",
    purpose: Purpose = "card",
    unit_id: int = 0,
    unit_code: str = "",
) -> str:
    """Add a list of hashes to a channel and put its digest on the record; returns the digest in hex.

    Cards of a roster only while the period is a draft; visit codes (of one unit) until it closes. Raises
    Problem forbidden (only the card issuer), wrong_state, cards_invalid, too_few_cards.
    """
    _require_issuable(caller, working, hashes, purpose)
    joined = b"".join(sorted(hashes))
    digest = hashlib.sha256(joined).digest()
    given = {"purpose": purpose, "stratum": stratum, "cards": len(hashes)}
    connection.execute(
        _COMMIT,
        {
            **given,
            "channel_id": working.id,
            "unit_id": unit_id,
            "hashes": joined,
            "digest": digest,
            "committed_by": caller.name,
        },
    )
    content = {**given, "period": working.period_key, "channel": working.key, "unit": unit_code}
    told = {**content, "digest": digest.hex(), "by": caller.name}
    record(connection, "cards.committed", told, working.period_id)
    return digest.hex()


def _require_issuable(
    caller: Caller, working: BoundChannel, hashes: Sequence[bytes], purpose: Purpose
) -> None:
    if not caller.roles & {CARD_ISSUER, "shell"}:
        raise forbidden()
    require_state(working.state, UNTIL_OPENING if purpose == "card" else UNTIL_CLOSING)
    if len(set(hashes)) != len(hashes) or any(len(one) != HASH_BYTES for one in hashes):
        raise Problem("cards_invalid", 422, _INVALID)
    if purpose == "card" and len(hashes) < FEWEST_CARDS:
        raise Problem("too_few_cards", 422, _TOO_FEW.format(least=FEWEST_CARDS))


_INVALID = Text(
    zh="票卡清单有误：每行应为一个不重复的 64 位十六进制摘要。",
    en="The list of cards is wrong: a line holds one digest of 64 hexadecimal digits, each once.",
)
_TOO_FEW = Text(
    zh="一个人群至少要有 {least} 张票卡，否则投票人会被认出来。",
    en="A stratum has at least {least} cards, or its voters could be told.",
)


def roster_strata(connection: Connection, channel_id: int) -> list[str]:
    """The strata of a roster's cards, sorted."""
    return sorted(cards_of(connection, channel_id))


def cards_of(connection: Connection, channel_id: int) -> Mapping[str, int]:
    """How many cards each stratum of a roster has."""
    return {row.stratum: row.cards for row in connection.execute(_COUNTS, {"channel": channel_id})}


def roster_digest(connection: Connection, channel_id: int) -> str:
    """SHA-256 over the digests of a roster's lists, in hex: what the key file holds a web host to."""
    lists = connection.execute(_DIGESTS, {"channel": channel_id})
    return hashlib.sha256(canonical_json([[row.stratum, row.digest.hex()] for row in lists])).hexdigest()


def load_cards(connection: Connection, channel_id: int) -> dict[bytes, str]:
    """The stratum of every card of a roster by its hash: held in memory, no statement names a card."""
    lists = connection.execute(_HASHES, {"channel": channel_id})
    return {hashed: row.stratum for row in lists for hashed in hashes_of(row.hashes)}


def hashes_of(joined: bytes) -> list[bytes]:
    """The hashes of a stored list."""
    return [bytes(joined[at : at + HASH_BYTES]) for at in range(0, len(joined), HASH_BYTES)]
