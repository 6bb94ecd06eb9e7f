"""The finished demonstration as the public and its operators see it."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections import Counter
from contextvars import Context
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.integration.demonstration.conftest import Played, outside

from pingyi.db import transaction
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.schemes import shipped_scheme
from pingyi_demonstration.data.deliveries import deliveries
from pingyi_demonstration.data.units import evaluated_units
from pingyi_demonstration.running.first_post import refresh_first_post
from pingyi_demonstration.running.play import play

SIZES = {"departments": 32, "organisations": 22, "services": 30}
BASE_URL = "http://127.0.0.1:8000"


def get(played: Played, path: str) -> Any:
    return Context().run(played.client.get, path)


def results(played: Played) -> dict[str, dict[str, Any]]:
    document = json.loads(get(played, "/periods/maanshan-2017/results.json").data)
    return {unit["unit"]: unit for unit in document["units"]}


def count(statement: str) -> int:
    with transaction() as connection:
        return int(connection.execute(text(statement)).scalar_one())


@pytest.mark.mission("002-17", "004-02")
@pytest.mark.parametrize("category", SIZES)
def test_board_of_each_category_is_public_ranked_and_labelled(played: Played, category: str) -> None:
    answer = get(played, f"/periods/maanshan-2017/categories/{category}")
    assert answer.status_code == 200
    assert "演示数据" in answer.text
    units = [unit for unit in results(played).values() if unit["category"] == category]
    assert len(units) == SIZES[category]
    assert all(unit["name"] in answer.text for unit in units)
    totals = [Decimal(unit["total"]) for unit in units if unit["rank"]]
    for unit in units:
        better = sum(total > Decimal(unit["total"]) for total in totals)
        assert unit["rank"] in {better + 1, None}


def test_every_page_of_a_unit_answers_and_is_labelled(played: Played) -> None:
    for code in ("A01", "B13", "B22", "C26"):
        answer = get(played, f"/periods/maanshan-2017/units/{code}")
        assert answer.status_code == 200
        assert "演示数据" in answer.text


@pytest.mark.mission("004-02")
def test_result_list_can_be_downloaded(played: Played) -> None:
    answer = get(played, "/periods/maanshan-2017/results.csv?form=machine")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert Counter(row["category"] for row in rows) == SIZES
    assert "demonstration" in answer.headers["Content-Disposition"]


def test_open_period_shows_no_result(played: Played) -> None:
    assert get(played, "/periods/maanshan-next/categories/departments").status_code == 404


def test_spread_is_plausible(played: Played) -> None:
    totals = sorted(Decimal(unit["total"]) for unit in results(played).values())
    assert 70 < totals[0] < 80
    assert 90 < totals[-1] < 97
    assert 82 < totals[len(totals) // 2] < 88


def test_missing_channels_say_why(played: Played) -> None:
    units = results(played)
    found = {
        (code, key): channel["status"]
        for code, unit in units.items()
        for key, channel in unit["channels"].items()
        if channel["status"] != "ok"
    }
    assert found["A31", "work_window"] == "not_submitted"
    assert found["B22", "hotline_12345"] == "no_cases"
    assert found["B18", "digital_tv"] == "too_few"
    assert set(found.values()) == {"not_submitted", "no_cases", "too_few"}
    assert units["A31"]["coverage_percent"] == "96.00"


def test_adjustments_and_bottom_two(played: Played) -> None:
    units = results(played)
    assert units["A21"]["adjustments"] == "-2.00"
    assert [unit["unit"] for unit in units.values() if unit["status"] == "disqualified"] == ["C26"]
    for category in SIZES:
        called = [
            u for u in units.values() if u["category"] == category and "interview" in u["proposed_actions"]
        ]
        assert len(called) == 2
    assert any("self_examination" in unit["proposed_actions"] for unit in units.values())


@pytest.mark.mission("002-35")
def test_marks_of_counties_and_zones_become_one_trimmed_mean(played: Played) -> None:
    planned = deliveries(parse_scheme(shipped_scheme("maanshan-2017")), evaluated_units())
    marks: dict[str, dict[Any, Decimal]] = {}
    for entry in (e for delivery in planned if delivery.channel == "districts" for e in delivery.entries):
        marks.setdefault(str(entry["unit"]), {})[entry["rater"]] = Decimal(entry["score"])
    units = results(played)
    for code, by_rater in marks.items():
        kept = sorted(by_rater.values())[1:-1]
        points = (sum(kept, Decimal(0)) / len(kept) / 10).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert units[code]["channels"]["districts"]["points"] == str(points)
        assert units[code]["channels"]["districts"]["n"] == len(by_rater)
    assert {len(by_rater) for by_rater in marks.values()} == {9, 10}


@pytest.mark.mission("002-33", "002-34")
@pytest.mark.parametrize(("channel", "of"), [("weibo", "4"), ("digital_tv", "3")])
def test_polls_reported_as_totals_are_scored(played: Played, channel: str, of: str) -> None:
    planned = deliveries(parse_scheme(shipped_scheme("maanshan-2017")), evaluated_units())
    worth = {"very_satisfied": 100, "satisfied": 80, "basic": 60, "dissatisfied": 0}
    counts: Counter[str] = Counter()
    for entry in (e for delivery in planned if delivery.channel == channel for e in delivery.entries):
        if entry["unit"] in {"A02", "市公安局"} and entry["option"] in worth:
            counts[str(entry["option"])] += int(entry["count"])
    mean = Decimal(sum(worth[option] * n for option, n in counts.items())) / counts.total()
    points = (mean * Decimal(of) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert results(played)["A02"]["channels"][channel]["points"] == str(points)
    assert results(played)["A02"]["channels"][channel]["n"] == counts.total()


def test_an_interrupted_demonstration_is_taken_up_again(played: Played) -> None:
    assert played.interruption.code == "delivery_refused"
    planned = list(deliveries(parse_scheme(shipped_scheme("maanshan-2017")), evaluated_units()))
    stored = (
        "SELECT count(*) FROM delivery d JOIN channel c ON c.id = d.channel_id JOIN period p"
        " ON p.id = c.period_id WHERE p.key = 'maanshan-2017'"
    )
    assert count(stored) == len(planned)


def test_a_finished_demonstration_is_left_alone(played: Played) -> None:
    before = count("SELECT count(*) FROM leaf")

    def no_work(*_: object) -> None:
        raise AssertionError("nothing is left to assess")

    play(outside(played.client), no_work, lambda _: None)
    assert count("SELECT count(*) FROM leaf") == before


def test_first_post_works_as_pasted_and_counts_once(played: Played, tmp_path: Path) -> None:
    with transaction() as connection:
        refresh_first_post(connection, tmp_path, BASE_URL)
    kept = tmp_path / "demonstration.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    first, again = (pasted(played, kept) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.data == again.data
    assert json.loads(first.data)["entries"][0]["verdict"] == "new"


def test_first_post_keeps_a_key_that_works(played: Played, tmp_path: Path) -> None:
    kept = tmp_path / "demonstration.json"
    with transaction() as connection:
        key = refresh_first_post(connection, tmp_path, BASE_URL)["key"]
        moved = refresh_first_post(connection, tmp_path, "http://127.0.0.1:9000")
    assert moved["key"] == key
    assert "http://127.0.0.1:9000/api/v1/periods/maanshan-next/" in json.loads(kept.read_text())["curl"]


def test_first_post_without_its_file_has_a_new_key_that_works(played: Played, tmp_path: Path) -> None:
    kept = tmp_path / "demonstration.json"
    with transaction() as connection:
        key = refresh_first_post(connection, tmp_path, BASE_URL)["key"]
    assert pasted(played, kept).status_code == 201
    kept.unlink()
    with transaction() as connection:
        assert refresh_first_post(connection, tmp_path, BASE_URL)["key"] != key
    answer = pasted(played, kept)
    assert answer.status_code == 201
    assert json.loads(answer.data)["entries"][0]["verdict"] == "new"


def pasted(played: Played, kept: Path) -> Any:
    """What the command that was kept would send."""
    command = json.loads(kept.read_text(encoding="utf-8"))["curl"]
    words = shlex.split(command.replace("\\\n", ""))
    assert words[:2] == ["curl", "-sS"]
    url, *options = words[2:]
    given = list(zip(options[::2], options[1::2], strict=True))
    headers = [tuple(re.split(": ", value, maxsplit=1)) for name, value in given if name == "-H"]
    (body,) = [value for name, value in given if name == "-d"]
    path = url.removeprefix(BASE_URL)
    return Context().run(played.client.post, path, data=body.encode(), headers=headers)
