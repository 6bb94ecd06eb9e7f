"""Draws by lot: committed before the source is known, drawn once, repeatable from the public file."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.conftest import bearer

from pingyi.db import db, transaction
from pingyi.domain.draw import Lot, Member, Rule
from pingyi.domain.errors import Problem
from pingyi.services.core.callers import Caller
from pingyi.services.draws.draws import (
    DrawDraft,
    commit_draw,
    enter_value,
    load_draw,
    local_today,
    substitute,
)

TODAY = local_today()
TOMORROW = TODAY + timedelta(days=1)
OFFICE = Caller(name="account-1")
POOL = [Member(f"R{n:04d}", ("企业", "村居", "群众")[n % 3]) for n in range(30)]
RULE = Rule(size=6, alternates=3, source="双色球 2026130 期")


def committed(key="representatives", rule=RULE, pool=POOL, due_on=TOMORROW, today=TODAY):
    with transaction() as connection:
        draft = DrawDraft(key=key, title="行风评议代表", rule=rule, pool=pool, due_on=due_on)
        return commit_draw(connection, OFFICE, draft, today)


def drawn(key="representatives", value="03 08 12"):
    with transaction() as connection:
        enter_value(connection, OFFICE, key, value, TOMORROW)
    with transaction() as connection:
        return load_draw(connection, key)


def refused(code):
    return pytest.raises(Problem, match=f"^{code}:")


def kinds():
    with transaction() as connection:
        rows = connection.execute(text("SELECT kind FROM leaf WHERE kind LIKE 'draw.%' ORDER BY id"))
        return list(rows.scalars())


def test_a_pool_is_committed_drawn_once_and_every_act_is_in_the_record(app) -> None:
    root = committed()
    found = drawn()
    assert found.line.root == root
    assert [len(found.of_lot(lot)) for lot in Lot] == [6, 3, 21]
    with refused("draw_done"):
        drawn(value="another")
    with transaction() as connection:
        assert load_draw(connection, "representatives").places == found.places
    assert kinds() == ["draw.committed", "draw.drawn"]


def test_the_source_must_become_known_after_the_day_of_the_commitment(app) -> None:
    with refused("draw_too_late"):
        committed(due_on=TODAY)
    committed()
    with refused("draw_too_early"), transaction() as connection:
        enter_value(connection, OFFICE, "representatives", "1", TODAY)
    with refused("draw_exists"):
        committed()
    assert kinds() == ["draw.committed"]


def test_a_member_who_cannot_serve_gives_way_to_the_next_alternate_of_the_stratum(app) -> None:
    committed()
    found = drawn()
    first = found.of_lot(Lot.DRAWN)[0].member
    expected = next(
        one.member.id for one in found.of_lot(Lot.ALTERNATE) if one.member.stratum == first.stratum
    )
    with transaction() as connection:
        assert substitute(connection, OFFICE, "representatives", first.id, "已迁出本市") == expected
    with refused("replaced_already"), transaction() as connection:
        substitute(connection, OFFICE, "representatives", first.id, "again")
    with refused("no_alternate"), transaction() as connection:
        # The stratum's one alternate serves by now, and gives way in turn: nobody is left.
        substitute(connection, OFFICE, "representatives", expected, "生病")
    with refused("not_drawn"), transaction() as connection:
        substitute(connection, OFFICE, "representatives", found.of_lot(Lot.NOT_DRAWN)[0].member.id, "x")
    with transaction() as connection:
        body = connection.execute(text("SELECT body FROM leaf WHERE kind = 'draw.substituted'")).scalar_one()
    assert "已迁出本市" not in body.decode()


@pytest.mark.parametrize("change", ["UPDATE draw SET root = '\\x00'", "DELETE FROM draw_outcome"])
def test_a_draw_is_never_edited(app, change) -> None:
    committed()
    drawn()
    with pytest.raises(DBAPIError), transaction() as connection:
        connection.execute(text(change))
    db.session.rollback()


@pytest.mark.mission("001-07")
def test_the_public_file_is_enough_to_repeat_the_draw(app, client) -> None:
    committed()
    drawn()
    told = json.loads(client.get("/draws/representatives/draw.json").data)
    stated = {name: told["rule"][name] for name in ("alternates", "quotas", "size", "source")}
    members = sorted([member["id"], member["stratum"]] for member in told["pool"])
    body = json.dumps(
        {"rule": stated, "pool": members}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    root = hashlib.sha256(body.encode()).digest()
    assert root.hex() == told["root"]
    seed = hashlib.sha256(root + told["value"].encode()).digest()
    assert seed.hex() == told["seed"]
    for stratum in {name for _, name in members}:
        tickets = sorted(
            (hashlib.sha256(seed + one.encode()).hexdigest(), one) for one, of in members if of == stratum
        )
        listed = [(p["ticket"], p["id"]) for p in told["places"] if p["stratum"] == stratum]
        assert listed == tickets
        assert [p["lot"] for p in told["places"] if p["stratum"] == stratum][:2] == ["drawn", "drawn"]


def test_the_spreadsheet_explains_the_check_and_holds_formulas_with_our_values(app, client) -> None:
    committed()
    found = drawn()
    answer = client.get("/draws/representatives/draw.xlsx").data
    formulas, values = (
        load_workbook(io.BytesIO(answer), data_only=only)["名单 Draw"] for only in (False, True)
    )
    assert formulas["E2"].value.startswith("=IF(D2<=VLOOKUP(")
    shown = [(row[1], row[2], row[3]) for row in values.iter_rows(min_row=2, values_only=True)]
    assert shown == [(one.member.id, one.ticket, one.place) for one in found.places]


def test_the_api_commits_a_draw_and_refuses_its_value_before_the_day(app, client, office) -> None:
    body = {
        "key": "d1",
        "title": "抽定",
        "size": 1,
        "source": "双色球",
        "due_on": str(TOMORROW),
        "pool": [{"id": "a"}, {"id": "b"}],
    }
    answer = client.post("/api/v1/draws", json=body, headers=office)
    assert answer.status_code == 201, answer.json
    assert answer.json["places"] == []
    early = client.post("/api/v1/draws/d1/value", json={"value": "1"}, headers=office)
    assert (early.status_code, early.json["code"]) == (409, "draw_too_early")
    assert client.get("/api/v1/draws").json["draws"][0]["root"] == answer.json["root"]
    assert client.post("/api/v1/draws", json=body, headers=bearer("auditor")).status_code == 403
    twice = {**body, "key": "d2", "pool": [{"id": "a"}, {"id": "a"}]}
    wrong = client.post("/api/v1/draws", json=twice, headers=office)
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/pool/1/id")


def test_the_pages_show_an_empty_list_an_open_draw_and_a_done_one(app, client) -> None:
    assert "还没有抽签" in client.get("/draws").text
    root = committed()
    page = client.get("/draws/representatives?lang=en").text
    assert root.hex() in page
    assert "The source becomes known on" in page
    found = drawn()
    page = client.get("/draws/representatives").text
    assert all(one.member.id in page for one in found.listed)
    assert client.get("/draws/nothing").status_code == 404
