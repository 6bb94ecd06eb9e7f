"""Receipts are looked up by anybody: where the ballot stands in the record, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import os
import random
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.ballot_period import Ballots, ballot_period
from tests.cast_ballots import cast_all, open_ballots, roster_ballots, seal_record

from pingyi.db import transaction
from pingyi.ledger.tree import hash_entry, verify_inclusion
from pingyi_surveys.casting.box_cache import cached_box
from pingyi_surveys.casting.page_html import short_code
from pingyi_surveys.casting.receipts import find_receipts, read_receipt

DIGEST = hashlib.sha256(b"a receipt").hexdigest()
SHORT = short_code(DIGEST)


def cast() -> tuple[Ballots, list[str]]:
    """Twelve open ballots and three of the roster; the receipts in hex."""
    made, draw = ballot_period(), random.Random(3)
    open_box, roster = cached_box(made.open_id), cached_box(made.roster_id)
    receipts = cast_all(open_box, open_ballots(open_box, 12, draw))
    receipts += cast_all(roster, roster_ballots(roster, made.cards[:3], draw))
    return made, [receipt.hex() for receipt in receipts]


def part(pattern: str, page: str) -> str:
    """What the first group of a pattern finds."""
    found = re.search(pattern, page)
    assert found, pattern
    return found[1]


def shown(client: FlaskClient, code: str, status: int = 200, language: str = "zh") -> str:
    answer = client.get(f"/r/{code}", headers={"Accept-Language": language})
    assert answer.status_code == status, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return html.unescape(answer.text)


@pytest.mark.parametrize(
    "typed",
    [
        SHORT,
        SHORT.lower(),
        SHORT.replace("-", ""),
        f"  {' '.join(SHORT)} ",
        SHORT.replace("0", "O").replace("1", "l"),
        SHORT.replace("0", "o").replace("1", "I"),
        SHORT.translate({ord(one): ord(one) + 0xFEE0 for one in SHORT}),
    ],
)
def test_read_receipt_a_short_code_however_it_is_typed(typed: str) -> None:
    asked = read_receipt(typed)
    assert asked is not None
    assert asked.spelling == SHORT
    assert asked.low <= bytes.fromhex(DIGEST) <= asked.high
    assert int.from_bytes(asked.high, "big") - int.from_bytes(asked.low, "big") == 2**206 - 1


def test_read_receipt_every_short_code_names_its_own_digest() -> None:
    for _ in range(500):
        digest = os.urandom(32)
        asked = read_receipt(short_code(digest.hex()))
        assert asked is not None and asked.low <= digest <= asked.high


@pytest.mark.parametrize(
    "typed", [DIGEST, DIGEST.upper(), " ".join(DIGEST[n : n + 8] for n in range(0, 64, 8))]
)
def test_read_receipt_a_whole_one(typed: str) -> None:
    asked = read_receipt(typed)
    assert asked is not None
    assert asked.low == asked.high == bytes.fromhex(DIGEST)


@pytest.mark.parametrize(
    "typed", ["", "7K4M", SHORT + "7", SHORT[:-1] + "U", DIGEST[:-1], DIGEST[:-1] + "g", "é" * 10]
)
def test_read_receipt_anything_else_is_none(typed: str) -> None:
    assert read_receipt(typed) is None


def test_a_ballot_waits_for_its_head_and_then_stands_under_it(app: Flask, client: FlaskClient) -> None:
    _, receipts = cast()
    waiting = shown(client, short_code(receipts[5]))
    assert "已收到，一分钟内记入公开记录" in waiting
    assert "树头" not in waiting.partition("<form")[0]
    seal_record()
    page = shown(client, short_code(receipts[5]))
    index = int(part(r"在记录中：第 1 期记录的第 (\d+) 条", page))
    head = part(r'<code class="token">(\S+ \d+ \S+)</code>', page)
    proof = part(r'<pre class="proof"[^>]*>([^<]*)</pre>', page).splitlines()
    entry, steps = f"{proof[0]}\n{proof[1]}\n".encode(), [base64.b64decode(one) for one in proof[2:] if one]
    _, size, root = head.split()
    assert entry == f"p\n{receipts[5]}\n".encode()
    assert verify_inclusion(hash_entry(entry), index, int(size), steps, base64.b64decode(root))
    tile = part(r'href="(/ledger/1/tile/entries/\S+?)"', page)
    assert receipts[5].encode() in client.get(tile).data
    assert "这个树头是本记录于" in client.get("/check", query_string={"head": head}).text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_whole_and_short_receipts_of_both_boxes_are_found(
    app: Flask, client: FlaskClient, language: str
) -> None:
    _, receipts = cast()
    seal_record()
    title = {"zh": ("扫码评议", "代表测评"), "en": ("Mobile_Qr", "Deputies")}[language]
    for receipt, channel in ((receipts[0], title[0]), (receipts[-1], title[1])):
        for code in (receipt, receipt.upper(), short_code(receipt).lower()):
            page = shown(client, code, language=language)
            assert {"zh": "在记录中", "en": "In the record, at index"}[language] in page
            assert channel in page


def test_nothing_but_the_place_is_told(app: Flask, client: FlaskClient) -> None:
    made, receipts = cast()
    seal_record()
    page = shown(client, receipts[0])
    with transaction() as connection:
        rows = connection.execute(text("SELECT nullifier, ciphertext, group_key FROM sealed_ballot")).all()
        units = connection.execute(text("SELECT code, name FROM unit")).all() if made else []
    for row in rows:
        assert not any(bytes(value).hex() in page for value in row)
    assert not any(name in page for _, name in units)


def test_an_unknown_receipt_says_what_to_do(app: Flask, client: FlaskClient) -> None:
    cast()
    for code in (SHORT, DIGEST):
        page = shown(client, code, 404)
        assert "没有找到这个回执" in page
        assert f'value="{code}"' in page


def test_other_leaves_are_no_receipts(app: Flask, client: FlaskClient) -> None:
    ballot_period()
    seal_record()
    with transaction() as connection:
        digest = connection.execute(text("SELECT encode(hash, 'hex') FROM leaf LIMIT 1")).scalar_one()
    shown(client, digest, 404)


@pytest.mark.parametrize("typed", ["abc", "7K4M-2QXD-9U", "<script>", "一二三四五六七八九十"])
def test_what_is_no_receipt_is_told_and_kept(app: Flask, client: FlaskClient, typed: str) -> None:
    answer = client.get("/r", query_string={"code": typed})
    assert answer.status_code == 400
    assert "这不像回执码" in answer.text
    assert f'value="{html.escape(typed)}"' in answer.text
    shown(client, typed, 400)


def test_the_form_leads_to_the_receipts_own_address(app: Flask, client: FlaskClient) -> None:
    assert client.get("/r").status_code == 200
    answer = client.get("/r", query_string={"code": SHORT.lower().replace("-", " ")})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/r/{SHORT}")


def test_a_short_code_of_two_ballots_asks_for_the_whole_receipt(app: Flask, client: FlaskClient) -> None:
    _, receipts = cast()
    twin = receipts[0][:16] + "0" * 48
    with transaction() as connection:
        connection.execute(
            text(
                "INSERT INTO leaf (kind, period_id, body, hash)"
                " SELECT kind, period_id, body, decode(:twin, 'hex') FROM leaf"
                " WHERE hash = decode(:hash, 'hex')"
            ),
            {"twin": twin, "hash": receipts[0]},
        )
    page = shown(client, short_code(receipts[0]), 404)
    assert "请填写完整回执" in page
    shown(client, receipts[0])
    shown(client, twin)


def test_the_look_up_uses_the_index_of_ballots(app: Flask) -> None:
    _, receipts = cast()
    asked = read_receipt(short_code(receipts[0]))
    assert asked
    with transaction() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.execute(
            text(
                "EXPLAIN SELECT id FROM leaf WHERE kind = 'ballot' AND hash >= :low AND hash <= :high"
                " ORDER BY hash LIMIT 2"
            ),
            {"low": asked.low, "high": asked.high},
        ).scalars()
        assert "ix_leaf_ballot" in "\n".join(plan)
        assert len(find_receipts(connection, asked)) == 1
