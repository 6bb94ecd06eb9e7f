"""Writes an opened box: tallies, held cells, numbers, comments, report and the record, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert

from pingyi.ledger.leaves import record
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.core.callers import Caller
from pingyi.services.intake.deliveries import claim_delivery
from pingyi.services.intake.dispositions import Verdict, dispose
from pingyi.services.intake.parse_rows import read_rows
from pingyi.services.intake.store_entries import find_current_entries, insert_rows, receipt_of, rows_to_store
from pingyi_surveys.ballot.tally import Opening
from pingyi_surveys.ballot.tally_cells import COUNTED, HELD, REJECTED, Tallied
from pingyi_surveys.counting.closing_head import ClosingHead
from pingyi_surveys.counting.match_record import Matched
from pingyi_surveys.models import BoxOpening
from pingyi_surveys.setup.queries import units_of_period

ISSUED = "issued"
_STORE_OPENING = insert(BoxOpening)


@dataclass(frozen=True, slots=True, kw_only=True)
class TalliedBox:
    """A channel's opening in numbers; `digest`: SHA-256 of `Opening.canonical()` in hex."""

    channel: str
    sealed: int
    counted: int
    held: int
    rejected: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that an opening writes; `cards` of a roster by stratum, else None."""

    opening: Opening
    matched: Matched
    closing: ClosingHead
    cards: Mapping[str, int] | None
    batch: str
    report: dict[str, Any]
    approved_by: Sequence[str] = ()

    def digest(self) -> bytes:
        return hashlib.sha256(self.opening.canonical()).digest()

    def numbers(self) -> list[list[str | int]]:
        """Unit, standing, reason and number of ballots, in the opening's order."""
        return [[one.unit, one.standing, one.reason, one.count] for one in self.opening.numbers]


def store_opening(
    connection: Connection, caller: Caller, working: BoundChannel, outcome: Outcome
) -> TalliedBox:
    """Write everything; IntegrityError where the box was opened before."""
    delivery_id = _store_entries(connection, caller, working, outcome)
    opened = TalliedBox(
        channel=working.key,
        sealed=outcome.matched.sealed,
        counted=outcome.opening.total(COUNTED),
        held=outcome.opening.total(HELD),
        rejected=outcome.opening.total(REJECTED),
        digest=outcome.digest().hex(),
    )
    _store_opening(connection, caller, working.id, outcome, opened, delivery_id)
    _store_opinions(connection, working, outcome.opening)
    _record(connection, caller, working, outcome, opened, delivery_id)
    return opened


def _store_entries(connection: Connection, caller: Caller, working: BoundChannel, outcome: Outcome) -> int:
    """The tallies as one delivery, by the path of every entry; held ones are disposed of at once."""
    delivery_id = claim_delivery(connection, working, caller, None, "opening") or 0
    tallies = outcome.opening.entries
    issued = sorted((outcome.cards or {}).items())
    rows = [*map(_row, tallies), *(_issued_row(outcome.batch, *one) for one in issued)]
    entries = read_rows(connection, working, rows)
    heads = find_current_entries(connection, working, entries)
    stored = rows_to_store(working, caller, delivery_id, entries, heads)
    insert_rows(connection, working, delivery_id, stored, receipt_of(working, delivery_id, stored))
    held: dict[str, Verdict] = {
        entry.identity: (HELD, tally.reason)
        for entry, tally in zip(entries, tallies, strict=False)
        if tally.standing == HELD
    }
    if held:
        dispose(connection, caller, working, held)
    return delivery_id


def _row(tally: Tallied) -> dict[str, Any]:
    named = {
        "unit": tally.unit,
        "batch": tally.batch,
        "stratum": tally.stratum,
        "dimension": tally.dimension,
    }
    given = {name: value for name, value in named.items() if value}
    return {**given, "option": tally.option, "count": tally.count}


def _issued_row(batch: str, stratum: str, cards: int) -> dict[str, Any]:
    return _row(Tallied("", batch, stratum, "", ISSUED, cards))


def _store_opening(
    connection: Connection,
    caller: Caller,
    channel_id: int,
    outcome: Outcome,
    opened: TalliedBox,
    delivery_id: int,
) -> None:
    connection.execute(
        _STORE_OPENING,
        {
            "channel_id": channel_id,
            "delivery_id": delivery_id,
            "head": outcome.closing.head.line,
            "sealed": opened.sealed,
            "counted": opened.counted,
            "held": opened.held,
            "rejected": opened.rejected,
            "numbers": outcome.numbers(),
            "report": outcome.report,
            "digest": outcome.digest(),
            "opened_by": caller.name,
        },
    )


def _store_opinions(connection: Connection, working: BoundChannel, opening: Opening) -> None:
    """By COPY, whose rows no statement log shows."""
    if not opening.opinions:
        return
    units = {unit.code: unit.id for unit in units_of_period(connection, working.period_id)}
    cursor = connection.connection.cursor()
    with cursor.copy(_COPY) as copy:
        for position, opinion in enumerate(opening.opinions):
            # PostgreSQL stores no NUL.
            comment = opinion.text.replace("\0", "")
            copy.write_row((working.id, position, units.get(opinion.unit, 0), opinion.standing, comment))


_COPY = "COPY ballot_opinion (channel_id, position, unit_id, standing, comment) FROM STDIN"


def _record(
    connection: Connection,
    caller: Caller,
    working: BoundChannel,
    outcome: Outcome,
    opened: TalliedBox,
    delivery_id: int,
) -> None:
    content = {
        "period": working.period_key,
        "channel": working.key,
        "by": caller.name,
        "head": outcome.closing.head.line,
        "epoch": outcome.closing.epoch,
        "size": outcome.closing.head.size,
        "sealed": opened.sealed,
        "counted": opened.counted,
        "held": opened.held,
        "rejected": opened.rejected,
        "cards": None if outcome.cards is None else sum(outcome.cards.values()),
        "numbers": outcome.numbers(),
        "digest": opened.digest,
        "delivery": delivery_id,
    }
    gone_on = {"approved_by": list(outcome.approved_by), **outcome.matched.told()}
    more = {} if outcome.matched.whole else gone_on
    record(connection, "box.opened", {**content, **more}, working.period_id)
