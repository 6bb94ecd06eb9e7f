"""The generated entries: the same for a seed, whole numbers or decimals as text, plausible and complete."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from pingyi.channels import Context, Period
from pingyi.domain.names import fold_name
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.scheme.values import Scheme
from pingyi.registry import load_registry
from pingyi.schemes import shipped_scheme
from pingyi.services.intake.parse_rows import delivery_schema
from pingyi_demonstration.data.ballots import poll_weights, roster_weights
from pingyi_demonstration.data.chance import Chance
from pingyi_demonstration.data.deliveries import MOST, Delivery, deliveries, standing_of
from pingyi_demonstration.data.units import adjustments, evaluated_units, previous_results

UNITS = evaluated_units()


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return parse_scheme(shipped_scheme("maanshan-2017"))


@pytest.fixture(scope="module")
def planned(scheme: Scheme) -> list[Delivery]:
    return list(deliveries(scheme, UNITS))


def test_84_units_in_three_categories() -> None:
    assert Counter(unit.category for unit in UNITS) == {
        "departments": 32,
        "organisations": 22,
        "services": 30,
    }
    assert len({unit.code for unit in UNITS}) == 84
    assert all(unit.superior for unit in UNITS if unit.subordination != "市属")


def test_no_name_may_be_taken_for_another_unit() -> None:
    owners: dict[str, set[str]] = {}
    for unit in UNITS:
        for name in (unit.code, unit.name, *unit.aliases):
            owners.setdefault(fold_name(name), set()).add(unit.code)
    assert {name: codes for name, codes in owners.items() if len(codes) > 1} == {}


def test_same_seed_gives_the_same_deliveries(scheme: Scheme, planned: list[Delivery]) -> None:
    assert list(deliveries(scheme, UNITS)) == planned


def test_another_seed_gives_others(scheme: Scheme, planned: list[Delivery]) -> None:
    assert list(deliveries(scheme, UNITS, seed=1)) != planned


def test_deliveries_are_of_all_channels_and_fit_a_request(scheme: Scheme, planned: list[Delivery]) -> None:
    assert {delivery.channel for delivery in planned} == {channel.key for channel in scheme.channels}
    assert {delivery.operator for delivery in planned} == {channel.operator for channel in scheme.channels}
    assert all(0 < len(delivery.entries) <= MOST for delivery in planned)


def test_no_number_is_a_float(planned: list[Delivery]) -> None:
    cells = [value for delivery in planned for entry in delivery.entries for value in entry.values()]
    assert {type(value) for value in cells} == {str, int}


def test_every_entry_is_valid_for_its_channel(scheme: Scheme, planned: list[Delivery]) -> None:
    registry = load_registry()
    for delivery in planned:
        channel = registry.channel(delivery.plugin)
        plan = scheme.channel(delivery.channel)
        assert plan is not None
        context = Context(channel.settings_schema().load(plan.settings), Period())
        delivery_schema(channel.entry_schema)(context, many=True).load(delivery.entries)


def test_corrections_come_after_what_they_correct_and_say_why(planned: list[Delivery]) -> None:
    corrected = [delivery for delivery in planned if any("reason" in entry for entry in delivery.entries)]
    assert len(corrected) == 5
    for delivery in corrected:
        assert all(entry["reason"] for entry in delivery.entries)
        assert [d for d in planned if d.channel == delivery.channel][-1] is delivery


@pytest.mark.parametrize("channel", ["hotline_12345", "web_messages", "newspaper"])
def test_case_comes_again_once_it_is_closed_and_never_twice_in_one_delivery(
    planned: list[Delivery], channel: str
) -> None:
    states: dict[tuple[str | int, str | int], list[bool]] = {}
    for delivery in (each for each in planned if each.channel == channel):
        named = [(entry["source"], entry["case"]) for entry in delivery.entries]
        assert len(set(named)) == len(named)
        for name, entry in zip(named, delivery.entries, strict=True):
            states.setdefault(name, []).append("closed_at" in entry)
    ways = Counter(tuple(found) for found in states.values())
    assert ways[(True,)] > ways[False, True] > 0
    assert ways[(False,)] > 0


def test_newspaper_has_three_outlets_and_names_units_as_its_readers_do(planned: list[Delivery]) -> None:
    entries = [entry for delivery in planned if delivery.channel == "newspaper" for entry in delivery.entries]
    assert {entry["source"] for entry in entries} == {"政风行风之窗", "皖江晚报", "皖江在线"}
    assert not {entry["unit"] for entry in entries} & {unit.code for unit in UNITS}


def test_one_case_of_the_hotline_is_handed_to_another_unit(planned: list[Delivery]) -> None:
    units: dict[str | int, list[str | int]] = {}
    for entry in (e for d in planned if d.channel == "hotline_12345" for e in d.entries):
        units.setdefault(entry["case"], []).append(entry["unit"])
    moved = [found for found in units.values() if len(set(found)) > 1]
    assert len(moved) == 1
    assert moved[0][-1] == "A11"


def test_every_unit_is_on_the_show_three_times_and_each_session_is_of_one_day(
    planned: list[Delivery],
) -> None:
    entries = [
        entry for delivery in planned if delivery.channel == "hotline_show" for entry in delivery.entries
    ]
    assert Counter(entry["unit"] for entry in entries) == {unit.code: 3 for unit in UNITS}
    assert len({entry["session"] for entry in entries}) == len({entry["date"] for entry in entries}) == 252
    assert {entry["attended_by"] for entry in entries} == {"主要负责人", "分管负责人", "其他人员", "缺席"}
    assert max(str(entry["date"]) for entry in entries) < "2018"


def test_demonstration_stays_small(planned: list[Delivery]) -> None:
    assert sum(len(delivery.entries) for delivery in planned) < 25_000


@pytest.mark.parametrize("quality", range(690, 981, 10))
def test_poll_weights_are_worth_the_quality(quality: int) -> None:
    weights = poll_weights(quality)
    assert min(weights.values()) >= 0
    worth = 100 * weights["very_satisfied"] + 80 * weights["satisfied"] + 60 * weights["basic"]
    assert abs(Decimal(worth) / 100 - quality) <= 1


@pytest.mark.parametrize("quality", range(690, 981, 10))
def test_roster_weights_are_worth_the_quality(quality: int) -> None:
    weights = roster_weights(quality)
    assert min(weights.values()) >= 0
    worth = 100 * weights["satisfied"] + 80 * weights["basic"] + 30 * weights["dissatisfied"]
    assert abs(Decimal(worth) / 100 - quality) <= 1


def test_last_year_has_a_rank_for_every_unit() -> None:
    rows = previous_results(Chance(1), UNITS, standing_of(UNITS))
    assert {row.unit for row in rows} == {unit.code for unit in UNITS}
    assert all(row.rank and row.of and 1 <= row.rank <= row.of for row in rows)
    assert all(row.total is not None and 0 < row.total < 100 for row in rows)


def test_adjustments_have_reason_and_document() -> None:
    assert {row.unit for row in adjustments()} < {unit.code for unit in UNITS}
    assert all(row.reason and row.document for row in adjustments())
