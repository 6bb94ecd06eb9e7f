"""How to check a result: the head on every published page, and look-ups of heads and receipts."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import text
from tests.configured import configured
from tests.integration.web.conftest import make_published

from pingyi.db import transaction
from pingyi.ledger.sealing import seal
from pingyi.ledger.tree import hash_entry, verify_inclusion
from pingyi.ledger.tree_heads import newest_head
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.store_entries import receipt_of
from pingyi.services.record.proofs import find_leaf_place
from pingyi.settings import Settings
from pingyi.site.head_qr import head_picture

PAGES = ("/periods/p/categories/departments", "/periods/p/units/u1")


@pytest.fixture
def sealed(app: Flask, settings: Settings, tmp_path: Path) -> FlaskClient:
    """A reader of a published period whose record is sealed."""
    make_published(["市第一局", "市第二局", "市第三局"])
    seal(replace(settings, heads=str(tmp_path)))
    return app.test_client()


def head_line() -> str:
    with transaction() as connection:
        head = newest_head(connection)
    assert head
    return head.line


def receipt() -> dict[str, object]:
    with transaction() as connection:
        body = connection.execute(text("SELECT body FROM receipt ORDER BY delivery_id LIMIT 1")).scalar_one()
    return dict(json.loads(body))


def test_the_code_of_a_head_leads_to_the_public_address(app: Flask) -> None:
    drawn = io.BytesIO()
    segno.make("https://public.example/check?head=pingyi", error="m").save(drawn, "png", scale=4, border=2)
    with configured(app, public_address="https://public.example"), app.test_request_context("/"):
        assert head_picture("pingyi") == drawn.getvalue()


def test_published_pages_and_files_carry_the_head_of_their_publication(sealed: FlaskClient) -> None:
    for page in PAGES:
        shown = sealed.get(page).text
        assert head_line() in shown
        assert 'class="code"' in shown
    assert json.loads(sealed.get("/periods/p/record.json").data)["head"] == head_line()


def test_the_spreadsheet_carries_the_head_and_its_code(sealed: FlaskClient) -> None:
    book = io.BytesIO(sealed.get("/periods/p/results.xlsx").data)
    assert head_line() in [cell.value for cell in load_workbook(book)["说明 Notes"]["B"]]
    assert "xl/media/image1.png" in ZipFile(book).namelist()


def test_a_page_says_when_the_head_is_still_to_come(app: Flask) -> None:
    make_published(["市第一局", "市第二局", "市第三局"])
    assert "正在签发树头" in app.test_client().get(PAGES[0]).text


def test_the_check_page_explains_and_shows_the_newest_head(sealed: FlaskClient, app: Flask) -> None:
    page = sealed.get("/check?lang=en").text
    assert ('--pin "ORIGIN SIZE ROOT"' in page, f">{head_line()}<" in page) == (True, True)
    assert "verify.py" in page


def test_a_head_is_looked_up(sealed: FlaskClient) -> None:
    known = sealed.get("/check", query_string={"head": head_line(), "lang": "en"}).text
    assert "This head was signed here" in known
    origin, size, _ = head_line().split()
    other = f"{origin} {size} {base64.b64encode(bytes(32)).decode()}"
    for unknown in (other, "x", f"{origin} 9{size} !", "'; DROP TABLE leaf; --"):
        page = sealed.get("/check", query_string={"head": unknown, "lang": "en"}).text
        assert "never signed that head" in page


def test_a_receipt_leads_to_a_proof_that_anyone_can_verify(sealed: FlaskClient) -> None:
    told = receipt()
    entry = told["entries"][0]
    asked = {"delivery": told["delivery"], "position": entry["position"], "digest": entry["hash"]}
    page = sealed.get("/check", query_string={**asked, "lang": "en"}).text
    index = int(re.search(r"at index (\d+)", page).group(1))
    with transaction() as connection:
        place = find_leaf_place(connection, told["delivery"], entry["position"], bytes.fromhex(entry["hash"]))
    assert place and place.index == index and place.entry == f"p\n{entry['hash']}\n"
    _, size, root = place.head.split()
    path = [base64.b64decode(step) for step in place.proof]
    leaf = hash_entry(place.entry.encode())
    assert leaf == hashlib.sha256(b"\x00" + place.entry.encode()).digest()
    assert verify_inclusion(leaf, index, int(size), path, base64.b64decode(root))
    wrong = sealed.get("/check", query_string={**asked, "digest": "0" * 64, "lang": "en"}).text
    assert "Not found" in wrong


def test_a_receipt_names_the_head_that_stood_before_it(sealed: FlaskClient, app: Flask) -> None:
    app.extensions.pop("pingyi.ledger.head", None)
    with transaction() as connection:
        from pingyi.services.core.bound_channels import bound_channel

        body = receipt_of(bound_channel(connection, ChannelRef(period="p", channel="window")), 1, [])
    assert json.loads(body)["checkpoint"] == head_line()
    assert SHELL.name not in body.decode()
