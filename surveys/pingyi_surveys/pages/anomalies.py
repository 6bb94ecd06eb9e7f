"""What looked odd in a box: for the office unit by unit with pictures, for the public in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import page
from pingyi.db import transaction
from pingyi.services.core.errors import not_found
from pingyi.services.periods.periods import PeriodRow, find_period
from pingyi.web.policy import PUBLIC, policy
from pingyi_surveys.ballot.tally_cells import FLOOR
from pingyi_surveys.casting.open_ballot import FILL_SECONDS
from pingyi_surveys.review.box_numbers import OpenedBox, is_published, opened_box
from pingyi_surveys.review.charts import Beside, Days, days_of, groups_beside, percent, shares_beside
from pingyi_surveys.review.labels import (
    PATTERN_F,
    SAME_ANSWER,
    STRATA,
    UNSURE,
    farm_bound,
    farm_told,
    fill_titles,
    reason_title,
)
from pingyi_surveys.review.quarantine_report import Signal, explain
from pingyi_surveys.roles import HELD_READERS

blueprint = Blueprint("ballot_anomalies", __name__, template_folder="../templates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """All that is drawn of a unit; `report` is its part of the box's report."""

    report: Mapping[str, Any]
    days: Days
    fill: tuple[Beside, ...]
    habits: tuple[Beside, ...]
    strata: tuple[Beside, ...]
    bound: Text | None


@dataclass(frozen=True, slots=True)
class AnomalyLine:
    """A unit in the list: ballots held now, the most on one day, straight lines of 100, why any are held."""

    code: str
    name: str
    report: Mapping[str, Any]
    held: int
    most: int | None
    straight: int | None
    leaning: int | None
    findings: tuple[Signal, ...]


def unit_pictures(box: OpenedBox, unit: str) -> Pictures | None:
    """What is drawn of a unit of an opened box; None where nothing was sent for it."""
    report = box.report
    found = next((one for one in report["units"] if one["unit"] == unit), None)
    if found is None:
        return None
    every = report["all"]
    return Pictures(
        report=found,
        days=days_of(found, every, box.first_day, report["days"]),
        fill=groups_beside(found["fill"], every["fill"], fill_titles(FILL_SECONDS)),
        habits=shares_beside(
            [
                (SAME_ANSWER, _straight(found), _straight(every)),
                (UNSURE, found["unsure"], every["unsure"]),
            ]
        ),
        strata=groups_beside(found["strata"], every["strata"], STRATA),
        bound=farm_bound(found["farm"]) if found["farm"] else None,
    )


def _straight(report: Mapping[str, Any]) -> int | None:
    return percent(report["straight"], report["ballots"])


@blueprint.get("/office/periods/<key:period>/ballots/<key:channel>/anomalies")
@policy(*HELD_READERS)
def anomalies(period: str, channel: str) -> AnyResponse:
    """Every unit in a list, and the one that was asked for in pictures."""
    unit = request.args.get("unit", "")
    with transaction() as connection:
        found = find_period(connection, period)
        box = opened_box(connection, found, channel)
    lines = _lines(box)
    chosen = next((line for line in lines if line.code == unit), None) if "unit" in request.args else None
    return page(
        "review/anomalies.html",
        period=found,
        box=box,
        lines=lines,
        chosen=chosen,
        pictures=unit_pictures(box, chosen.code) if chosen else None,
        explain=explain,
        pattern_f=PATTERN_F,
        reason_title=reason_title,
    )


def _lines(box: OpenedBox) -> list[AnomalyLine]:
    """The units in the period's order, those with a finding first."""
    reports = {one["unit"]: one for one in box.report["units"]}
    lines = [
        _line(unit.code, unit.name, unit.held, reports[unit.code], box.report)
        for unit in box.units
        if unit.code in reports
    ]
    return sorted(lines, key=lambda line: not line.findings)


def _line(code: str, name: str, held: int, report: Mapping[str, Any], box: Mapping[str, Any]) -> AnomalyLine:
    days = [group["ballots"] for group in report["daily"] if len(group["of"]) == 1 and group["ballots"]]
    findings = tuple(Signal(**row) for row in box["findings"] if row["unit"] == code and row["held"] >= FLOOR)
    return AnomalyLine(
        code,
        name,
        report,
        held,
        max(days, default=None),
        _straight(report),
        max((size for _, size in report["leaning"]), default=None),
        findings,
    )


@blueprint.get("/periods/<key:period>/ballots/<key:channel>")
@policy(PUBLIC)
def public_box(period: str, channel: str) -> AnyResponse:
    """Per unit what was sealed, counted, held and rejected, and what no rule can see."""
    with transaction() as connection:
        found = _published(find_period(connection, period), connection)
        box = opened_box(connection, found, channel)
    farms = [
        (unit, farm_told(unit.code, report["farm"]))
        for report in box.report.get("units", ())
        for unit in box.units
        if unit.code == report["unit"] and report["farm"]
    ]
    return page(
        "review/public_box.html",
        period=found,
        box=box,
        farms=farms,
        pattern_f=PATTERN_F,
        reason_title=reason_title,
    )


def _published(period: PeriodRow, connection: Any) -> PeriodRow:
    if not is_published(connection, period):
        raise not_found(zh="已公布的评议周期", en="A published period of this key")
    return period
