"""The efficiency year: 200 enterprises and 50 villages as points, enterprises' appraisal, covert visits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from pingyi.services.periods.adjustments import AdjustmentRow
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.rolls import RollRow
from pingyi.services.periods.units import UnitRow
from pingyi_demonstration.data.chance import PERMILLE, Chance
from pingyi_demonstration.data.deliveries import standing_of
from pingyi_demonstration.data.evaluation import (
    Entry,
    Evaluation,
    Wave,
    counted,
    names_of,
    numbered,
    seen_by,
    three_weights,
    within,
)

KEY = "efficiency-year"
STATIONED = {
    "市工商局": "省工商局",
    "市质监局": "省质监局",
    "市地税局": "省地税局",
    "市国税局": "省国税局",
    "市气象局": "省气象局",
    "市烟草局": "省烟草局",
    "市供电公司": "省电力公司",
    "市邮政局": "省邮政局",
    "海关": "上级海关",
    "人民银行中心支行": "人民银行上级支行",
}
POINTS = {"enterprise": 200, "village": 50}
SILENT = {"enterprise": 4, "village": 2}
UNITS_PER_POINT = 6
APPRAISERS = (200, 200, 176)
ITEMS = ("leader_off_window", "no_badge", "not_told_at_once", "noon_alcohol")
WARNED = ("XN-D04", "XN-D11", "XN-D11", "XN-Z03")


def units() -> list[UnitRow]:
    """30 departments and 10 stationed units, these with the superior who is told."""
    stationed = [
        UnitRow(
            code=f"XN-Z{number:02}", name=name, category="stationed", subordination="驻市", superior=superior
        )
        for number, (name, superior) in enumerate(STATIONED.items(), 1)
    ]
    departments = numbered("XN-D", "departments", names_of(KEY)["departments"])
    return [*departments, *stationed]


def evaluation(seed: int) -> Evaluation:
    """The year's generated evidence; an efficiency warning takes half a point off, each time."""
    evaluated = units()
    standing = standing_of(evaluated, seed)
    entries = {}
    for key, generate in (("points", _points), ("appraisal", _appraisal), ("visits", _visits)):
        chance = Chance(f"{seed}/{KEY}/{key}")
        entries[key] = generate(chance, seen_by(chance, evaluated, standing))
    return Evaluation(
        scheme=KEY,
        draft=PeriodDraft(key="efficiency-2013", starts_on=date(2013, 1, 1), ends_on=date(2013, 12, 31)),
        units=evaluated,
        entries=entries,
        rolls=_rolls(),
        adjustments=[_warning(unit, number) for number, unit in enumerate(WARNED, 1)],
    )


def _rolls() -> list[RollRow]:
    points = [
        RollRow(channel="points", name="registered", count=count, stratum=stratum)
        for stratum, count in POINTS.items()
    ]
    return [*points, RollRow(channel="appraisal", name="eligible", count=APPRAISERS[0])]


def _warning(unit: str, number: int) -> AdjustmentRow:
    return AdjustmentRow(
        unit=unit,
        kind="warning",
        points=Decimal("0.5"),
        reason="工作人员受到效能告诫一次(演示数据)",
        document=f"效能告诫〔2013〕{number}号",
    )


Seen = list[tuple[str, int]]


def _points(chance: Chance, seen: Seen) -> list[Wave]:
    """Each point that spoke returns one sheet about some units; a few points kept silent."""
    return [
        [
            _sheet(chance, seen[place][0], seen[place][1], f"{stratum}-{point:03}", stratum)
            for stratum, count in POINTS.items()
            for point in range(1, count - SILENT[stratum] + 1)
            for place in chance.shuffled(list(range(len(seen))))[:UNITS_PER_POINT]
        ]
    ]


def _sheet(chance: Chance, unit: str, quality: int, point: str, stratum: str) -> Entry:
    good = within(quality)
    answers = {
        dimension: next(option for option, count in chance.parted(1, three_weights(good)).items() if count)
        for dimension in ("efficiency", "service")
    }
    sheet: dict[str, Any] = {"unit": unit, "point": point, "stratum": stratum, "answers": answers}
    sheet["month"] = f"2013-{chance.between(3, 11):02}"
    reports = max(0, chance.between(-2, 3))
    if reports:
        sheet |= {"reports": reports, "answered_on_time": chance.hits(reports, good + 20)}
        sheet |= {"resolved": chance.hits(reports, good), "satisfied": chance.hits(reports, good)}
    return sheet


def _appraisal(chance: Chance, seen: Seen) -> list[Wave]:
    _, issued, returned = APPRAISERS
    rows: list[Entry] = [{"option": "issued", "count": issued}, {"option": "returned", "count": returned}]
    for code, quality in seen:
        rows += counted(code, chance.parted(returned, three_weights(quality)))
    return [rows]


def _visits(chance: Chance, seen: Seen) -> list[Wave]:
    """First each finding as it was recorded, then as it was decided; some still wait for a decision."""
    recorded = list(_findings(chance, seen))
    decided = []
    for finding in recorded:
        drawn = chance.between(1, 20)
        if "item" not in finding or drawn > 2:
            decided.append({**finding, "state": "confirmed"})
        elif drawn == 1:
            decided.append({**finding, "state": "withdrawn"})
    return [recorded, decided]


def _findings(chance: Chance, seen: Seen) -> Iterator[Entry]:
    number = 0
    for code, quality in seen:
        for _ in range(chance.between(2, 5)):
            number += 1
            day = date(2013, 2, 1) + timedelta(days=chance.between(0, 300))
            finding = {
                "unit": code,
                "finding": f"暗访{number:03}",
                "date": day.isoformat(),
                "state": "recorded",
            }
            if chance.hits(1, PERMILLE - within(quality - 200)):
                finding["item"] = ITEMS[min(chance.between(0, 9) // 3, len(ITEMS) - 1)]
            yield finding
