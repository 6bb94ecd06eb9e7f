"""The few entries that operators of the demonstration correct afterwards, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

Entry = Mapping[str, str | int]


class Correction(NamedTuple):
    """Which of a channel's entries is changed, by how much at the last place of which column, and why."""

    position: int
    column: str
    by: int
    reason: str


CORRECTIONS: Mapping[str, tuple[Correction, ...]] = {
    "work_law": (
        Correction(5, "score", -8, "行政复议案件漏计一件，复核后改正"),
        Correction(40, "score", 10, "经复核，一项扣分依据不足，予以恢复"),
    ),
    "work_window": (Correction(11, "score", -5, "窗口投诉一件核实属实"),),
    "hotline_12345": (Correction(6, "count", -1, "重复工单一件，并入原工单"),),
    "districts": (Correction(100, "score", -3, "录入时与相邻单位看错一行"),),
    "web_poll": (Correction(3, "count", -2, "剔除重复提交"),),
}


def of_channel(channel: str, entries: Sequence[Entry]) -> list[Entry]:
    """The corrected entries of a channel, each with its reason."""
    return [_corrected(entries[change.position], change) for change in CORRECTIONS.get(channel, ())]


def _corrected(entry: Entry, change: Correction) -> Entry:
    before = entry[change.column]
    if isinstance(before, int):
        return {**entry, change.column: max(0, before + change.by), "reason": change.reason}
    value = Decimal(before)
    step = Decimal(change.by).scaleb(int(value.as_tuple().exponent))
    return {**entry, change.column: str(value + step), "reason": change.reason}
