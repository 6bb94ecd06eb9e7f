"""Who gets a letter, and the cards to hand out: read from the office's files, never stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.draws.draws import DrawRecord
from pingyi_surveys.ballot.card_codes import read_card
from pingyi_surveys.mail.addresses import is_address
from pingyi_surveys.setup.address_lists import INVALID, AddressList, Words, read_address_list
from pingyi_surveys.setup.card_hashes import card_hash

_MOST_ERRORS: Final = 50


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address by its line (from 1); `member` and `stratum` where it comes of a draw.

    `name`: whose it is, where the list says so; `cells`: the row as it stands.
    """

    line: int
    address: str
    member: str = ""
    stratum: str = ""
    name: str = ""
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who is on a list, in its order, under its heading; without one it is empty."""

    heading: tuple[str, ...]
    people: Sequence[Recipient]


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A card that is handed out: its link as the issuer's file has it, its stratum as it is registered."""

    link: str
    stratum: str


def read_addresses(rows: Words) -> Recipients:
    """The addresses of a list, by its heading; Problem addresses_invalid names the rows that are wrong."""
    return _checked(read_address_list(rows))


def read_contacts(rows: Words) -> Recipients:
    """Members' ids and addresses; Problem addresses_invalid names the rows that are wrong."""
    return _checked(read_address_list(rows, members=True))


def _checked(listed: AddressList) -> Recipients:
    by_address: dict[str, Recipient] = {}
    members: set[str] = set()
    errors = []
    for row in listed.rows:
        folded = row.address.casefold()
        if not is_address(row.address):
            errors.append(_error(row.row, _NO_ADDRESS))
        elif folded in by_address or (row.member and row.member in members):
            errors.append(_error(row.row, _TWICE))
        else:
            by_address[folded] = Recipient(row.row, row.address, row.member, "", row.name, row.cells)
        members.add(row.member)
    if errors or not by_address:
        raise Problem("addresses_invalid", 422, INVALID, errors[:_MOST_ERRORS])
    return Recipients(listed.heading, list(by_address.values()))


def serving_members(drawn: DrawRecord) -> Mapping[str, str]:
    """The stratum of every member that was drawn and not replaced, and of those put in their place."""
    strata = {one.member.id: one.member.stratum for one in drawn.places}
    called = [one.member.id for one in drawn.listed if one.lot.value == "drawn"]
    called += [member for member, _ in drawn.substitutes.values()]
    return {member: strata[member] for member in called if member not in drawn.substitutes}


def invited(
    contacts: Sequence[Recipient], serving: Mapping[str, str], only: Sequence[str]
) -> list[Recipient]:
    """The contacts of the members that serve (of those named `only`, if any), with their strata.

    Others in the file are left alone. Raises Problem members_unknown for somebody without a contact, or named
    and not serving.
    """
    wanted = [member for member in serving if not only or member in only]
    by_member = {one.member: one for one in contacts}
    errors = [_missing(member, _NO_CONTACT) for member in wanted if member not in by_member]
    errors += [_missing(member, _NOT_SERVING) for member in only if member not in serving]
    if errors:
        raise Problem("members_unknown", 422, _MEMBERS, errors[:_MOST_ERRORS])
    return [replace(by_member[member], stratum=serving[member]) for member in wanted]


def read_cards(links: Sequence[str], registered: Mapping[bytes, str]) -> list[IssuedCard]:
    """The cards of the issuer's links, whose hashes the server knows; Problem links_invalid."""
    found: dict[bytes, IssuedCard] = {}
    errors = []
    for line, link in enumerate(links, 1):
        if not link.strip():
            continue
        token = _token(link)
        known = registered.get(card_hash(token)) if token else None
        if token is None or known is None or token in found or not link.startswith(("http://", "https://")):
            errors.append(_error(line, _NO_CARD))
        else:
            found[token] = IssuedCard(link.strip(), known)
    if errors or not found:
        raise Problem("links_invalid", 422, _LINKS, errors[:_MOST_ERRORS])
    return list(found.values())


def _token(link: str) -> bytes | None:
    try:
        return read_card(link)
    except ValueError:
        return None


def deal(
    recipients: Sequence[Recipient], cards: Sequence[IssuedCard], shuffle: Callable[[list[IssuedCard]], None]
) -> tuple[list[tuple[Recipient, IssuedCard]], list[IssuedCard]]:
    """A card for everybody, of their own stratum, in an order of chance; and the cards that are left.

    Strata of the draw that the cards do not have share the cards without one; an address without a stratum
    takes what there is where all cards are of one. Raises Problem cards_too_few.
    """
    piles: dict[str, list[IssuedCard]] = {}
    for card in cards:
        piles.setdefault(card.stratum, []).append(card)
    for pile in piles.values():
        shuffle(pile)
    dealt, short = [], []
    for one in recipients:
        pile = _pile(piles, one.stratum)
        if pile:
            dealt.append((one, pile.pop()))
        else:
            short.append(one.stratum)
    if short:
        names = ", ".join(sorted({stratum or "-" for stratum in short}))
        raise Problem("cards_too_few", 422, _SHORT.format(short=len(short), strata=names))
    return dealt, [card for pile in piles.values() for card in pile]


def _pile(piles: Mapping[str, list[IssuedCard]], stratum: str) -> list[IssuedCard]:
    if stratum in piles:
        return piles[stratum]
    if stratum:
        return piles.get("", [])
    return next(iter(piles.values())) if len(piles) == 1 else []


def _error(line: int, message: Text) -> FieldError:
    return FieldError(code="invalid", message=message, row=line)


def _missing(member: str, message: Text) -> FieldError:
    return FieldError(code="member_unknown", message=message.format(member=member))


_NO_ADDRESS = Text(zh="不是一个邮件地址。", en="This is no e-mail address.")
_TWICE = Text(zh="与前面某行重复。", en="The same as an earlier line.")
_MEMBERS = Text(
    zh="联系方式与抽定名单不符，一封也没有发出。", en="Contacts and draw do not agree; nothing was sent."
)
_NO_CONTACT = Text(zh="“{member}”没有联系方式。", en="There is no contact for {member}.")
_NOT_SERVING = Text(zh="“{member}”未被抽定，或已被替换。", en="{member} was not drawn, or was replaced.")
_LINKS = Text(
    zh="票卡链接有误，一封也没有发出：请用 pingyi cards issue 写出的 links.csv，且该清单已登记到此渠道。",
    en="The links are wrong and nothing was sent: take links.csv as pingyi cards issue wrote it, of cards "
    "that are registered for this channel.",
)
_NO_CARD = Text(
    zh="不是本渠道已登记票卡的链接，或与前面重复。",
    en="This is no link of a card registered for the channel, or stands there twice.",
)
_SHORT = Text(
    zh="票卡不够，还差 {short} 张（人群：{strata}）；一封也没有发出。",
    en="Too few cards: {short} more are needed (strata: {strata}); nothing was sent.",
)
