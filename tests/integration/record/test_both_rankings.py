"""Held evidence never counts, yet everybody sees what the ranking would be with it, and can check both."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from tests.conftest import empty, forget
from tests.integration.record.checking import check
from tests.integration.record.conftest import NIGHT, move, post, publish, scheme, start, stored
from tests.integration.web.site.test_boards import counted_queries, words
from tests.small_scheme import channel
from tests.unit.verify.making import remanifest

from pingyi.db import db, transaction
from pingyi.embedded.engines import Endpoints
from pingyi.ledger.sealing import seal
from pingyi.replay import replay_in
from pingyi.services.approvals.requests import BUNDLE, approve_all, request_release
from pingyi.services.bundles.bundles import read_bundle
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.periods import close_period, request_assessment
from pingyi.services.results.load import load_result
from pingyi.services.results.result import results_json
from pingyi.settings import Settings
from pingyi_workers.work import drain

Export = Callable[..., Path]
POLL = channel(
    "poll",
    "扫码评议",
    "20",
    '{ options = { good = "100", bad = "0" }, unscored = [], n_min = 1, shown_as = "rate" }',
    operator="评议办",
    plugin="mobile_qr",
)
BOARD = "/periods/p/categories/departments"


def ballots(unit: str, batch: str, good: int, bad: int) -> list[dict[str, Any]]:
    return [
        {"unit": unit, "batch": batch, "option": name, "count": n}
        for name, n in (("good", good), ("bad", bad))
        if n
    ]


def hold(key: str, part: str) -> None:
    move(
        key,
        "held",
        *(
            row.identity
            for row in stored(
                "SELECT h.identity FROM entry_head h JOIN channel c ON c.id = h.channel_id"
                " WHERE c.key = :key AND h.identity ILIKE :part",
                key=key,
                part=f"%{part}%",
            )
        ),
    )


def evaluation(settings: Settings, endpoints: Endpoints, app: Flask, *, held: bool = True) -> None:
    """u1 would stand before u2 if one night of stuffed ballots counted; u4 has no others, u5 nothing else."""
    start(scheme(POLL, rest=20), units=5)
    post("law", *({"unit": f"u{n}", "score": "4"} for n in range(1, 5)))
    post(
        "window", *({"unit": f"u{n}", "score": score} for n, score in enumerate(("90", "80", "70", "50"), 1))
    )
    post("poll", *ballots("u1", "day", 40, 60), *ballots("u2", "day", 65, 35), *ballots("u3", "day", 10, 90))
    post(
        "poll", *ballots("u1", "night", 100, 0), *ballots("u4", "night", 30, 0), *ballots("u5", "night", 0, 9)
    )
    if held:
        hold("poll", '"night"')
    seal(settings)
    with transaction() as connection:
        close_period(connection, SHELL, "p")
        request_assessment(connection, SHELL, "p")
    work(app, endpoints)
    with transaction() as connection:
        approve_all(connection, [request_release(connection, BUNDLE, "p", "评议结束")])
    seal(settings)


def work(app: Flask, endpoints: Endpoints) -> None:
    db.session.remove()
    with Redis.from_url(endpoints.redis_url) as redis:
        drain(app, redis)


@pytest.fixture
def evaluated(app: Flask, settings: Settings, endpoints: Endpoints) -> Flask:
    evaluation(settings, endpoints, app)
    return app


def published(client: FlaskClient, name: str = "results.json") -> Any:
    return client.get(f"/periods/p/{name}").data


def test_ranks_with_and_without_held_evidence_and_who_is_to_be_reviewed(
    evaluated: Flask, client: FlaskClient
) -> None:
    units = json.loads(published(client))["units"]
    names = ("unit", "total", "rank", "all_total", "all_rank", "all_points", "review")
    assert [tuple(unit[name] for name in names) for unit in units] == [
        ("u2", "77.00", 1, "77.00", 3, {}, True),
        ("u1", "74.00", 2, "80.00", 1, {"poll": "14.00"}, True),
        ("u4", "72.50", 3, "78.00", 2, {"poll": "20.00"}, True),
        ("u3", "64.00", 4, "64.00", 4, {}, False),
        ("u5", "", None, "0.00", 5, {"poll": "0.00"}, True),
    ]
    assert [unit["channels"]["poll"]["status"] for unit in units] == [
        *("ok", "ok", "quarantined", "ok", "quarantined")
    ]
    rows = list(csv.reader(io.StringIO(published(client, "results.csv?form=machine").decode("utf-8-sig"))))
    assert [row[-4:] for row in rows[:3]] == [
        ["status", "all_total", "all_rank", "review"],
        ["ranked", "77.00", "3", "true"],
        ["ranked", "80.00", "1", "true"],
    ]
    with transaction() as connection:
        result = load_result(connection, "p")
    assert results_json(result) == published(client), "what is read back is what was assessed"


def test_where_nothing_is_held_there_is_one_ranking(
    app: Flask, settings: Settings, endpoints: Endpoints, client: FlaskClient
) -> None:
    evaluation(settings, endpoints, app, held=False)
    document = json.loads(published(client))
    first = document["units"][0]
    assert (first["unit"], first["total"]) == ("u1", "80.00")
    assert not {"all_total", "all_rank", "all_points", "review"} & first.keys()
    assert published(client, "results.csv?form=machine").splitlines()[0].endswith(b",grade,status")
    assert "待核查" not in client.get(BOARD).text + client.get("/periods/p/units/u1").text


def test_board_unit_page_and_workbook_show_both_in_both_languages(
    evaluated: Flask, client: FlaskClient
) -> None:
    board = words(client.get(BOARD).text)
    assert "总分 已核实票 含待核查票" in board
    assert re.search(r"1 市第2局 复核 77\.00 含待核查票 77\.00 第 3 名", board)
    assert re.search(r"4 市第3局 末位 64\.00 含待核查票 64\.00 第 4 名", board)
    assert "市第5局 复核 — 0.00 第 5 名" in board
    assert board.count("两种名次不同的单位标“复核”") == 1
    english = words(client.get(f"{BOARD}?lang=en").text)
    assert re.search(r"2 市第1局 to be reviewed 74\.00 Held included 80\.00 rank 1", english)
    assert "A unit whose two ranks differ is flagged to be reviewed" in english
    unit = words(client.get("/periods/p/units/u1?lang=zh").text)
    assert "含待核查票 80.00 第 1 名" in unit and "8.00 含待核查票 14.00" in unit and "市第1局 复核" in unit
    assert "Held included 80.00 rank 1" in words(client.get("/periods/p/units/u1?lang=en").text)
    sheet = openpyxl.load_workbook(io.BytesIO(published(client, "results.xlsx")))["政府部门"]
    assert [[cell.value for cell in row[-3:]] for row in sheet.iter_rows(min_row=5)] == [
        [77, 3, "复核"],
        [80, 1, "复核"],
        [78, 2, "复核"],
        [64, 4, None],
        [0, 5, "复核"],
    ]


@pytest.mark.parametrize("path", [BOARD, "/periods/p/units/u1"])
def test_the_second_ranking_costs_no_query(evaluated: Flask, client: FlaskClient, path: str) -> None:
    client.get(path)
    with counted_queries(evaluated) as found:
        assert client.get(path).status_code == 200
    assert len(found) <= 8


def test_an_outsider_computes_both_rankings(evaluated: Flask, export: Export, endpoints: Endpoints) -> None:
    folder = export()
    done = check(folder)
    assert (done.status, done.wrong) == (0, [])
    assert "ranks differ and are to be reviewed: u2, u1, u4, u5." in done.said
    empty(endpoints)
    forget(evaluated)
    result = replay_in(evaluated, endpoints.redis_url, read_bundle(folder), lambda _: None)
    assert results_json(result) == (folder / "results.json").read_bytes()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"all_rank":1', '"all_rank":2', "Unit u1, all_rank: printed 2, recomputed 1."),
        ('"review":true', '"review":false', "Unit u2, review: printed false, recomputed true."),
        (
            '"poll":"14.00"',
            '"poll":"13.00"',
            'Unit u1, all_points.poll: printed "13.00", recomputed "14.00".',
        ),
    ],
)
def test_a_changed_second_ranking_is_found(
    evaluated: Flask, export: Export, old: str, new: str, named: str
) -> None:
    folder = export()
    path = folder / "results.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    done = check(remanifest(folder, "p"))
    assert done.status == 1
    assert named in "\n".join(done.wrong)


def test_held_evidence_of_a_foreign_channel_is_ranked_as_it_is_printed(
    with_noise: Flask, settings: Settings, export: Export
) -> None:
    start(scheme(NIGHT, rest=20))
    post("law", {"unit": "u1", "score": "4"}, {"unit": "u2", "score": "3"})
    night = {"month": "2017-03", "nights": 100}
    post("night", {"unit": "u1", "loud": 4, "site": "S-1", **night})
    post("night", *({"unit": "u2", "loud": loud, "site": f"S-{loud}", **night} for loud in (10, 90)))
    hold("night", '"S-90"')
    publish(settings)
    folder = export()
    assert '"all_points":{"night":"10.00"}' in (folder / "results.json").read_text(encoding="utf-8")
    done = check(folder)
    assert (done.status, done.wrong) == (0, [])
