"""The daily ledger: rows equal entries, numbers without gaps, days that hold, a digest on every page."""

from __future__ import annotations

import hashlib
import re

import pytest
from flask import Flask
from sqlalchemy import text
from tests.integration.web.conftest import SignIn, make_draft, make_open

from pingyi.db import transaction
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.daily_ledger import daily_ledger, ledger_days
from pingyi.services.intake.deliveries import deliver

PAGE = "/ledgers/p/partner_score/window"
UNITS = 30


@pytest.fixture
def delivered(app: Flask) -> Flask:
    """Thirty entries on a channel, and a correction of two."""
    make_open([f"市第{n}局" for n in range(1, UNITS + 1)])
    changed = [{"unit": f"u{n}", "score": "99", "reason": "核对后更正"} for n in (1, 2)]
    deliver(SHELL, ChannelRef(period="p", channel="window"), changed)
    return app


def stored(channel: str = "window") -> list[tuple[str, str]]:
    """Every entry of the channel, in the order of its arrival."""
    with transaction() as connection:
        rows = connection.execute(
            text(
                "SELECT e.delivery_id, e.position, e.hash FROM entry e JOIN channel c ON c.id = e.channel_id"
                " WHERE c.key = :key ORDER BY e.delivery_id, e.position"
            ),
            {"key": channel},
        )
        return [(f"{row.delivery_id}.{row.position}", row.hash.hex()) for row in rows]


def test_rows_equal_entries_and_numbers_have_no_gap(delivered: Flask) -> None:
    with transaction() as connection:
        working = bound_channel(connection, ChannelRef(period="p", channel="window"))
        days = ledger_days(connection, working)
        ledgers = [daily_ledger(connection, SHELL, working, day) for day in days]
    rows = [row for ledger in ledgers for row in ledger.rows]
    assert [(row.place, row.digest) for row in rows] == stored()
    assert [row.number for row in rows] == list(range(1, len(stored()) + 1))
    assert [row.kind.en for row in rows][-2:] == ["Correction", "Correction"]
    assert rows[-1].replaces


@pytest.mark.mission("002-43")
def test_every_page_carries_the_digest_that_anyone_can_compute(delivered: Flask, signed_in: SignIn) -> None:
    shown = signed_in("auditor").get(f"{PAGE}?lang=en").text
    lines = "".join(f"{number}\t{digest}\n" for number, (_, digest) in enumerate(stored(), 1))
    digest = hashlib.sha256(lines.encode()).hexdigest()
    pages = re.findall(r"page \d+ of (\d+)", shown)
    assert len(pages) == int(pages[0]) == 2
    assert shown.count(digest) == len(pages)


def test_a_day_is_that_of_the_period_and_other_days_are_not_found(
    delivered: Flask, signed_in: SignIn
) -> None:
    auditor = signed_in("auditor")
    with transaction() as connection:
        (day,) = ledger_days(connection, bound_channel(connection, ChannelRef(period="p", channel="window")))
    assert auditor.get(f"{PAGE}?day={day.day}").status_code == 200
    for wrong in ("2001-01-01", "yesterday"):
        assert auditor.get(f"{PAGE}?day={wrong}").status_code == 404


def test_a_channel_without_entries_says_so(app: Flask, signed_in: SignIn) -> None:
    make_draft(["市第一局"])
    assert "台账为空" in signed_in("administrator").get(PAGE).text


def test_the_ledger_is_for_the_office_and_the_channels_operator(delivered: Flask, signed_in: SignIn) -> None:
    assert signed_in("security_administrator").get(PAGE).status_code == 403
    assert delivered.test_client().get(PAGE).status_code == 303
