"""Equal evidence is frozen to equal bytes, whatever the order, the batches and the corrections it came in."""

from __future__ import annotations

import random
from typing import Any

from flask import Flask
from sqlalchemy import text
from tests.small_scheme import channel, draft_period, names_of, open_draft, scheme_of

from pingyi.db import transaction
from pingyi.domain.canonical import canonical_json
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.intake.fold import fold_channel
from pingyi.services.periods.periods import find_period
from pingyi.services.results.freeze import freeze, thaw

SETTINGS = '{ preset = "100/80/60/0", unscored = ["no_opinion"], n_min = 1, shown_as = "rate" }'
SCHEME = scheme_of(channel("hall", "大厅测评", "100", SETTINGS, operator="大厅", plugin="mobile_qr"))
OPTIONS = ("very_satisfied", "satisfied", "basic", "dissatisfied", "no_opinion")


def ballot(unit: str, option: str, count: int, reason: str = "") -> dict[str, Any]:
    return {"unit": unit, "batch": "", "option": option, "count": count, "reason": reason}


def test_snapshot_bytes_do_not_depend_on_order_batches_or_corrections(app: Flask) -> None:
    rows = [ballot(f"u{unit}", option, unit + len(option)) for unit in (1, 2, 3) for option in OPTIONS]
    shuffled = random.Random(1).sample(rows, len(rows))
    plain, mixed = opened("p"), opened("q")
    deliver(SHELL, ChannelRef(period="p", channel="hall"), rows)
    fold_channel(1)
    deliver(SHELL, ChannelRef(period="q", channel="hall"), [ballot("u2", "basic", 999)])
    fold_channel(2)
    for row in shuffled:
        corrects = (row["unit"], row["option"]) == ("u2", "basic")
        deliver(
            SHELL,
            ChannelRef(period="q", channel="hall"),
            [{**row, "reason": "录入错误"} if corrects else row],
        )
        if row["count"] % 3 == 0:
            fold_channel(2)
    fold_channel(2)
    with transaction() as connection:
        first, second = (freeze(connection, find_period(connection, key), 1) for key in (plain, mixed))
        texts = connection.execute(text("SELECT counts::text, counts FROM counter")).all()
        kept = [thaw(connection, one.id) for one in (first, second)]
    assert first.digest == second.digest
    assert [canonical_json(counts).decode() for _, counts in texts] == [spelt for spelt, _ in texts]
    assert [one.content for one in kept] == [first.content, second.content]


def test_counter_of_zero_leaves_no_trace_in_the_snapshot(app: Flask) -> None:
    plain, mixed = opened("p"), opened("q")
    deliver(SHELL, ChannelRef(period="p", channel="hall"), [ballot("u1", "basic", 3)])
    deliver(
        SHELL, ChannelRef(period="q", channel="hall"), [ballot("u1", "basic", 3), ballot("u2", "basic", 2)]
    )
    fold_channel(1)
    fold_channel(2)
    deliver(SHELL, ChannelRef(period="q", channel="hall"), [ballot("u2", "basic", 0, reason="误报")])
    fold_channel(2)
    with transaction() as connection:
        first, second = (freeze(connection, find_period(connection, key), 1) for key in (plain, mixed))
    assert first.digest == second.digest


def opened(key: str) -> str:
    draft_period(SCHEME, names_of(3), key)
    open_draft(key)
    return key
