"""Each ready-made scheme's demonstration, from draft to published: by files alone and by HTTP alone."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from tests.integration.record.checking import check
from tests.integration.replay.carry_out import by_requests, from_bundle, over_api

from pingyi.cli import main
from pingyi.db import db
from pingyi.domain.errors import Problem
from pingyi.embedded.engines import Endpoints
from pingyi.services.bundles.export import export_public
from pingyi_demonstration.data.bundle import write_bundle
from pingyi_demonstration.data.evaluation import Evaluation
from pingyi_demonstration.data.ready_made import EVALUATIONS, evaluation_of

pytestmark = pytest.mark.long

KEYS = ("county-quarterly", "daye-2019", "efficiency-year")
SIZES = {
    "county-quarterly": {"departments": 24, "services": 10, "towns": 12},
    "daye-2019": {"towns": 14, "departments": 40, "services": 24, "stations": 49},
    "efficiency-year": {"departments": 30, "stationed": 10},
}


@dataclass(frozen=True)
class Ran:
    """A demonstration that was replayed from its bundle, and the public bundle of its result."""

    key: str
    evaluation: Evaluation
    bundle: Path
    published: bytes
    public: Path

    @property
    def units(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.published)["units"]
        return found

    def unit(self, code: str) -> dict[str, Any]:
        return next(unit for unit in self.units if unit["unit"] == code)


@pytest.fixture(scope="module")
def replayed(
    application: Flask, endpoints: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Ran]:
    """Replay a demonstration from its bundle, once for all tests."""

    @cache
    def found(key: str) -> Ran:
        bundle = tmp_path_factory.mktemp("demonstrations") / key
        write_bundle(key, bundle)
        published = from_bundle(application, endpoints, bundle)
        evaluation = evaluation_of(key)
        with application.app_context():
            public = export_public(evaluation.draft.key, bundle.with_name(f"{key}-public")).folder
            db.session.remove()
        return Ran(key, evaluation, bundle, published, public)

    return found


@pytest.fixture(params=KEYS)
def ran(request: pytest.FixtureRequest, replayed: Callable[[str], Ran]) -> Ran:
    return replayed(request.param)


@pytest.fixture
def efficiency(replayed: Callable[[str], Ran]) -> Ran:
    return replayed("efficiency-year")


@pytest.mark.parametrize("key", EVALUATIONS)
def test_files_alone_and_http_alone_publish_the_same_bytes(
    replayed: Callable[[str], Ran], application: Flask, endpoints: Endpoints, key: str
) -> None:
    ran = replayed(key)
    document = (ran.bundle / "scheme.toml").read_text(encoding="utf-8")
    assert over_api(application, endpoints, ran.evaluation, document, by_requests) == ran.published


@pytest.mark.parametrize("key", EVALUATIONS)
def test_public_bundle_is_found_right_by_its_own_verifier(replayed: Callable[[str], Ran], key: str) -> None:
    ran = replayed(key)
    done = check(ran.public)
    assert (done.status, done.wrong) == (0, [])
    assert "not recomputed" not in done.said
    assert (ran.public / "results.json").read_bytes() == ran.published


@pytest.mark.parametrize("key", ("county-quarterly", "daye-2019", "maanshan-2017"))
def test_replay_of_the_public_bundle_publishes_the_same_bytes(
    replayed: Callable[[str], Ran], application: Flask, endpoints: Endpoints, key: str
) -> None:
    ran = replayed(key)
    assert from_bundle(application, endpoints, ran.public) == ran.published


def test_private_column_is_left_out_and_named_where_a_replay_would_need_it(
    replayed: Callable[[str], Ran], application: Flask, endpoints: Endpoints
) -> None:
    public = replayed("efficiency-year").public
    header, *rows = (public / "entries/points.csv").read_text(encoding="utf-8").splitlines()
    assert ("point" in header.split(","), len(rows) > 200) == (False, True)
    with pytest.raises(Problem, match="bundle_invalid") as refused:
        from_bundle(application, endpoints, public)
    assert {(each.file, each.column) for each in refused.value.errors} == {("entries/points.csv", "point")}


def test_every_unit_is_listed_once_in_its_category(ran: Ran) -> None:
    assert Counter(unit["category"] for unit in ran.units) == SIZES[ran.key]
    assert {unit["unit"]: unit["category"] for unit in ran.units} == {
        unit.code: unit.category for unit in ran.evaluation.units
    }
    assert len(ran.units) == len(ran.evaluation.units)


def test_total_is_the_sum_of_the_published_points(ran: Ran) -> None:
    complete = 0
    for unit in ran.units:
        if {channel["status"] for channel in unit["channels"].values()} == {"ok"}:
            complete += 1
            points = sum(Decimal(channel["points"]) for channel in unit["channels"].values())
            assert Decimal(unit["total"]) == points + Decimal(unit["adjustments"])
            assert Decimal(unit["coverage_percent"]) == 100
    assert complete >= len(ran.units) - 2


def test_ranks_follow_the_totals_inside_each_category(ran: Ran) -> None:
    dense = 'ties = "dense"' in (ran.bundle / "scheme.toml").read_text(encoding="utf-8")
    totals: dict[str, list[Decimal]] = defaultdict(list)
    for unit in ran.units:
        assert unit["status"] == "ranked"
        totals[unit["category"]].append(Decimal(unit["total"]))
    for unit in ran.units:
        better = [total for total in totals[unit["category"]] if total > Decimal(unit["total"])]
        assert unit["rank"] == 1 + len(set(better) if dense else better)
        assert unit["of"] == len(totals[unit["category"]])


def test_too_little_evidence_is_said_and_never_a_zero(ran: Ran) -> None:
    unrated = {
        (unit["unit"], key, channel["status"])
        for unit in ran.units
        for key, channel in unit["channels"].items()
        if channel["status"] != "ok"
    }
    assert (
        unrated
        == {
            "county-quarterly": {("XJ-T12", "enterprises", "too_few")},
            "daye-2019": {("DY-G49", "meetings", "too_few"), ("DY-G01", "qr_rating", "too_few")},
            "efficiency-year": set(),
        }[ran.key]
    )
    for code, key, _ in unrated:
        found = ran.unit(code)
        assert found["channels"][key]["points"] == ""
        assert Decimal(found["total"]) > 70


@pytest.mark.parametrize("key", EVALUATIONS)
def test_same_seed_writes_the_same_bundle_and_another_seed_another(key: str, tmp_path: Path) -> None:
    for folder, seed in (("first", 1), ("second", 1), ("other", 2)):
        write_bundle(key, tmp_path / folder, seed)
    files = {
        folder: {
            path.relative_to(tmp_path / folder): path.read_bytes()
            for path in (tmp_path / folder).rglob("*.*")
        }
        for folder in ("first", "second", "other")
    }
    assert files["first"] == files["second"]
    changed = {str(path) for path in files["first"] if files["first"][path] != files["other"][path]}
    assert {f"entries/{channel}.csv" for channel in evaluation_of(key, 1).entries} <= changed
    assert not {"scheme.toml", "units.csv", "period.toml"} & changed


def test_second_replay_publishes_the_same_bytes(
    efficiency: Ran, application: Flask, endpoints: Endpoints
) -> None:
    assert from_bundle(application, endpoints, efficiency.bundle) == efficiency.published


def test_coverage_counts_the_points_that_spoke_of_250(efficiency: Ran) -> None:
    for unit in efficiency.units:
        facts = unit["channels"]["points"]["facts"]
        assert (facts["points"], facts["registered"], facts["coverage"]) == ("244", "250", "97.60")


def test_each_efficiency_warning_takes_half_a_point(efficiency: Ran) -> None:
    taken = {unit["unit"]: unit["adjustments"] for unit in efficiency.units if unit["adjustment_items"]}
    assert taken == {"XN-D04": "-0.50", "XN-D11": "-1.00", "XN-Z03": "-0.50"}


@pytest.mark.mission("003-08")
def test_findings_that_nobody_confirmed_take_nothing(efficiency: Ran) -> None:
    recorded, decided = efficiency.evaluation.entries["visits"]
    states = {finding["finding"]: finding["state"] for finding in (*recorded, *decided)}
    assert set(states.values()) == {"recorded", "confirmed", "withdrawn"}
    confirmed = Counter(
        finding["unit"] for finding in decided if finding["state"] == "confirmed" and "item" in finding
    )
    for unit in efficiency.units:
        facts = unit["channels"]["visits"]["facts"]
        counts = [int(fact) for name, fact in facts.items() if name.endswith("_count")]
        assert sum(counts) == confirmed[unit["unit"]]


def test_three_bands_hold_thirty_sixty_and_ten_percent_of_each_category(efficiency: Ran) -> None:
    bands = Counter((unit["category"], unit["grade"]) for unit in efficiency.units)
    assert bands == {
        ("departments", "first"): 9,
        ("departments", "second"): 18,
        ("departments", "third"): 3,
        ("stationed", "first"): 3,
        ("stationed", "second"): 6,
        ("stationed", "third"): 1,
    }


def test_command_writes_a_bundle_without_engines_and_refuses_what_it_cannot_play(tmp_path: Path) -> None:
    run = CliRunner().invoke
    written = run(main, ["--lang", "en", "demo", "--scheme", "daye-2019", "--bundle", str(tmp_path / "daye")])
    assert (written.exit_code, written.output) == (0, f"Wrote {tmp_path / 'daye'}: 2661 entries.\n")
    write_bundle("daye-2019", tmp_path / "same")
    assert (tmp_path / "daye/entries/daily.csv").read_bytes() == (
        tmp_path / "same/entries/daily.csv"
    ).read_bytes()
    alone = run(main, ["--lang", "en", "demo", "--scheme", "daye-2019"])
    assert (alone.exit_code, "add --bundle" in alone.output) == (2, True)
