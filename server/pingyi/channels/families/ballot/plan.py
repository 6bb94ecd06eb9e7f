"""What a ballot's settings alone say: worths and weights as integers, counters' names as they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from pingyi.channels import Settings
from pingyi.channels.families.ballot.settings import ONLY, PAPER
from pingyi.channels.types import encode_name

NO_OPINION = "no_opinion"


class Cell(NamedTuple):
    """One stratum of a dimension (None: all answers pooled) and its relative weight."""

    stratum: str | None
    weight: int


class Dimension(NamedTuple):
    """A dimension, its weight (relative and exact), its cells, and the name of its sub-score."""

    key: str
    weight: int
    exact: Fraction
    cells: tuple[Cell, ...]
    fact: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the settings alone say: worths and weights as integers, counters' names as they are stored.

    `scored`, `unscored`, `no_opinion` and `others` (all that is not scored, `width` a dimension) run through
    dimensions, in them strata, in them options.
    """

    worths: tuple[int, ...]
    whole: int
    dimensions: tuple[Dimension, ...]
    strata: tuple[str, ...]
    shares: tuple[str, ...]
    scored: tuple[str, ...]
    unscored: tuple[str, ...]
    no_opinion: tuple[str, ...]
    others: tuple[str, ...]
    width: int
    weighs: tuple[int, ...]
    total: int
    weights: dict[tuple[int, int, int, int], Fraction] = field(default_factory=dict)


def make_plan(settings: Settings) -> Plan:
    """Spell the counters' names and bring worths and weights to integers."""
    rates = {option: value / 100 for option, value in settings["options"].items()}
    whole = lcm(*(rate.denominator for rate in rates.values()))
    dimensions = settings.get("dimensions") or {ONLY: Fraction(1)}
    weights = integers(dimensions)
    total = sum(weights.values())
    strata = settings.get("strata") or {}
    cells = tuple(Cell(*pair) for pair in integers(strata).items()) if strata else (Cell(None, 1),)
    unscored = [option for option in settings["unscored"] if option not in PAPER]

    def names(options: Iterable[str]) -> tuple[str, ...]:
        tails = [() if cell.stratum is None else (cell.stratum,) for cell in cells]
        heads = [(("answer", key), tail) for key in dimensions for tail in tails]
        return tuple(encode_name((*head, option, *tail)) for head, tail in heads for option in options)

    return Plan(
        worths=tuple(int(rate * whole) for rate in rates.values()),
        whole=whole,
        dimensions=tuple(
            Dimension(key, weight, Fraction(weight, total), cells, f"{key}_score")
            for key, weight in weights.items()
        ),
        strata=tuple(strata),
        shares=tuple(f"{option}_share" for option in rates),
        scored=names(rates),
        unscored=names(unscored),
        no_opinion=names({NO_OPINION} & set(unscored)),
        others=names((*unscored, *PAPER)),
        width=len(cells) * len((*unscored, *PAPER)),
        weighs=tuple(weights.values()),
        total=total,
    )


def integers(weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Bring relative weights to integers in the same proportion."""
    whole = lcm(*(weight.denominator for weight in weights.values()))
    return {key: int(weight * whole) for key, weight in weights.items()}
