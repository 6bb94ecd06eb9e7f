"""The evaluated units of the demonstration, and what else the office knows before and beside the entries."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib.resources import files

from pingyi.services.periods.adjustments import AdjustmentRow
from pingyi.services.periods.earlier_results import PreviousRow
from pingyi.services.periods.rolls import RollRow
from pingyi.services.periods.units import UnitRow
from pingyi_demonstration.data.chance import Chance

EARLIER = "maanshan-2016"
TURNED = 8  # hundredths of a point by which the earlier totals differ, times a bell


def evaluated_units() -> tuple[UnitRow, ...]:
    """84 units: 32 departments, 22 organisations, 30 public services."""
    text = (files("pingyi_demonstration.data") / "units.csv").read_text(encoding="utf-8")
    return tuple(_unit(row) for row in csv.DictReader(text.splitlines()))


def _unit(row: Mapping[str, str]) -> UnitRow:
    return UnitRow(
        code=row["code"],
        name=row["name"],
        category=row["category"],
        subordination=row["subordination"],
        superior=row["superior"],
        aliases=tuple(name for name in row["aliases"].split(";") if name),
    )


def rolls() -> tuple[RollRow, ...]:
    """How many may vote on the two rosters."""
    return (
        RollRow(channel="deputies", name="eligible", count=380),
        RollRow(channel="cppcc", name="eligible", count=352),
    )


def adjustments() -> tuple[AdjustmentRow, ...]:
    """What the office takes off the totals directly, each with its reason and document."""
    return (
        _off("A21", "2", "安全生产督查整改不到位，被市政府通报", "马政风〔2017〕11号"),
        _off("A07", "1", "征地补偿信访事项处置不当，造成负面影响", "马政风〔2017〕14号"),
        _off("B12", "1", "专项资金公开不及时，被媒体曝光", "马政风〔2017〕16号"),
        _off("C06", "2", "排水管网抢修失误，造成较大负面影响", "马政风〔2017〕19号"),
        _off("A23", "0.5", "窗口工作人员受到效能告诫一次", "马效能〔2017〕7号", kind="warning"),
        AdjustmentRow(
            unit="C26",
            kind="disqualification",
            reason="违反“六个严禁”，组织人员刷票，直接列入不合格单位",
            document="马政风〔2017〕23号",
        ),
    )


def _off(unit: str, points: str, reason: str, document: str, *, kind: str = "deduction") -> AdjustmentRow:
    return AdjustmentRow(unit=unit, kind=kind, points=Decimal(points), reason=reason, document=document)


def previous_results(
    chance: Chance, units: Sequence[UnitRow], standing: Mapping[str, int]
) -> tuple[PreviousRow, ...]:
    """Last year's totals and ranks, near this year's standing, so that a few laggards repeat."""
    then = {unit.code: standing[unit.code] * 10 + TURNED * chance.bell(100) for unit in units}
    rows = []
    for category in dict.fromkeys(unit.category for unit in units):
        peers = [unit.code for unit in units if unit.category == category]
        totals = [then[code] for code in peers]
        for code in peers:
            rank = 1 + sum(total > then[code] for total in totals)
            total = Decimal(then[code]).scaleb(-2)
            rows.append(
                PreviousRow(
                    period=EARLIER, unit=code, category=category, total=total, rank=rank, of=len(peers)
                )
            )
    return tuple(rows)
