"""Makes a period's ballot keys and freezes what its ballots rest on: on the record before it opens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, bindparam, insert, literal, select

from pingyi.channels import Text
from pingyi.domain.canonical import canonical_json, sha256_hex
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.period_state import UNTIL_OPENING
from pingyi.ledger.leaves import leaf_hash, record
from pingyi.ledger.tree import entry_bytes, hash_entry
from pingyi.models import Leaf, Period, SealedLeaf
from pingyi.services.core.bound_channels import channel_by_id
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import require_state
from pingyi.services.documents.documents import document_by_id
from pingyi.services.documents.issue import issue_if_draft
from pingyi.services.periods.periods import PeriodRow
from pingyi_surveys.ballot.keys import BoxKeys, KeyFile, box_keys, new_secret, write_key_file
from pingyi_surveys.ballot.thresholds import read_rules
from pingyi_surveys.models import BallotKeys, PreparedBox
from pingyi_surveys.questionnaires.kind import QUESTIONNAIRES
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.boxes import BATCH, Box, boxes_of, layout_of, levels_of, unfit
from pingyi_surveys.setup.card_hashes import cards_of, roster_digest
from pingyi_surveys.setup.key_files import box_name, key_file_name, write_private
from pingyi_surveys.setup.queries import Keeping, newest_keys, period_terms

_STORE_KEYS = insert(BallotKeys).returning(BallotKeys.id)
_STORE_BOXES = insert(PreparedBox)
_CONTENT = (
    select(PreparedBox.channel_id, PreparedBox.content)
    .where(PreparedBox.keys_id == bindparam("keys"))
    .order_by(PreparedBox.channel_id)
)
_RECORDED = (
    select(Leaf.body, SealedLeaf.hash, Period.key)
    .join(SealedLeaf, SealedLeaf.leaf_id == Leaf.id)
    .join(Period, Period.id == Leaf.period_id)
    # Written out: a partial index serves only a kind that the planner can read.
    .where(Period.id == bindparam("period"), Leaf.kind == literal("ballots.prepared", literal_execute=True))
    .order_by(SealedLeaf.epoch, SealedLeaf.index)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """`content` by channel: see `frozen_content`; `key_file`: SHA-256 of the web hosts' file, in hex."""

    keys_id: int
    public: bytes
    key_file: str
    kept: Keeping
    content: dict[int, dict[str, Any]]


def prepare(
    connection: Connection,
    caller: Caller,
    period: PeriodRow,
    settings: SurveySettings,
    box_secret: bytes | None = None,
) -> Prepared:
    """Make the keys of a draft period and freeze its boxes; again makes new keys.

    `box_secret`: one that two people hold on paper; without it a new one is kept in a file on this host.
    Raises Problem wrong_state, needs_missing.
    """
    boxes = _with_issued_questionnaires(connection, caller, period)
    kept: Keeping = "printed" if box_secret else "file"
    secret = box_secret or new_secret()
    keys = box_keys(secret)
    key_file = _write_key_file(connection, settings, period, boxes, keys)
    if not box_secret:
        write_private(settings.box_folder / box_name(period.id, keys.public), secret.hex().encode() + b"\n")
    return _store(connection, caller, period, boxes, keys.public, key_file, kept)


def _with_issued_questionnaires(connection: Connection, caller: Caller, period: PeriodRow) -> Sequence[Box]:
    """The boxes as their questionnaires stand once they are issued: nobody changes them any more."""
    for number in {box.questionnaire_id for box in require_preparable(connection, period)}:
        stored = document_by_id(connection, QUESTIONNAIRES, number)
        issue_if_draft(connection, caller, QUESTIONNAIRES, stored)
    return require_preparable(connection, period)


def require_preparable(connection: Connection, period: PeriodRow) -> Sequence[Box]:
    """The boxes of a draft period, with nothing lacking; Problem wrong_state, needs_missing."""
    require_state(period.state, UNTIL_OPENING)
    boxes = boxes_of(connection, period.id)
    if errors := [error for box in boxes for error in _lacking(connection, box)] or _none(boxes):
        raise Problem("needs_missing", 409, _MISSING, errors)
    return boxes


