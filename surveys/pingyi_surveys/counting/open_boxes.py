"""Opens the boxes of a closed period: once, each box in one transaction or not at all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.db import Lock, db, hold, transaction
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.period_state import PeriodState
from pingyi.ledger.notes import Checkpoint
from pingyi.outbox import request_once, take_requests
from pingyi.services.core.bound_channels import BoundChannel, channel_by_id
from pingyi.services.core.callers import Caller
from pingyi.services.core.collection import without_collection
from pingyi.services.core.errors import require_state
from pingyi.services.core.progress import report_progress, stop_progress
from pingyi.services.periods.periods import find_period
from pingyi_surveys.ballot.keys import BoxKeys, box_keys_of
from pingyi_surveys.ballot.layout import read_layout
from pingyi_surveys.ballot.tally import settle
from pingyi_surveys.counting.box_terms import Judging, terms_of
from pingyi_surveys.counting.closing_head import ClosingHead, closing_head, require_whole_tree
from pingyi_surveys.counting.decrypt import Show, open_all
from pingyi_surveys.counting.destroy_keys import destroy_period_secret, forget_dead_keys, sweep_drafts
from pingyi_surveys.counting.match_record import Matched, match
from pingyi_surveys.counting.queries import closed_boxes, load_leaves, load_rows, periods_to_open
from pingyi_surveys.counting.store_tally import Outcome, TalliedBox, store_opening
from pingyi_surveys.setup.key_files import configured, read_box_secret
from pingyi_surveys.setup.prepare_keys import Prepared, newest_prepared, require_as_recorded
from pingyi_surveys.setup.queries import period_terms, state_of
from pingyi_surveys.topics import OPEN_BOXES

SHOWN_EVERY_SECONDS = 1.0
MOST_NAMED = 20
COUNTING = Caller(name="counting", roles=frozenset({"shell"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Two people, by their names in the record, who go on although rows and record differ."""

    by: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Period:
    """A period with boxes to open; `waiting`: their channels, each with what was frozen for it."""

    id: int
    key: str
    state: str
    keys: BoxKeys
    prepared: Prepared
    waiting: Sequence[tuple[BoundChannel, dict[str, Any]]]


def open_by_itself(period_id: int) -> int:
    """Open a closed period's boxes with the key in this host's file; returns how many were opened.

    Does nothing where there is no such file: two people do it then, or the host that has it. A finding stops
    it and is shown beside its progress. Raises Problem record_unsealed (it is tried again), box_mismatch,
    record_differs, box_key_wrong.
    """
    try:
        secret = _secret_here(period_id)
        if secret is None:
            with transaction() as connection:
                take_requests(connection, OPEN_BOXES, period_id)
            return 0
        return len(open_period_boxes(period_id, secret, COUNTING))
    except Problem as problem:
        if problem.code != "record_unsealed":
            with transaction() as connection:
                take_requests(connection, OPEN_BOXES, period_id)
                stop_progress(connection, OPEN_BOXES, period_id, problem.message)
        raise


def _secret_here(period_id: int) -> bytes | None:
    """The secret of a closed period's boxes where it is a file of this host."""
    with transaction() as connection:
        state = state_of(connection, period_id)
        prepared = newest_prepared(connection, period_id)
    if state != PeriodState.CLOSED or prepared is None:
        return None
    return read_box_secret(configured(), period_id, prepared.public)


def secret_of(connection: Connection, period_key: str) -> tuple[int, bytes | None]:
    """The id of a closed period and its box secret, None where that is no file of this host.

    Raises Problem not_found, wrong_state, keys_missing, box_key_wrong.
    """
    period = find_period(connection, period_key)
    require_state(period.state, (PeriodState.CLOSED,))
    prepared = newest_prepared(connection, period.id)
    if prepared is None:
        raise Problem("keys_missing", 409, _NO_KEYS.format(period=period.key))
    return period.id, read_box_secret(configured(), period.id, prepared.public)


_NO_KEYS = Text(zh="周期“{period}”没有收票。", en="Period {period} takes no ballots with us.")


def open_period_boxes(
    period_id: int,
    secret: bytes,
    caller: Caller,
    *,
    approval: Approval | None = None,
    outside: Checkpoint | None = None,
    tell: Show | None = None,
) -> list[TalliedBox]:
    """Open every box of a closed period that is not open yet; those that were opened now, in order.

    The period secret is destroyed first. `outside`: a head kept elsewhere, from which the record must have
    grown. `approval`: two people go on although rows are missing, altered or too many. `tell` is told how far
    it is. Safe to kill and to run twice, also at the same time. Raises Problem wrong_state, box_key_wrong,
    record_unsealed, record_differs, preparation_changed, box_mismatch.
    """
    with _alone(period_id), without_collection():
        period = _load(period_id, secret)
        if period is None or not period.waiting:
            with transaction() as connection:
                take_requests(connection, OPEN_BOXES, period_id)
            return []
        require_state(period.state, (PeriodState.CLOSED,))
        closing = closing_head(period_id)
        with transaction() as connection:
            require_whole_tree(connection, closing, outside)
            require_as_recorded(connection, period_id, period.prepared)
        destroy_period_secret(caller, period_id, period.key)
        found = [_matched(period, one, approval) for one in period.waiting]
        show = _shown(period_id, sum(len(matched.rows) for matched in found), tell)
        return [
            _open(caller, period.keys, one, matched, closing, approval, show)
            for one, matched in zip(period.waiting, found, strict=True)
        ]


