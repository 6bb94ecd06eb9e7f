"""The few entries that operators of the demonstration correct afterwards, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

Entry = Mapping[str, str | int]


class Correction(NamedTuple):
    """Which of a channel's entries is changed in which column, and why.

    `change`: a whole number is added at the last place, text stands instead of what stood there.
    """

    position: int
    column: str
    change: int | str
    reason: str


CORRECTIONS: Mapping[str, tuple[Correction, ...]] = {
    "work_law": (
        Correction(5, "score", -8, "行政复议案件漏计一件，复核后改正"),
        Correction(40, "score", 10, "经复核，一项扣分依据不足，予以恢复"),
    ),
    "work_window": (Correction(11, "score", -5, "窗口投诉一件核实属实"),),
    "hotline_12345": (Correction(-1, "unit", "A11", "经核实属市城管局职责，改派"),),
    "districts": (Correction(100, "score", -3, "录入时与相邻单位看错一行"),),
    "web_poll": (Correction(3, "count", -2, "剔除重复提交"),),
}


def of_channel(channel: str, entries: Sequence[Entry]) -> list[Entry]:
    """The corrected entries of a channel, each with its reason."""
    return [_corrected(entries[change.position], change) for change in CORRECTIONS.get(channel, ())]


def _corrected(entry: Entry, change: Correction) -> Entry:
    return {**entry, change.column: _changed(entry[change.column], change.change), "reason": change.reason}


def _changed(before: str | int, change: int | str) -> str | int:
    if isinstance(change, str):
        return change
    if isinstance(before, int):
        return max(0, before + change)
    value = Decimal(before)
    return str(value + Decimal(change).scaleb(int(value.as_tuple().exponent)))