_MISSING = Text(zh="票箱还不能准备。", en="The ballot boxes cannot be prepared yet.")


def _none(boxes: Sequence[Box]) -> list[FieldError]:
    message = Text(zh="还没有渠道设为收票。", en="No channel takes ballots yet.")
    return [] if boxes else [FieldError(code="no_boxes", message=message, pointer="/boxes")]


def _lacking(connection: Connection, box: Box) -> list[FieldError]:
    working = channel_by_id(connection, box.channel_id)
    errors = unfit(box.questionnaire, working, box.kind)
    where = f"/channels/{box.channel}"
    strata = set(working.context.settings.get("strata") or {})
    cards = cards_of(connection, box.channel_id)
    if box.kind == "roster" and not cards:
        errors.append(
            FieldError(code="cards_missing", message=_NO_CARDS.format(key=box.channel), pointer=where)
        )
    elif box.kind == "roster" and strata and not set(cards) <= strata:
        wrong = ", ".join(sorted(set(cards) - strata))
        message = _WRONG_STRATA.format(key=box.channel, wrong=wrong)
        errors.append(FieldError(code="strata_unknown", message=message, pointer=where))
    return errors


_NO_CARDS = Text(
    zh="渠道“{key}”还没有登记票卡：请发卡人先运行 pingyi cards issue 并登记清单。",
    en="Channel {key} has no cards yet: the issuer runs pingyi cards issue and registers the list first.",
)
_WRONG_STRATA = Text(
    zh="渠道“{key}”的票卡人群“{wrong}”不在方案里。",
    en="Cards of channel {key} are of strata unknown to it: {wrong}.",
)


def frozen_content(
    connection: Connection, box: Box, first_day: date, last_day: date | None
) -> dict[str, Any]:
    """What an opening needs besides keys and ballots, as plain data."""
    layout = layout_of(connection, box)
    return {
        "channel": box.channel,
        "kind": box.kind,
        "questionnaire": box.questionnaire.digest(),
        "layout": asdict(layout),
        "rules": read_rules(box.rules).document(),
        "levels": list(levels_of(connection, box)),
        "first_day": first_day.isoformat(),
        "last_day": last_day.isoformat() if last_day else None,
        "cards": dict(cards_of(connection, box.channel_id)) if box.kind == "roster" else None,
        "batch": BATCH,
    }


def _store(
    connection: Connection,
    caller: Caller,
    period: PeriodRow,
    boxes: Sequence[Box],
    public: bytes,
    key_file: str,
    kept: Keeping,
) -> Prepared:
    first_day, last_day = days_of(connection, period.id)
    content = {box.channel_id: frozen_content(connection, box, first_day, last_day) for box in boxes}
    keys_id = connection.execute(
        _STORE_KEYS,
        {
            "period_id": period.id,
            "public": public,
            "key_file": bytes.fromhex(key_file),
            "kept": kept,
            "prepared_by": caller.name,
        },
    ).scalar_one()
    connection.execute(
        _STORE_BOXES,
        [{"keys_id": keys_id, "channel_id": one, "content": frozen} for one, frozen in content.items()],
    )
    told = {
        "period": period.key,
        "by": caller.name,
        "public": public.hex(),
        "kept": kept,
        "key_file": key_file,
    }
    record(connection, "ballots.prepared", {**told, "boxes": list(content.values())}, period.id)
    return Prepared(keys_id=keys_id, public=public, key_file=key_file, kept=kept, content=content)


def days_of(connection: Connection, period_id: int) -> tuple[date, date | None]:
    """First and last day on which a period's boxes take ballots; without dates from today until it closes."""
    terms = period_terms(connection, period_id)
    return terms.starts_on or datetime.now(ZoneInfo(terms.time_zone)).date(), terms.ends_on


