"""Cards at work: which box a card belongs to, and whether it was used."""

from __future__ import annotations

from dataclasses import dataclass

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi_surveys.ballot import keys
from pingyi_surveys.ballot.card_codes import read_card, write_card
from pingyi_surveys.casting.box_cache import CachedBox, cached_box
from pingyi_surveys.casting.card_lists import find_list
from pingyi_surveys.casting.seal import stored_receipt
from pingyi_surveys.setup.card_hashes import card_hash


@dataclass(frozen=True, slots=True)
class RosterCard:
    """A card of an open roster, with its box; `token` never leaves the memory."""

    token: bytes
    box: CachedBox
    stratum: str

    @property
    def code(self) -> str:
        """Its characters, as they stand in its address."""
        return write_card(self.token)

    @property
    def nullifier(self) -> bytes:
        """What its one ballot is stored under."""
        return keys.nullifier(self.box.keys.nullifier, self.box.channel, "card", self.token)

    def receipt(self) -> bytes | None:
        """The receipt of the ballot that was cast with it; None before."""
        return stored_receipt(self.box.channel_id, self.nullifier)

    def __repr__(self) -> str:
        return f"Card(of {self.box.channel_id})"


def find_card(typed: str) -> RosterCard:
    """The card that was typed, scanned or stands in an address.

    No statement names it: the lists of all rosters are held in memory. Raises Problem card_unknown,
    ballots_not_open, ballots_closed, key_file_missing, key_file_changed, key_file_unreadable.
    """
    try:
        token = read_card(typed)
    except ValueError:
        raise _unknown() from None
    hashed = card_hash(token)
    found = find_list("card", hashed)
    if found is None:
        raise _unknown()
    box = cached_box(found.channel_id)
    if hashed not in box.cards:
        raise _unknown()
    return RosterCard(token, box, box.cards[hashed])


def _unknown() -> Problem:
    return Problem("card_unknown", 404, _UNKNOWN)


_UNKNOWN = Text(
    zh="没有这张票卡。请重新扫描卡上的二维码，或对照卡片逐字核对（26 位，不分大小写，横线可不输）；"
    "仍然不行，请联系发卡人。",
    en="There is no such card. Scan its code again, or compare it character by character (26 of them; case "
    "and hyphens do not matter). If that does not help, ask whoever issued it.",
)
