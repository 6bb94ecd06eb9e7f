"""Which channels of a period take ballots with us, with which questionnaire and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.period_state import UNTIL_OPENING
from pingyi.ledger.leaves import record
from pingyi.models import Channel, Document
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel, channel_by_id
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.documents.issue import require_choosable
from pingyi.services.periods.periods import PeriodRow
from pingyi_surveys.ballot.layout import Layout
from pingyi_surveys.ballot.thresholds import read_rules
from pingyi_surveys.models import BallotBox
from pingyi_surveys.questionnaires.kind import QUESTIONNAIRES, find_questionnaire
from pingyi_surveys.questionnaires.questionnaire import Questionnaire, disagreements, parse_questionnaire
from pingyi_surveys.setup.card_hashes import roster_strata
from pingyi_surveys.setup.queries import units_of_channel

Kind = Literal["open", "roster"]
WINDOW, VISIT, KIOSK = "window", "visit", "kiosk"
OPEN_STRATA = (WINDOW, VISIT, KIOSK)
BATCH = "box"
_ADD = insert(BallotBox)
_PUT = _ADD.on_conflict_do_update(
    index_elements=[BallotBox.channel_id],
    set_={
        "kind": _ADD.excluded.kind,
        "questionnaire_id": _ADD.excluded.questionnaire_id,
        "rules": _ADD.excluded.rules,
    },
)
_REMOVE = delete(BallotBox).where(BallotBox.channel_id == bindparam("channel"))
_BOXES = (
    select(
        BallotBox.channel_id,
        Channel.key.label("channel"),
        BallotBox.kind,
        BallotBox.questionnaire_id,
        Document.toml,
        BallotBox.rules,
    )
    .join(Channel, Channel.id == BallotBox.channel_id)
    .join(Document, Document.id == BallotBox.questionnaire_id)
    .where(Channel.period_id == bindparam("period"))
    .order_by(Channel.position)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A channel that takes ballots with us, as it is configured."""

    channel_id: int
    channel: str
    kind: Kind
    questionnaire_id: int
    questionnaire: Questionnaire
    rules: Mapping[str, Any]


def put_box(
    connection: Connection,
    caller: Caller,
    period: PeriodRow,
    channel: str,
    *,
    kind: Kind,
    questionnaire: tuple[str, int],
    rules: Mapping[str, Any],
) -> None:
    """Have a channel of a draft period take ballots with us; the same call again changes it.

    `questionnaire`: key and version. `rules`: thresholds of the quarantine that differ from the shipped ones.
    Raises Problem wrong_state, not_found, box_unfit with everything that does not fit.
    """
    require_state(period.state, UNTIL_OPENING)
    working = bound_channel(connection, ChannelRef(period=period.key, channel=channel))
    kept = find_questionnaire(connection, *questionnaire)
    require_choosable(QUESTIONNAIRES, kept)
    errors = [*unfit(parse_questionnaire(kept.toml), working, kind), *_rules_errors(rules)]
    if errors:
        raise Problem("box_unfit", 422, _UNFIT.format(channel=channel), errors)
    box = {"channel_id": working.id, "kind": kind, "questionnaire_id": kept.id, "rules": rules}
    connection.execute(_PUT, box)
    content = {"period": period.key, "channel": channel, "box": kind, "questionnaire": kept.sha256}
    record(connection, "ballots.configured", {**content, "rules": rules, "by": caller.name}, period.id)


_UNFIT = Text(
    zh="渠道“{channel}”不能这样收票，请改正下列各处。",
    en="Channel {channel} cannot take ballots like this: correct what is named.",
)


def remove_box(connection: Connection, caller: Caller, period: PeriodRow, channel: str) -> None:
    """Have a channel of a draft period take no ballots with us; Problem wrong_state, not_found."""
    require_state(period.state, UNTIL_OPENING)
    working = bound_channel(connection, ChannelRef(period=period.key, channel=channel))
    connection.execute(_REMOVE, {"channel": working.id})
    content = {"period": period.key, "channel": channel, "box": None, "by": caller.name}
    record(connection, "ballots.configured", content, period.id)


def boxes_of(connection: Connection, period_id: int) -> list[Box]:
    """The boxes of a period in the order of its scheme: one query."""
    return [
        Box(
            channel_id=row.channel_id,
            channel=row.channel,
            kind=row.kind,
            questionnaire_id=row.questionnaire_id,
            questionnaire=parse_questionnaire(row.toml),
            rules=row.rules,
        )
        for row in connection.execute(_BOXES, {"period": period_id})
    ]


def unfit(questionnaire: Questionnaire, working: BoundChannel, kind: Kind) -> list[FieldError]:
    """Why a channel cannot take ballots of this kind with this questionnaire; nothing where it can."""
    settings = working.context.settings
    if working.plugin.family != "ballots":
        return [_error("not_a_ballot", _NOT_A_BALLOT, "/channel")]
    errors = list(disagreements(questionnaire, settings))
    strata = settings.get("strata") or {}
    if kind == "open" and not set(strata) <= set(OPEN_STRATA):
        errors.append(_error("strata_unknown", _STRATA.format(strata=", ".join(OPEN_STRATA)), "/kind"))
    return errors


_NOT_A_BALLOT = Text(zh="此渠道不是票决渠道。", en="This channel is none of ballots.")
_STRATA = Text(
    zh="现场扫码收票的人群只能是 {strata}；方案中的人群与此不同。",
    en="Open ballots know the strata {strata} only; the scheme has others.",
)


def _rules_errors(rules: Mapping[str, Any]) -> list[FieldError]:
    try:
        read_rules(rules)
    except ValueError as error:
        return [_error("threshold_invalid", _THRESHOLD.format(error=error), "/rules")]
    return []


_THRESHOLD = Text(zh="隔离规则的参数有误：{error}。", en="A threshold of the quarantine is wrong: {error}.")


def _error(code: str, message: Text, pointer: str) -> FieldError:
    return FieldError(code=code, message=message, pointer=pointer)


def layout_of(connection: Connection, box: Box) -> Layout:
    """What fixes the box's ballots as things stand; ValueError where something is still missing."""
    roster = box.kind == "roster"
    asked = box.questionnaire
    return Layout(
        channel=box.channel,
        units=tuple(unit.code for unit in units_of_channel(connection, box.channel_id)),
        dimensions=tuple(dimension.key for dimension in asked.dimensions),
        options=tuple(option.key for option in asked.options),
        scored=asked.scored,
        strata=tuple(roster_strata(connection, box.channel_id)) if roster else OPEN_STRATA,
        every_unit=roster,
        comment=0 if roster else asked.comment_bytes,
    )


def levels_of(connection: Connection, box: Box) -> tuple[int | None, ...]:
    """How good each option is, as whole numbers that rise with its worth; None without a score."""
    worth = channel_by_id(connection, box.channel_id).context.settings["options"]
    ranks = {value: rank for rank, value in enumerate(sorted(set(worth.values())))}
    return tuple(ranks[worth[option.key]] if option.scored else None for option in box.questionnaire.options)
