"""A box that was opened, without a sealed ballot: three units, and ballots held for three reasons."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import msgspec
from sqlalchemy import text
from tests.ballot_period import OPEN, Ballots, ballot_period, close

from pingyi.db import transaction
from pingyi.roles import Role
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL, Caller
from pingyi.services.intake.deliveries import deliver
from pingyi.services.intake.dispositions import dispose
from pingyi_surveys.ballot.layout import Layout, read_layout
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.tally import Opening, Result, Terms, settle
from pingyi_surveys.ballot.tally_cells import COUNTED, HELD, REJECTED
from pingyi_surveys.counting.box_terms import Judging
from pingyi_surveys.roles import REVIEWER

BEST, GOOD, FAIR, WORST = 0, 1, 2, 4
DAYS, EACH = 20, 12


def reviewer(number: int, *more: Role) -> Caller:
    """A person who reviews."""
    return Caller(name=f"account-{number}", roles=frozenset({REVIEWER, *more}), account_id=number)


def ballot(number: int, unit: str, day: int, option: int, layout: Layout, **more: Any) -> OpenedBallot:
    """One ballot with the same option throughout, from a device and a network of its own."""
    mark = b"%016d" % number
    answers = (option,) * layout.questions
    made = OpenedBallot(unit, "window", day, answers, 1, mark, mark, False, False, b"%032d" % number)
    return made._replace(**more)


def stuffed(layout: Layout, stuffing: int = BEST, against: int = WORST) -> list[OpenedBallot]:
    """Ordinary days for u1 to u3; a network burst and a surge at u1, one device again and again at u2."""
    mixed = (BEST, GOOD, GOOD, FAIR, WORST)
    ordinary = [
        (unit, day, mixed[(day + number) % len(mixed)])
        for unit in ("u1", "u2", "u3")
        for day in range(DAYS)
        for number in range(EACH)
    ]
    found = [ballot(number, *each, layout) for number, each in enumerate(ordinary)]
    found += [ballot(10_000 + n, "u1", 5, stuffing, layout, network=b"one network....") for n in range(60)]
    found += [ballot(20_000 + n, "u1", 9, against, layout) for n in range(200)]
    found += [ballot(30_000 + n, "u2", 7, stuffing, layout, device=b"one device.....!") for n in range(30)]
    return found


def opened_box(*, closed: bool = True) -> Ballots:
    """Period `p` with the open box of `stuffed` ballots opened, the roster's empty; closed unless asked."""
    made = ballot_period()
    frozen = made.prepared.content[made.open_id]
    layout = read_layout(frozen["layout"])
    worth = {
        option: Fraction(100 - 25 * place) for place, option in enumerate(layout.options[: layout.scored])
    }
    judging = Judging(frozen, layout, worth)
    results = [Result(n, one.unit, one, "") for n, one in enumerate(stuffed(layout))]
    opening = settle(results, layout, Terms(last_day=DAYS, size=len(results)), judging)
    _store(made.open_id, opening, judging.report())
    unused = made.prepared.content[made.roster_id]
    nothing = Judging(unused, read_layout(unused["layout"]))
    nothing([])
    _store(made.roster_id, Opening((), (), ()), nothing.report())
    if closed:
        close()
    return made


def _store(channel_id: int, opening: Opening, report: dict[str, Any]) -> None:
    rows = [_row(entry) for entry in opening.entries]
    if rows:
        deliver(SHELL, ChannelRef(period="p", channel=OPEN), rows, kind="opening")
    numbers = [[one.unit, one.standing, one.reason, one.count] for one in opening.numbers]
    with transaction() as connection:
        if rows:
            _hold(connection, opening)
        delivery = connection.execute(
            text(
                "INSERT INTO delivery (period_id, channel_id, kind)"
                " SELECT period_id, id, 'opening' FROM channel WHERE id = :id RETURNING id"
            ),
            {"id": channel_id},
        ).scalar_one()
        connection.execute(
            text(
                "INSERT INTO box_opening (channel_id, delivery_id, head, sealed, counted, held, rejected,"
                " numbers, report, digest, opened_by) VALUES (:channel, :delivery, 'head', :sealed, :counted,"
                " :held, :rejected, CAST(:numbers AS json), CAST(:report AS json), '', 'shell')"
            ),
            {
                "channel": channel_id,
                "delivery": delivery,
                "sealed": sum(one.count for one in opening.numbers),
                "counted": opening.total(COUNTED),
                "held": opening.total(HELD),
                "rejected": opening.total(REJECTED),
                "numbers": msgspec.json.encode(numbers).decode(),
                "report": msgspec.json.encode(report).decode(),
            },
        )


def _row(entry: Any) -> dict[str, Any]:
    names = ("unit", "batch", "stratum", "dimension", "option", "count")
    return {name: getattr(entry, name) for name in names if getattr(entry, name)}


def _hold(connection: Any, opening: Opening) -> None:
    found: Sequence[Any] = connection.execute(
        text(
            "SELECT h.identity, e.values ->> 'batch' AS batch FROM entry_head h"
            " JOIN entry e ON e.delivery_id = h.delivery_id AND e.position = h.position"
        )
    ).all()
    verdicts = {
        row.identity: (HELD, row.batch.partition(".")[2]) for row in found if "." in (row.batch or "")
    }
    dispose(connection, SHELL, bound_channel(connection, ChannelRef(period="p", channel=OPEN)), verdicts)
