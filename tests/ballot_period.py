"""A period that takes ballots with us, in few words: an open box and a roster, prepared and opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text
from tests.small_scheme import channel, draft_period, open_draft, scheme_of

from pingyi.db import transaction
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.periods import close_period, find_period
from pingyi_surveys.ballot.keys import new_secret
from pingyi_surveys.questionnaires.questionnaire import parse_questionnaire, ready_questionnaire
from pingyi_surveys.questionnaires.store import store_questionnaire
from pingyi_surveys.setup.boxes import put_box
from pingyi_surveys.setup.card_hashes import card_hash, commit_cards
from pingyi_surveys.setup.key_files import configured
from pingyi_surveys.setup.prepare_keys import Prepared, prepare

OPEN, ROSTER = "mobile_qr", "deputies"
FIVE = (
    '{ options = { very_satisfied = "100", satisfied = "80", basic = "60", dissatisfied = "30",'
    ' very_dissatisfied = "0" }, unscored = ["no_opinion"], n_min = 1, shown_as = "rate",'
    " dimensions = { DIMENSIONS } }"
)
THREE = (
    '{ options = { satisfied = "100", basic = "80", dissatisfied = "30" }, unscored = ["no_opinion"],'
    ' n_min = 1, shown_as = "score" }'
)


def settings_for(questionnaire: str) -> str:
    """Settings of the open channel that fit the five-level questionnaire."""
    keys = [dimension.key for dimension in parse_questionnaire(questionnaire).dimensions]
    return FIVE.replace("DIMENSIONS", ", ".join(f'{key} = "1"' for key in keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballots:
    """What was made: the ids of both channels, the roster's cards (16 bytes each), and the keys."""

    open_id: int
    roster_id: int
    cards: Sequence[bytes]
    prepared: Prepared


def ballot_period(
    names: Sequence[str] = ("市公安局", "市教育局", "市供电公司"),
    *,
    cards: int = 20,
    key: str = "p",
    opened: bool = True,
    roster_settings: str = THREE,
) -> Ballots:
    """A period `key` with units u1, u2, ...: an open box (five levels, dimensions) and a roster (three)."""
    five, three = ready_questionnaire("conduct-five-levels"), ready_questionnaire("roster-three-levels")
    document = scheme_of(
        channel(OPEN, "扫码评议", "60", settings_for(five), operator="评议办", plugin=OPEN),
        channel(ROSTER, "代表测评", "40", roster_settings, operator="人大", plugin=ROSTER),
        min_coverage="0",
    )
    today = datetime.now(UTC).date()
    draft_period(
        document, names, key, starts_on=today - timedelta(days=3), ends_on=today + timedelta(days=30)
    )
    tokens = [new_secret()[:16] for _ in range(cards)]
    with transaction() as connection:
        period = find_period(connection, key)
        for channel_key, kind, questionnaire in ((OPEN, "open", five), (ROSTER, "roster", three)):
            kept = store_questionnaire(connection, SHELL, questionnaire)
            put_box(
                connection,
                SHELL,
                period,
                channel_key,
                kind="roster" if kind == "roster" else "open",
                questionnaire=(kept.key, kept.version),
                rules={},
            )
        roster = bound_channel(connection, ChannelRef(period=key, channel=ROSTER))
        commit_cards(connection, SHELL, roster, [card_hash(token) for token in tokens])
        prepared = prepare(connection, SHELL, period, configured())
        open_id = bound_channel(connection, ChannelRef(period=key, channel=OPEN)).id
    if opened:
        open_draft(key)
    return Ballots(open_id=open_id, roster_id=roster.id, cards=tokens, prepared=prepared)


def close(key: str = "p") -> None:
    """Close the period."""
    with transaction() as connection:
        close_period(connection, SHELL, key)


def unit_id(code: str) -> int:
    """The id of a unit."""
    with transaction() as connection:
        found: int = connection.execute(
            text("SELECT id FROM unit WHERE code = :code"), {"code": code}
        ).scalar_one()
    return found


def first_day(key: str = "p") -> date:
    """The first day of the period."""
    with transaction() as connection:
        found: date = connection.execute(
            text("SELECT starts_on FROM period WHERE key = :key"), {"key": key}
        ).scalar_one()
    return found