def newest_prepared(connection: Connection, period_id: int) -> Prepared | None:
    """The keys that count, and what was frozen with them; None before anything was prepared."""
    keys = newest_keys(connection, period_id)
    if keys is None:
        return None
    return Prepared(
        keys_id=keys.id,
        public=keys.public,
        key_file=keys.key_file.hex(),
        kept=keys.kept,
        content={row.channel_id: row.content for row in connection.execute(_CONTENT, {"keys": keys.id})},
    )


def require_as_recorded(connection: Connection, period_id: int, prepared: Prepared) -> None:
    """Keys and frozen boxes are those of the sealed record; Problem preparation_changed where they differ."""
    recorded = connection.execute(_RECORDED, {"period": period_id}).all()
    if any(hash_entry(entry_bytes(row.key, leaf_hash(row.body))) != row.hash for row in recorded):
        raise Problem("preparation_changed", 409, _CHANGED)
    told = [msgspec.json.decode(row.body) for row in recorded]
    now = {"public": prepared.public.hex(), "key_file": prepared.key_file, "kept": prepared.kept}
    if not told or {name: told[-1][name] for name in now} != now:
        raise Problem("preparation_changed", 409, _CHANGED)
    if canonical_json(_by_channel(told[-1]["boxes"])) != canonical_json(
        _by_channel(prepared.content.values())
    ):
        raise Problem("preparation_changed", 409, _CHANGED)


def _by_channel(contents: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {content["channel"]: content for content in contents}


_CHANGED = Text(
    zh="库中的票箱密钥或冻结内容与记录（ballots.prepared）不符：有人改过数据库，请先查明。",
    en="The keys or the frozen content of the boxes differ from the record (ballots.prepared): somebody "
    "changed the database. Find out first.",
)


def unprepared(connection: Connection, period_id: int) -> list[FieldError]:
    """What keeps a draft period with boxes from opening; nothing where keys fit what stands now."""
    boxes = boxes_of(connection, period_id)
    if not boxes:
        return []
    if errors := [error for box in boxes for error in _lacking(connection, box)]:
        return errors
    prepared = newest_prepared(connection, period_id)
    if prepared is None:
        return [FieldError(code="keys_missing", message=_NO_KEYS, pointer="/ballots")]
    stale = [box.channel for box in boxes if not _fits(connection, box, prepared)]
    if stale or len(prepared.content) != len(boxes):
        message = _STALE.format(channels=", ".join(stale))
        return [FieldError(code="keys_outdated", message=message, pointer="/ballots")]
    return []


_NO_KEYS = Text(
    zh="票箱密钥尚未准备：请在“收票”页准备，或运行 pingyi box prepare。",
    en="The ballot keys are not made yet: prepare them on the page Ballots, or run pingyi box prepare.",
)
_STALE = Text(
    zh="准备密钥之后，单位、问卷或票卡又有变动（{channels}）：请重新准备票箱。",
    en="Units, questionnaire or cards changed after the keys were made ({channels}): prepare again.",
)


def _fits(connection: Connection, box: Box, prepared: Prepared) -> bool:
    frozen = prepared.content.get(box.channel_id)
    if frozen is None:
        return False
    first_day = date.fromisoformat(frozen["first_day"])
    working = channel_by_id(connection, box.channel_id)
    now = frozen_content(connection, box, first_day, working.context.period.ends_on)
    return canonical_json(now) == canonical_json(frozen)


def _write_key_file(
    connection: Connection, settings: SurveySettings, period: PeriodRow, boxes: Sequence[Box], keys: BoxKeys
) -> str:
    rosters = {
        box.channel: roster_digest(connection, box.channel_id) for box in boxes if box.kind == "roster"
    }
    content = write_key_file(KeyFile(period.key, keys.public, keys.intake, new_secret(), rosters))
    digest = sha256_hex(content)
    write_private(settings.ballots_folder / key_file_name(period.id, digest), content)
    return digest
