"""Marks: the assessing offices' scores, and those of the counties and zones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from pingyi.domain.scheme.values import ChannelPlan
from pingyi.services.periods.units import UnitRow
from pingyi_demonstration.data.chance import PERMILLE, Chance

RATERS = (
    "花山区",
    "雨山区",
    "博望区",
    "含山县",
    "和县",
    "当涂县",
    "马鞍山经济技术开发区",
    "慈湖高新技术产业开发区",
    "示范园区",
    "郑蒲港新区",
)
ABSENT = {("博望区", "C16"), ("和县", "B19"), ("郑蒲港新区", "A20")}
# These three have no window in the service hall, so its score is missing for them.
WITHOUT_WINDOW = {"A20", "A31", "B13"}
EVIDENCE = "{title}考核记录第{number}号(演示数据)"


def partner_scores(
    chance: Chance, plan: ChannelPlan, units: Sequence[UnitRow], standing: Mapping[str, int]
) -> Iterator[dict[str, str | int]]:
    """One score a unit on the plan's scale, to a hundredth, with its evidence."""
    scale = int(plan.settings["scale"])
    for number, unit in enumerate(units, 1):
        permille = _within(standing[unit.code] + 30 + chance.bell(60))
        if plan.key == "work_window" and unit.code in WITHOUT_WINDOW:
            continue
        yield {
            "unit": unit.code,
            "score": str(Decimal(scale * permille // 10).scaleb(-2)),
            "evidence": EVIDENCE.format(title=plan.title.zh, number=number),
        }


def district_marks(
    chance: Chance, plan: ChannelPlan, units: Sequence[UnitRow], standing: Mapping[str, int]
) -> Iterator[dict[str, str | int]]:
    """A whole mark of 100 by each county and zone, some milder than others."""
    del plan
    for rater in RATERS:
        mildness = chance.bell(25)
        for unit in units:
            mark = _within(standing[unit.code] + 20 + mildness + chance.bell(60)) // 10
            if (rater, unit.code) not in ABSENT:
                yield {"unit": unit.code, "rater": rater, "score": str(mark)}


def _within(permille: int) -> int:
    return max(500, min(PERMILLE, permille))
