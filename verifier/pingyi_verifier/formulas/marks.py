"""F1: a mark over its scale; F1m: the trimmed mean of a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from pingyi_verifier.formulas.counters import Counts, Ready, Rolls, Scored, Tallied
from pingyi_verifier.formulas.numbers import digits_of, number, spelled, whole_number

Mark = tuple[Fraction, str, int]  # its value, its spelling, how often it was given


def prepare_marks(settings: Mapping[str, Any]) -> Ready:
    return Ready(
        scale=number(settings["scale"]),
        trim=whole_number(settings.get("trim", 0)),
        n_min=max(1, whole_number(settings.get("n_min", 1))),
    )


def tally_mark(values: Mapping[str, Any], _settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """("mark", score); a row without a score (an absent rater) adds nothing."""
    mark = values.get("score")
    return ({} if mark is None else {"mark/" + mark: 1}), {}


def marks_in(counts: Counts) -> list[Mark]:
    """The marks of a unit, lowest first."""
    marks = []
    for name, times in counts.items():
        if times and name.startswith("mark/"):
            digits, decimals = digits_of(name[5:])
            marks.append((Fraction(digits, 10**decimals), name[5:], times))
    return sorted(marks)


def score_partner(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    marks, scale = marks_in(counts), settings["scale"]
    if not marks:
        return Scored(None, "too_few", 0, {})
    mark, text, _ = marks[-1]
    n = sum(times for _, _, times in marks)
    if n != 1 or len(marks) != 1 or mark > scale:
        return Scored(None, "inconsistent", n, {})
    return Scored(mark / scale, "ok", 1, {"mark": text})


def score_panel(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    """The mean of the marks over the scale; from 5 marks on, `trim` are dropped at each end if 3 remain."""
    marks, scale, trim = marks_in(counts), settings["scale"], settings["trim"]
    n = sum(times for _, _, times in marks)
    if n < settings["n_min"]:
        return Scored(None, "too_few", n, {})
    if marks[-1][0] > scale:
        return Scored(None, "inconsistent", n, {})
    dropped = trim if n >= 5 and n - 2 * trim >= 3 else 0
    mean = sum_of_places(marks, dropped, n - dropped) / (n - 2 * dropped)
    facts = {"spread": difference(marks[-1][1], marks[0][1]), "dropped": str(2 * dropped)}
    return Scored(mean / scale, "ok", n, facts)


def sum_of_places(marks: Sequence[Mark], first: int, end: int) -> Fraction:
    """The marks in the places from `first` up to `end`, summed; a mark given twice fills two places."""
    total, place = Fraction(0), 0
    for mark, _, times in marks:
        inside = min(place + times, end) - max(place, first)
        total += mark * max(inside, 0)
        place += times
    return total


def difference(high: str, low: str) -> str:
    """One decimal less another, with the decimals of the longer one."""
    (above, above_decimals), (below, below_decimals) = digits_of(high), digits_of(low)
    decimals = max(above_decimals, below_decimals)
    units = above * 10 ** (decimals - above_decimals) - below * 10 ** (decimals - below_decimals)
    return spelled(units, decimals)
