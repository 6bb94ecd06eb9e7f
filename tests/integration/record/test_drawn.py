"""A public bundle holds the draws whose every act lies under its head, and the verifier draws them again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from flask import Flask
from tests.integration.record.checking import check

from pingyi.db import transaction
from pingyi.domain.draw import Lot, Member, Rule
from pingyi.ledger.sealing import seal
from pingyi.services.core.callers import Caller
from pingyi.services.draws.draws import DrawDraft, commit_draw, enter_value, load_draw, substitute
from pingyi.settings import Settings

Export = Callable[..., Path]
DAY = date(2026, 11, 30)
OFFICE = Caller(name="account-1")


def commit(key: str) -> None:
    pool = [Member(f"R{n:03d}", "企业" if n % 2 else "村居") for n in range(40)]
    draft = DrawDraft(
        key=key, title="抽定", rule=Rule(size=9, alternates=4, source="双色球"), pool=pool, due_on=DAY
    )
    with transaction() as connection:
        commit_draw(connection, OFFICE, draft, DAY - timedelta(days=2))


def draw(key: str) -> None:
    with transaction() as connection:
        enter_value(connection, OFFICE, key, "03 08 12", DAY)
    with transaction() as connection:
        first = load_draw(connection, key).of_lot(Lot.DRAWN)[0].member.id
        substitute(connection, OFFICE, key, first, "已迁出")


def test_sealed_draws_are_drawn_again_and_others_wait(
    played: Flask, settings: Settings, export: Export
) -> None:
    for key in ("open", "done"):
        commit(key)
    draw("done")
    seal(settings)
    commit("later")
    bundle = export()
    assert sorted(path.name for path in (bundle / "draws").iterdir()) == ["done.json", "open.json"]
    done = check(bundle)
    assert (done.status, done.wrong) == (0, [])
    draw("open")
    assert sorted(path.name for path in (export() / "draws").iterdir()) == ["done.json"]


def test_a_member_put_in_by_hand_is_found(played: Flask, settings: Settings, export: Export) -> None:
    commit("done")
    draw("done")
    seal(settings)
    bundle = export()
    path = bundle / "draws" / "done.json"
    told = json.loads(path.read_text())
    places = {place["lot"]: place for place in told["places"]}
    places["drawn"]["id"], places["not_drawn"]["id"] = places["not_drawn"]["id"], places["drawn"]["id"]
    path.write_text(json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n")
    assert any("done" in sentence for sentence in check(bundle).wrong)
