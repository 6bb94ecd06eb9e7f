"""The other shipped schemes: points as published, every open question answered, each explained on a page."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pingyi.domain.errors import Problem
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.scheme.values import Scheme
from pingyi.registry import check_channel, load_registry
from pingyi.schemes import shipped_scheme, shipped_schemes
from pingyi_demonstration.data.bundle import write_bundle
from pingyi_demonstration.data.ready_made import EVALUATIONS, evaluation_of

DOCS = Path(__file__).parents[3] / "docs" / "schemes"
POINTS = {
    "daye-2019": {"daily": 40, "society": 10, "meetings": 10, "qr_rating": 40},
    "county-quarterly": {"enterprises": 25, "investors": 25, "owners": 25, "delegates": 25},
    "efficiency-year": {"points": 40, "appraisal": 40, "visits": 20},
}
BALLOT = ("options", "unscored", "n_min", "shown_as")
OPEN_QUESTIONS = {
    "checklist": ("items",),
    "inspections": ("items",),
    "mobile_qr": BALLOT,
    "web_poll": BALLOT,
    "deputies": (*BALLOT, "quorum"),
    "roster": (*BALLOT, "quorum"),
    "monitoring_points": (*BALLOT, "dimensions", "strata", "ballot_share", "report_weights"),
    "panel": ("scale", "score_decimals", "trim", "n_min"),
}


def checked(document: str) -> Scheme:
    registry = load_registry()
    return parse_scheme(document, partial(check_channel, registry))


@pytest.fixture(params=POINTS)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return checked(shipped_scheme(request.param))


def test_every_shipped_scheme_has_a_demonstration_and_a_page() -> None:
    assert set(EVALUATIONS) == set(shipped_schemes()) == {*POINTS, "maanshan-2017"}
    assert {path.stem for path in DOCS.glob("*.md")} == set(shipped_schemes())


def test_channels_have_the_points_of_their_page_and_sum_to_a_hundred(scheme: Scheme) -> None:
    assert {channel.key: channel.max_points for channel in scheme.channels} == POINTS[scheme.key]
    assert sum(channel.max_points for channel in scheme.channels) == scheme.full_marks == 100


def test_every_open_question_is_answered_in_the_scheme_itself(scheme: Scheme) -> None:
    policies = tomllib.loads(shipped_scheme(scheme.key))["policies"]
    assert set(policies) == {"missing", "min_coverage", "ties", "tie_break", "bonus_cap"}
    for channel in scheme.channels:
        assert set(OPEN_QUESTIONS[channel.plugin]) <= set(channel.settings), channel.key
        assert "preset" not in channel.settings


def test_no_score_of_options_is_called_a_rate(scheme: Scheme) -> None:
    ballots = [channel for channel in scheme.channels if "options" in channel.settings]
    assert len(ballots) >= 2
    assert {channel.settings["shown_as"] for channel in ballots} == {"score"}


def test_page_names_the_key_of_every_channel_and_the_command_to_try_it(scheme: Scheme) -> None:
    page = (DOCS / f"{scheme.key}.md").read_text(encoding="utf-8")
    assert all(f"`{channel.key}`" in page for channel in scheme.channels)
    assert f"`pingyi demo --scheme {scheme.key} --bundle " in page
    for word in ("missing", "bonus_cap", "shown_as", "unscored"):
        assert re.search(rf"`{word}\b", page), word


def test_daye_has_127_units_and_stations_below_their_towns() -> None:
    units = evaluation_of("daye-2019").units
    towns = {unit.code for unit in units if unit.category == "towns"}
    assert Counter(unit.category for unit in units).total() == 127
    assert {unit.parent for unit in units if unit.category == "stations"} <= towns
    assert len({unit.name for unit in units}) == 127


def test_county_period_is_a_quarter() -> None:
    draft = evaluation_of("county-quarterly").draft
    assert (str(draft.starts_on), str(draft.ends_on)) == ("2020-01-01", "2020-03-31")


def test_county_has_a_channel_for_each_group_of_raters() -> None:
    scheme = checked(shipped_scheme("county-quarterly"))
    titles = [channel.title.zh for channel in scheme.channels]
    assert titles == ["企业评议", "客商评议", "业户评议", "代表委员评议"]
    assert scheme.policies.ties == "dense"


def test_efficiency_year_registers_200_enterprises_and_50_villages() -> None:
    evaluation = evaluation_of("efficiency-year")
    registered = {roll.stratum: roll.count for roll in evaluation.rolls if roll.name == "registered"}
    assert registered == {"enterprise": 200, "village": 50}
    [sheets] = evaluation.entries["points"]
    spoke = Counter(stratum for stratum, _ in {(sheet["stratum"], sheet["point"]) for sheet in sheets})
    assert spoke == {"enterprise": 196, "village": 48}


def test_every_stationed_unit_names_the_superior_who_is_told() -> None:
    stationed = [unit for unit in evaluation_of("efficiency-year").units if unit.category == "stationed"]
    assert len(stationed) == 10
    assert all(unit.superior and unit.subordination == "驻市" for unit in stationed)


def test_each_efficiency_warning_is_half_a_point_with_its_document() -> None:
    warnings = evaluation_of("efficiency-year").adjustments
    assert {(row.kind, row.points, row.target) for row in warnings} == {("warning", Decimal("0.5"), "total")}
    assert len({row.document for row in warnings}) == len(warnings) == 4


@pytest.mark.parametrize(
    ("key", "before", "after", "place"),
    [
        ("efficiency-year", 'village = "0.2"', 'village = "0.19"', "/channels/0/settings/strata"),
        ("efficiency-year", 'satisfied = "0.4"', 'satisfied = "0.39"', "/channels/0/settings/report_weights"),
        ("county-quarterly", 'members = "0.5"', 'members = "0.49"', "/channels/3/settings/strata"),
    ],
)
def test_weights_that_sum_to_099_are_refused_with_the_reason(
    key: str, before: str, after: str, place: str
) -> None:
    error = refusal(key, before, after)
    assert (error.pointer, error.message.en) == (place, "The weights must sum to 1.")


def test_shares_that_sum_to_099_are_refused_with_the_sum() -> None:
    error = refusal("efficiency-year", 'third = "0.1"', 'third = "0.09"')
    assert (error.code, error.pointer) == ("shares_sum", "/grades/shares")
    assert "0.99" in error.message.zh
    assert "0.99" in error.message.en


def test_points_that_sum_to_99_are_refused_with_the_sum() -> None:
    error = refusal("daye-2019", 'max_points = "10"', 'max_points = "9"')
    assert (error.code, error.pointer) == ("points_sum", "/channels")
    assert "99" in error.message.zh


def test_worst_option_above_0_shown_as_a_rate_is_refused_with_the_reason() -> None:
    document = shipped_scheme("county-quarterly")
    delegates = document[document.index('key = "delegates"') :]
    rate = document.replace(delegates, delegates.replace('shown_as = "score"', 'shown_as = "rate"'))
    error = only_error(rate)
    assert error.pointer == "/channels/3/settings/shown_as"
    assert "worst 0" in error.message.en
    assert error.message.zh != error.message.en


def refusal(key: str, before: str, after: str) -> Any:
    document = shipped_scheme(key)
    assert before in document
    return only_error(document.replace(before, after, 1))


def only_error(document: str) -> Any:
    with pytest.raises(Problem) as refused:
        checked(document)
    [error] = refused.value.errors
    return error


def test_bundle_is_written_only_into_an_empty_folder(tmp_path: Path) -> None:
    assert write_bundle("county-quarterly", tmp_path / "new") == 1384
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(Problem) as refused:
        write_bundle("county-quarterly", tmp_path)
    assert refused.value.code == "out_unwritable"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt", "new"]


def test_unknown_scheme_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(Problem) as refused:
        write_bundle("daye", tmp_path / "new")
    assert (refused.value.code, refused.value.status) == ("not_found", 404)
    assert "daye-2019" in refused.value.message.en
    assert not (tmp_path / "new").exists()
