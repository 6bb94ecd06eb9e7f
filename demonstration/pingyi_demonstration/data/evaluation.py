"""One generated evaluation: whatever an office and its operators would bring for a ready-made scheme."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from pingyi.services.periods.adjustments import AdjustmentRow
from pingyi.services.periods.earlier_results import PreviousRow
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.rolls import RollRow
from pingyi.services.periods.units import UnitRow
from pingyi_demonstration.data.chance import PERMILLE, Chance
from pingyi_demonstration.data.deliveries import LEANING

Entry = Mapping[str, Any]
Wave = Sequence[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A scheme's demonstration; `entries` by channel in waves, a later one corrects what stands above it."""

    scheme: str
    draft: PeriodDraft
    units: Sequence[UnitRow]
    entries: Mapping[str, Sequence[Wave]]
    rolls: Sequence[RollRow] = ()
    adjustments: Sequence[AdjustmentRow] = ()
    previous: Sequence[PreviousRow] = ()


def names_of(scheme: str) -> dict[str, list[str]]:
    """The names of a demonstration's units by category, as examples."""
    text = (files("pingyi_demonstration.data") / "names.toml").read_text(encoding="utf-8")
    found: dict[str, list[str]] = tomllib.loads(text)[scheme]
    return found


def numbered(prefix: str, category: str, names: Iterable[str]) -> list[UnitRow]:
    """Units of one category, numbered from 01 behind the prefix of their codes."""
    return [
        UnitRow(code=f"{prefix}{number:02}", name=name, category=category)
        for number, name in enumerate(names, 1)
    ]


def seen_by(chance: Chance, units: Sequence[UnitRow], standing: Mapping[str, int]) -> list[tuple[str, int]]:
    """Each unit's code and how good one channel finds it, in permille."""
    return [(unit.code, standing[unit.code] + chance.bell(LEANING)) for unit in units]


def within(quality: int) -> int:
    """A quality in permille, kept where every option still gets ballots."""
    return max(600, min(PERMILLE - 20, quality))


def three_weights(quality: int) -> dict[str, int]:
    """Weights of three options and of "don't know", better with the quality."""
    good = within(quality)
    return {
        "satisfied": 2 * good - 700,
        "basic": PERMILLE - good,
        "dissatisfied": (PERMILLE - good) // 2,
        "no_opinion": 80,
    }


def five_weights(quality: int) -> dict[str, int]:
    """Weights of five options and of "don't know", better with the quality."""
    good = within(quality)
    return {
        "very_satisfied": 2 * good - 900,
        "satisfied": 600,
        "basic": 2 * (PERMILLE - good),
        "dissatisfied": (PERMILLE - good) // 2,
        "very_dissatisfied": (PERMILLE - good) // 3,
        "no_opinion": 60,
    }


def counted(unit: str, options: Mapping[str, int], **more: str) -> list[Entry]:
    """A unit's ballots as rows, one an option."""
    return [{"unit": unit, **more, "option": option, "count": count} for option, count in options.items()]
