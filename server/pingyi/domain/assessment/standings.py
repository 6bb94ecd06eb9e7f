"""One category's ranks, grades and last places, from its units' totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pingyi.channels.text import Text
from pingyi.domain.assessment.consequences import Bottom, Choices, TieBreak, bottom_of
from pingyi.domain.assessment.earlier_periods import repeated
from pingyi.domain.assessment.grades import grades_of
from pingyi.domain.assessment.ranking import ranks_of
from pingyi.domain.assessment.values import Notice, PreviousResult
from pingyi.domain.scheme.values import Consequence, Scheme

FEW_RANKED = 5


@dataclass(frozen=True, slots=True)
class Standings:
    """A category's ranked units: rank and grade by total, and per consequence of the scheme who it falls on.

    `last` is the last k of the first consequence in this period alone, `falls_on` counts earlier periods in.
    """

    ranked: int
    ranks: Mapping[int, int]
    grades: Mapping[int, str]
    last: frozenset[str]
    falls_on: tuple[Bottom, ...]

    def rules_on(self, unit: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The positions of the consequences that fall on a unit, and of those that wait for a decision."""
        rules = tuple(enumerate(self.falls_on))
        return (
            tuple(position for position, bottom in rules if unit in bottom.members),
            tuple(position for position, bottom in rules if unit in bottom.undecided),
        )


def standings_of(
    scheme: Scheme,
    totals: Mapping[str, int],
    *,
    overridden: int,
    tie_break: TieBreak,
    choices: Choices,
    previous: Mapping[str, Mapping[str, PreviousResult]],
) -> Standings:
    """Rank a category's eligible units (unit -> adjusted total); `overridden` counts the vetoed ones."""
    bottoms = [
        bottom_of(totals, _places(rule, overridden), tie_break, choices) for rule in scheme.consequences
    ]
    falls_on = tuple(
        repeated(bottom, previous, k=rule.k, consecutive=rule.consecutive, choices=choices)
        for rule, bottom in zip(scheme.consequences, bottoms, strict=True)
    )
    return Standings(
        ranked=len(totals),
        ranks=ranks_of(totals.values(), scheme.policies.ties),
        grades=grades_of(scheme.grades, list(totals.values()), scheme.decimals) if scheme.grades else {},
        last=bottoms[0].members if bottoms else frozenset(),
        falls_on=falls_on,
    )


def notices_of(scheme: Scheme, category: str, ranked: int) -> list[Notice]:
    """What makes the last places of a category doubtful: few ranked units, or many places for them."""
    notices: list[Notice] = []
    if not scheme.consequences or not ranked:
        return notices
    if ranked < FEW_RANKED:
        message = Text(
            zh="该类别只有 {ranked} 个单位参加排名，末位的意义有限。",
            en="Only {ranked} units are ranked in this category: its last places mean little.",
        )
        notices.append(Notice("few_ranked", category, message.format(ranked=ranked)))
    k = max(rule.k for rule in scheme.consequences)
    if k * 3 > ranked:
        message = Text(
            zh="末 {k} 位超过了参加排名的 {ranked} 个单位的三分之一。",
            en="The last {k} are more than a third of the {ranked} ranked units.",
        )
        notices.append(Notice("many_places", category, message.format(k=k, ranked=ranked)))
    return notices


def _places(rule: Consequence, overridden: int) -> int:
    return max(rule.k - overridden, 0) if rule.overrides_use_places else rule.k
