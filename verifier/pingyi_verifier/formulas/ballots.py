"""F3 and F4: what ballots and rosters set, and what an entry of them counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm
from typing import Any

from pingyi_verifier.formulas.counters import HUNDRED, Ready, Tallied, name_of
from pingyi_verifier.formulas.numbers import common_units, number, numbers_in, whole_number

PAPER = ("no_answer", "invalid", "withheld")
TURNOUT = ("issued", "returned")


def prepare_ballots(settings: Mapping[str, Any]) -> Ready:
    worths = {key: worth / HUNDRED for key, worth in numbers_in(settings["options"]).items()}
    whole_worth = lcm(*(worth.denominator for worth in worths.values()))
    dimensions = numbers_in(settings.get("dimensions")) or {"overall": Fraction(1)}
    strata = numbers_in(settings.get("strata"))
    unscored = [key.strip() for key in settings["unscored"] if key.strip() not in PAPER]

    def names(dimension: str, stratum: str, options: Iterable[str]) -> list[str]:
        return [name_of("answer", dimension, option, *([stratum] if strata else [])) for option in options]

    weights = dict(zip(strata, common_units(strata.values()), strict=True)) if strata else {"": 1}
    return Ready(
        settings_of_ballots(settings),
        worths=[int(worth * whole_worth) for worth in worths.values()],
        whole_worth=whole_worth,
        options=list(worths),
        dimensions=list(zip(dimensions, common_units(dimensions.values()), strict=True)),
        only=next(iter(dimensions)),
        strata=weights,
        weighted=bool(strata),
        cells={
            dimension: [
                (
                    stratum,
                    names(dimension, stratum, worths),
                    names(dimension, stratum, unscored),
                    names(dimension, stratum, [option for option in unscored if option == "no_opinion"]),
                    names(dimension, stratum, PAPER),
                )
                for stratum in weights
            ]
            for dimension in dimensions
        },
    )


def settings_of_ballots(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The fewest ballots, the quorum and the grades."""

    def threshold(rule: Mapping[str, Any]) -> tuple[str, Fraction, bool] | None:
        """What it is a part of, how much, and whether it must be passed."""
        if "of" not in rule:
            return None
        over = "over" in rule
        return rule["of"], number(rule["over" if over else "at_least"]), over

    return {
        "n_min": max(1, whole_number(settings["n_min"])),
        "quorum": threshold(settings.get("quorum", {})),
        "grades": [
            (grade["key"].strip(), [option.strip() for option in grade.get("options", ())], threshold(grade))
            for grade in settings.get("grades", ())
        ],
    }


def tally_ballots(values: Mapping[str, Any], settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """("answer", dimension, option[, stratum]); issued and returned, without a unit, are of the channel."""
    option, count = values["option"], values["count"]
    if type(count) is not int or count < 0:
        raise ValueError(f"not a count: {count!r}")
    if not count:
        return {}, {}
    stratum = values.get("stratum") if settings["weighted"] else None
    if option in TURNOUT:
        counts = {name_of(option, stratum) if stratum else option: count}
        return (counts, {}) if "unit" in values else ({}, counts)
    dimension = values.get("dimension") or settings["only"]
    if stratum:
        return {name_of("answer", dimension, option, stratum): count}, {}
    name = f"answer/{dimension}/{option}"
    if "~" in name or name.count("/") != 2:
        name = name_of("answer", dimension, option)
    return {name: count}, {}
