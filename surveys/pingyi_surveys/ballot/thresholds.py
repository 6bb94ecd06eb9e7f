"""The thresholds of the quarantine rules, and the document in which they are committed and published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The thresholds, committed before the first ballot; docs/surveys.md says how they were found.

    `burst`: ballots of one unit from one network on one day. `surge` times the unit's median day, and at
    least `surge_least` ballots, make a day a surge. One-sided: `margin` more of the ballots on one side of
    the unit's usual rating than usual, and `deviations` standard deviations more. `usual_least`: fewer
    ordinary ballots of a unit say nothing, so those of all units are asked; fewer of all: not judged.
    """

    burst: int = 20
    surge: Fraction = Fraction(2)
    surge_least: int = 30
    margin: Fraction = Fraction(1, 4)
    deviations: int = 5
    usual_least: int = 100

    def __post_init__(self) -> None:
        """Raise ValueError for a threshold under which a rule would mean nothing."""
        if min(self.burst, self.surge_least, self.usual_least) < 10:
            raise ValueError("burst, surge_least and usual_least are 10 ballots or more")
        if self.surge <= 1 or not 0 < self.margin < 1 or self.deviations < 1:
            raise ValueError("surge is over 1, margin between 0 and 1, deviations 1 or more")

    def document(self) -> dict[str, int | str]:
        """The thresholds by name, as they go into the record: whole numbers, and fractions as "1/4"."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) if isinstance(value, Fraction) else value for name, value in named.items()}


def read_rules(document: Mapping[str, object]) -> Rules:
    """The rules of a document; what it leaves out is as shipped.

    Raises ValueError for an unknown name, a number of another kind, or a threshold without a meaning.
    """
    shipped = Rules()
    found: dict[str, int | Fraction] = {}
    for name, value in document.items():
        if name not in shipped.document():
            raise ValueError(f"{name} is no threshold")
        found[name] = _read(name, value, isinstance(getattr(shipped, name), Fraction))
    named = {field.name: found.get(field.name, getattr(shipped, field.name)) for field in fields(shipped)}
    return Rules(**named)


def _read(name: str, value: object, fraction: bool) -> int | Fraction:
    if fraction and isinstance(value, str) and len(value) <= 20:
        return _fraction(name, value)
    if not fraction and isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"{name} is {'a fraction in quotes' if fraction else 'a whole number'}")


def _fraction(name: str, value: str) -> Fraction:
    above, _, below = value.partition("/")
    if not all(part.isascii() and part.isdigit() for part in (above, below or "1")) or not int(below or "1"):
        raise ValueError(f"{name} is a fraction such as 1/4")
    return Fraction(int(above), int(below or "1"))
