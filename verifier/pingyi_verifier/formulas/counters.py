"""Counters and their names, rolls, and what a unit's counters come to."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

Counts = Mapping[str, int]
Rolls = Mapping[tuple[str, str], int]
Tallied = tuple[dict[str, int], dict[str, int]]
HUNDRED = 100


class Scored(NamedTuple):
    """A unit on one channel: exact rate (None: not rated), status, evidence, facts as printed, veto."""

    rate: Fraction | None
    status: str
    n: int | None
    facts: dict[str, str]
    veto: bool = False


class Ready(dict[str, Any]):
    """A channel's settings with its presets filled in and its numbers exact, and what follows from them."""


def name_of(*words: str) -> str:
    """A counter's name: its words joined by "/"; inside a word "~" is "~0" and "/" is "~1"."""
    joined = "/".join(words)
    if "~" in joined or joined.count("/") != len(words) - 1:
        return "/".join(word.replace("~", "~0").replace("/", "~1") for word in words)
    return joined


def count_of(value: Any) -> int:
    """A count as an entry has it: a whole number of at least 0."""
    if type(value) is not int or value < 0:
        raise ValueError(f"not a count: {value!r}")
    return value


def roll(rolls: Rolls, name: str, stratum: str | None = None) -> int | None:
    """A number recorded with the period, over all strata when none is named; None when there is none."""
    if stratum is not None:
        return rolls.get((name, stratum))
    counts = [count for (each, _), count in rolls.items() if each == name]
    return sum(counts) if counts else None
