"""The daily ledger: rows equal entries, numbers without gaps, days that hold, a digest on every page."""

from __future__ import annotations

import csv
import hashlib
import io
import re

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.web.conftest import SignIn, make_draft, make_open
from tests.integration.web.site.test_boards import counted_queries

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
    sheets = re.findall(r"page \d+ of (\d+)", shown)
    assert len(sheets) == int(sheets[0]) == 2
    assert shown.count(digest) == len(sheets)


def test_a_day_is_that_of_the_period_and_other_days_are_not_found(
    delivered: Flask, signed_in: SignIn
) -> None:
    auditor = signed_in("auditor")
    with transaction() as connection:
        (day,) = ledger_days(connection, bound_channel(connection, ChannelRef(period="p", channel="window")))
    assert auditor.get(f"{PAGE}?day={day.day}").status_code == 200
    for wrong in ("day=2001-01-01", "day=yesterday", "page=0", "page=2", "page=x", "page=1&day=2001-01-01"):
        assert auditor.get(f"{PAGE}?{wrong}").status_code == 404


def test_a_channel_without_entries_says_so(app: Flask, signed_in: SignIn) -> None:
    make_draft(["市第一局"])
    office = signed_in("administrator")
    assert "台账为空" in office.get(PAGE).text
    assert {office.get(f"{PAGE}/ledger.{ending}").status_code for ending in ("csv", "xlsx")} == {404}


def test_the_ledger_is_for_the_office_and_the_channels_operator(delivered: Flask, signed_in: SignIn) -> None:
    stranger, nobody = signed_in("security_administrator"), delivered.test_client()
    for path in (PAGE, f"{PAGE}/ledger.csv", f"{PAGE}/ledger.xlsx"):
        assert stranger.get(path).status_code == 403
        assert nobody.get(path).status_code == 303


def table_of(client: FlaskClient, query: str = "") -> list[list[str]]:
    content = client.get(f"{PAGE}/ledger.csv{query}").data
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_whole_day_is_a_table_for_people(delivered: Flask, signed_in: SignIn) -> None:
    auditor = signed_in("auditor")
    head, *lines = table_of(auditor)
    rows = [dict(zip(head, line, strict=True)) for line in lines if len(line) == len(head)]
    assert [(row["报送位置"], row["凭证"]) for row in rows] == stored()
    assert [row["编号"] for row in rows] == [str(number) for number in range(1, len(stored()) + 1)]
    assert (rows[-1]["类型"], rows[-1]["得分"], rows[-1]["单位"]) == ("更正", "99", "市第2局")
    assert lines[-1][1] in auditor.get(PAGE).text, "the digest of the day"
    assert table_of(auditor, "?lang=en")[0][:3] == ["No.", "Delivery", "Time"]


def test_the_whole_day_prints_with_its_digest_on_every_page(delivered: Flask, signed_in: SignIn) -> None:
    auditor = signed_in("auditor")
    sheet = openpyxl.load_workbook(io.BytesIO(auditor.get(f"{PAGE}/ledger.xlsx").data))["台账 Ledger"]
    assert [sheet.cell(row, 1).value for row in range(5, sheet.max_row + 1)] == list(range(1, UNITS + 3))
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$4:$4")
    assert table_of(auditor)[-1][1] in sheet.oddFooter.left.text
    assert "&P" in sheet.oddFooter.right.text and "演示数据" in sheet.oddHeader.left.text


def test_units_named_like_formulas_are_text_in_the_files(app: Flask, signed_in: SignIn) -> None:
    names = ['=HYPERLINK("http://evil.example","x")', "+cmd|' /C calc'!A0"]
    make_open(names)
    auditor = signed_in("auditor")
    head, *lines = table_of(auditor)
    assert [line[head.index("单位")] for line in lines[:2]] == [f"'{name}" for name in names]
    sheet = openpyxl.load_workbook(io.BytesIO(auditor.get(f"{PAGE}/ledger.xlsx").data))["台账 Ledger"]
    assert {(cell.data_type, cell.quotePrefix) for cell in sheet["D"][4:]} == {("s", True)}


def fill(entries: int) -> None:
    """As many entries as asked for on one day: corrections of five hundred units."""
    make_open([f"市第{n}局" for n in range(1, 501)])
    for turn in range(1, entries // 500):
        rows = [{"unit": f"u{n}", "score": str(turn), "reason": "核对后更正"} for n in range(1, 501)]
        deliver(SHELL, ChannelRef(period="p", channel="window"), rows)


@pytest.mark.mission("002-43")
def test_a_large_day_comes_in_pages_of_the_same_size_and_queries(app: Flask, signed_in: SignIn) -> None:
    fill(10_000)
    auditor = signed_in("auditor")
    auditor.get(PAGE)  # reads what is kept for later requests
    counts, lengths, numbers = set(), [], []
    for number in (1, 2, 50, 100):
        with counted_queries(app) as queries:
            shown = auditor.get(f"{PAGE}?page={number}").text
        counts.add(len(queries))
        lengths.append(len(shown.encode()))
        numbers += [int(found) for found in re.findall(r'<th scope="row">(\d+)<', shown)]
    assert numbers == [*range(1, 201), *range(4901, 5001), *range(9901, 10_001)]
    assert len(counts) == 1 and max(counts) <= 8
    assert max(lengths) < 100_000 and max(lengths) - min(lengths) < 5_000
    assert "第 500 页，共 500 页" in shown and 'rel="prev"' in shown and 'rel="next"' not in shown
    assert [line[0] for line in table_of(auditor)[1:-2]] == [str(number) for number in range(1, 10_001)]
