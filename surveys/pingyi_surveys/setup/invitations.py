"""Invitations with a card each, and reminders to everybody: sent, counted on the record, kept nowhere."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection, bindparam, func, select

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import UNTIL_CLOSING
from pingyi.ledger.leaves import record
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel, issued_scheme
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.draws.draws import DrawRecord
from pingyi_surveys.mail.letters import Letter, Posted, Progress, send_letters
from pingyi_surveys.mail.server import MailServer
from pingyi_surveys.models import SealedBallot
from pingyi_surveys.setup.card_hashes import cards_of, load_cards
from pingyi_surveys.setup.letter_texts import INVITATION, REMINDER, Words, write
from pingyi_surveys.setup.public_address import refuse_private
from pingyi_surveys.setup.queries import box_kind, period_terms
from pingyi_surveys.setup.recipients import (
    IssuedCard,
    Recipient,
    deal,
    invited,
    read_addresses,
    read_cards,
    read_contacts,
    serving_members,
)

Purpose = Literal["invitation", "reminder"]
Rows = Sequence[Sequence[str]]
_RETURNED = select(func.count()).where(SealedBallot.channel_id == bindparam("channel"))


@dataclass
class Mailing:
    """Letters that are ready, the cards in them by line, and what is left over.

    `heading`: that of the list of addresses, or empty.
    """

    working: BoundChannel
    purpose: Purpose
    letters: list[Letter]
    heading: tuple[str, ...] = ()
    recipients: dict[int, Recipient] = field(default_factory=dict)
    cards: dict[int, IssuedCard] = field(default_factory=dict)
    spare: list[IssuedCard] = field(default_factory=list)
    posted: Posted = field(default_factory=Posted)

    def left_recipients(self) -> list[Recipient]:
        """Who has no letter yet and may get one later, in the order of the file."""
        return [self.recipients[line] for line in self.posted.waiting]

    def refused_recipients(self) -> list[tuple[Recipient, str]]:
        """Whose address the server refused for good, and its words, in the order of the file."""
        return [(self.recipients[line], self.posted.said_of(line)) for line in sorted(self.posted.refused)]

    def left_cards(self) -> list[str]:
        """The links that were handed to nobody, in an order that tells nothing."""
        unused = [self.cards[line] for line in (*self.posted.waiting, *self.posted.refused)]
        return sorted(card.link for card in (*unused, *self.spare))


def plan_invitations(
    connection: Connection,
    period: str,
    channel: str,
    *,
    recipients: Rows,
    links: Sequence[str],
    draw: DrawRecord | None = None,
    only: Sequence[str] = (),
    private: bool = False,
) -> Mailing:
    """A letter for everybody with a card drawn at random; nothing is kept of who got which.

    `recipients`: rows of addresses or, with a `draw`, of member ids and addresses. Raises Problem not_found,
    wrong_state, draw_open, addresses_invalid, members_unknown, links_invalid, cards_too_few, address_private.
    """
    working = _roster(connection, period, channel, UNTIL_CLOSING)
    if draw is None:
        listed = read_addresses(recipients)
        wanted = listed.people
    else:
        if draw.line.value is None:
            raise Problem("draw_open", 409, _DRAW_OPEN)
        listed = read_contacts(recipients)
        wanted = invited(listed.people, serving_members(draw), only)
    cards = read_cards(links, load_cards(connection, working.id))
    if not private:
        refuse_private(card.link for card in cards)
    dealt, spare = deal(wanted, cards, secrets.SystemRandom().shuffle)
    words = _words(connection, working)
    return Mailing(
        working=working,
        purpose="invitation",
        letters=[_letter(one, INVITATION, {**words, "link": card.link}) for one, card in dealt],
        heading=listed.heading,
        recipients={one.line: one for one, _ in dealt},
        cards={one.line: card for one, card in dealt},
        spare=spare,
    )


_DRAW_OPEN = Text(zh="抽签还没有结果，不能发邀请。", en="The draw is not done yet: nobody can be invited.")


def plan_reminders(
    connection: Connection, caller: Caller, period: str, channel: str, *, recipients: Rows
) -> Mailing:
    """A letter for everybody on the list, since nobody knows who has voted; the look at turnout is recorded.

    Raises Problem not_found, wrong_state, addresses_invalid.
    """
    working = _roster(connection, period, channel, ("open",))
    listed = read_addresses(recipients)
    words = {**_words(connection, working), "share": _turnout(connection, working)}
    record(connection, "turnout.viewed", {"period": period, "by": caller.name}, working.period_id)
    return Mailing(
        working=working,
        purpose="reminder",
        letters=[_letter(one, REMINDER, words) for one in listed.people],
        heading=listed.heading,
        recipients={one.line: one for one in listed.people},
    )


def post(server: MailServer, mailing: Mailing, progress: Progress) -> None:
    """Send the letters that wait; what became of each is in `mailing.posted`, also after an interruption."""
    send_letters(server, mailing.letters, mailing.posted, progress)


def record_mailing(connection: Connection, caller: Caller, mailing: Mailing) -> None:
    """Put on the record how many letters left the house, and nothing else of them."""
    working = mailing.working
    content = {"purpose": mailing.purpose, "count": mailing.posted.out, "by": caller.name}
    told = {**content, "period": working.period_key, "channel": working.key}
    record(connection, "mail.sent", told, working.period_id)


def _roster(connection: Connection, period: str, channel: str, states: Sequence[str]) -> BoundChannel:
    working = bound_channel(connection, ChannelRef(period=period, channel=channel))
    if box_kind(connection, working.id) != "roster":
        raise Problem("no_such_box", 409, _NO_ROSTER)
    require_state(working.state, states)
    return working


_NO_ROSTER = Text(
    zh="此渠道没有设为名册票箱，没有票卡可寄。", en="This channel is no roster's box: it has no cards."
)


def _words(connection: Connection, working: BoundChannel) -> dict[str, Text]:
    """What every letter says: the evaluation, the channel, and the last day."""
    terms = period_terms(connection, working.period_id)
    last = Text(zh=f"{terms.ends_on}", en=f"{terms.ends_on}") if terms.ends_on else _UNTIL_CLOSED
    return {
        "title": issued_scheme(terms.scheme_id, connection).title,
        "channel": working.plan.title,
        "last": last,
    }


_UNTIL_CLOSED = Text(zh="评议办宣布截止之日", en="the day on which the office closes it")


def _turnout(connection: Connection, working: BoundChannel) -> Text:
    """The share of cards that came back, in whole percent, rounded down."""
    returned = connection.execute(_RETURNED, {"channel": working.id}).scalar_one()
    share = f"{100 * returned // max(sum(cards_of(connection, working.id).values()), 1)} %"
    return Text(zh=share, en=share)


def _letter(one: Recipient, words: Words, values: Mapping[str, Text | str]) -> Letter:
    subject, body = write(words, values)
    return Letter(one.line, one.address, subject, body, one.name)