@contextmanager
def _alone(period_id: int) -> Iterator[None]:
    """One opening of a period at a time; another one waits, and then finds nothing to do."""
    with db.engine.begin() as guard:
        hold(guard, Lock.OPENING_OF_PERIOD, period_id)
        yield


def _load(period_id: int, secret: bytes) -> _Period | None:
    with transaction() as connection:
        terms = period_terms(connection, period_id)
        prepared = newest_prepared(connection, period_id)
        if prepared is None:
            return None
        waiting = [
            (channel_by_id(connection, box.channel_id), prepared.content[box.channel_id])
            for box in closed_boxes(connection, period_id)
            if box.channel_id in prepared.content
        ]
    return _Period(
        id=period_id,
        key=terms.key,
        state=terms.state,
        keys=box_keys_of(secret, prepared.public),
        prepared=prepared,
        waiting=waiting,
    )


def _matched(period: _Period, box: tuple[BoundChannel, dict[str, Any]], approval: Approval | None) -> Matched:
    working, _ = box
    with transaction() as connection:
        rows = load_rows(connection, working.id)
        matched = match(period.key, working.key, rows, load_leaves(connection, period.id, working.key))
    if not matched.whole and approval is None:
        raise _mismatch(working.key, matched)
    return matched


def _mismatch(channel: str, matched: Matched) -> Problem:
    errors = [
        FieldError(
            code=f"ballot_{what}",
            message=_WHAT[what].format(receipt=receipt),
            pointer=f"/channels/{channel}",
        )
        for what, receipts in matched.told().items()
        for receipt in receipts[:MOST_NAMED]
    ]
    numbers = {what: len(matched.told().get(what, ())) for what in _WHAT}
    return Problem("box_mismatch", 409, _MISMATCH.format(channel=channel, **numbers), errors)


_WHAT = {
    "missing": Text(zh="记录中有、票箱里没有：{receipt}", en="in the record, not in the box: {receipt}"),
    "altered": Text(zh="与记录不符（被改动）：{receipt}", en="altered since it was recorded: {receipt}"),
    "extra": Text(zh="票箱里有、记录中没有：{receipt}", en="in the box, not in the record: {receipt}"),
}
_MISMATCH = Text(
    zh="渠道“{channel}”的票箱与记录不符：缺 {missing} 张，被改动 {altered} 张，多出 {extra} 张；未开箱。"
    "查明原因后，两人可以用 pingyi box open --go-on 继续，缺失和被改动的逐张写入记录。",
    en="The box of channel {channel} does not fit the record: {missing} ballots missing, {altered} altered, "
    "{extra} too many; it stays closed. Once the cause is known, two people may go on with pingyi box open "
    "--go-on; whatever is missing or altered is then named in the record.",
)


def _open(
    caller: Caller,
    keys: BoxKeys,
    box: tuple[BoundChannel, dict[str, Any]],
    matched: Matched,
    closing: ClosingHead,
    approval: Approval | None,
    show: Show,
) -> TalliedBox:
    working, frozen = box
    layout = read_layout(frozen["layout"])
    judging = Judging(frozen, layout, working.context.settings["options"])
    results = [*open_all(matched.rows, layout, keys, show), *matched.lost()]
    opening = settle(results, layout, terms_of(frozen, closing.size), judging)
    outcome = Outcome(
        opening=opening,
        matched=matched,
        closing=closing,
        cards=frozen["cards"],
        batch=frozen["batch"],
        report=judging.report(),
        approved_by=(approval.by, approval.second) if approval else (),
    )
    with transaction() as connection:
        opened = store_opening(connection, caller, working, outcome)
        _finish(connection, working.period_id, matched)
    return opened


def _finish(connection: Connection, period_id: int, matched: Matched) -> None:
    """With the last box the request is done."""
    if not closed_boxes(connection, period_id):
        take_requests(connection, OPEN_BOXES, period_id)
        report_progress(connection, OPEN_BOXES, period_id, matched.sealed, matched.sealed)


def _shown(period_id: int, total: int, tell: Show | None) -> Show:
    """Says how many rows of all boxes are open, at most once a second."""
    state = {"before": 0, "last": 0, "due": 0.0}

    def show(done: int, of: int) -> None:
        now = time.monotonic()
        if done == of:
            state["before"] += of
            done = 0
        if now >= state["due"]:
            state["due"] = now + SHOWN_EVERY_SECONDS
            opened = int(state["before"]) + done
            with transaction() as connection:
                report_progress(connection, OPEN_BOXES, period_id, opened, total)
            if tell:
                tell(opened, total)

    return show


def sweep_up() -> None:
    """Ask again for boxes that this host can open, and remove keys and drafts that are dead."""
    forget_dead_keys()
    sweep_drafts()
    with transaction() as connection:
        waiting = periods_to_open(connection, OPEN_BOXES)
    for period_id in waiting:
        if _secret_here(period_id) is not None:
            with transaction() as connection:
                request_once(connection, OPEN_BOXES, period_id)
