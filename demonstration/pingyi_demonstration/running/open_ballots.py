"""The open evaluation's ballots: a code to scan for every unit, cards for deputies and CPPCC members."""

from __future__ import annotations

import json

from sqlalchemy import Connection, bindparam, select

from pingyi.domain.period_state import PeriodState
from pingyi.embedded.ports import address_of
from pingyi.models import Channel, Period, PeriodUnit
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.periods import PeriodRow
from pingyi.settings import Settings
from pingyi_surveys.ballot.card_codes import new_card, write_card
from pingyi_surveys.models import BallotBox
from pingyi_surveys.questionnaires.questionnaire import ready_questionnaire
from pingyi_surveys.questionnaires.store import store_questionnaire
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.boxes import Kind, put_box
from pingyi_surveys.setup.card_hashes import card_hash, commit_cards
from pingyi_surveys.setup.key_files import write_private
from pingyi_surveys.setup.prepare_keys import prepare
from pingyi_surveys.setup.window_codes import Code, code_of

FILE = "demonstration-cards.json"
SCANNED = "mobile_qr"
ROSTERS = {"deputies": 380, "cppcc": 352}
_FIRST = (
    select(Channel.id.label("channel"), PeriodUnit.unit_id.label("unit"))
    .join(BallotBox, BallotBox.channel_id == Channel.id)
    .join(Period, Period.id == Channel.period_id)
    .join(PeriodUnit, PeriodUnit.period_id == Period.id)
    .where(Period.demonstration, Period.state == PeriodState.OPEN, Channel.key == bindparam("key"))
    .order_by(Period.id.desc(), PeriodUnit.position)
    .limit(1)
)
BOXES: tuple[tuple[str, Kind, str], ...] = (
    (SCANNED, "open", "conduct-four-levels"),
    *((channel, "roster", "roster-three-levels") for channel in ROSTERS),
)


def prepare_boxes(connection: Connection, settings: Settings, period: PeriodRow) -> None:
    """Have the draft period take ballots of citizens and two rosters, whose cards stand in a private file."""
    for channel, kind, questionnaire in BOXES:
        kept = store_questionnaire(connection, SHELL, ready_questionnaire(questionnaire))
        put_box(
            connection,
            SHELL,
            period,
            channel,
            kind=kind,
            questionnaire=(kept.key, kept.version),
            rules={},
        )
    cards = {channel: [new_card() for _ in range(count)] for channel, count in ROSTERS.items()}
    for channel, tokens in cards.items():
        roster = bound_channel(connection, ChannelRef(period=period.key, channel=channel))
        commit_cards(connection, SHELL, roster, [card_hash(token) for token in tokens])
    written = {channel: [write_card(token) for token in tokens] for channel, tokens in cards.items()}
    write_private(settings.state / FILE, json.dumps(written).encode() + b"\n")
    prepare(connection, SHELL, period, settings.read(SurveySettings))


def ballot_lines(connection: Connection, settings: Settings) -> list[str]:
    """Where the first unit is rated and the first members vote; nothing where there is no demonstration."""
    try:
        cards: dict[str, list[str]] = json.loads((settings.state / FILE).read_text(encoding="ascii"))
    except OSError:
        return []
    row = connection.execute(_FIRST, {"key": SCANNED}).one_or_none()
    if row is None:
        return []
    base_url = address_of(settings)
    code = code_of(settings.secret_key, Code(row.channel, row.unit, 0))
    return [
        f"扫码评议 / rate a unit: {base_url}/s/{code}",
        f"人大代表测评票 / a deputy's ballot: {base_url}/c/{cards['deputies'][0]}",
        f"政协委员测评票 / a CPPCC member's ballot: {base_url}/c/{cards['cppcc'][0]}",
    ]
