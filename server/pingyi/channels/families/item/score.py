"""The worth of counted items (F1d): capped deductions from 100, a gated bonus, a veto; in integers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from pingyi.channels import Context, Score, Settings, Text, word
from pingyi.channels.types import encode_name

HUNDRED = 100
FACT_TITLES: Mapping[str, Text] = {
    "veto": Text(zh="否决事项", en="veto"),
    "*_count": Text(zh="{word}次数", en="{word} count"),
    "*_deducted": Text(zh="{word}扣分", en="{word} deducted"),
    "deducted": Text(zh="扣分合计", en="deducted"),
    "bonus": Text(zh="加分", en="bonus"),
    "surplus": Text(zh="超出满分", en="surplus"),
}


class Line(NamedTuple):
    """An item: its counter as it is stored, its points and its cap (None: none) in units of the plan."""

    key: str
    counter: str
    points: int
    cap: int | None

    def worth(self, count: int) -> int:
        """The points of so many times."""
        points = count * self.points
        return points if self.cap is None else min(self.cap, points)


class Plan(NamedTuple):
    """What the settings alone say, points in units of 10**-decimals."""

    deductions: tuple[Line, ...]
    bonuses: tuple[Line, ...]
    vetoes: tuple[Line, ...]
    decimals: int
    gate: int
    bonus_cap: int | None


def plan_of(context: Context) -> Plan:
    """Make the plan of these settings once."""
    plan: Plan | None = context.cache.get("items")
    if plan is None:
        plan = context.cache["items"] = _make_plan(context.settings)
    return plan


def _make_plan(settings: Settings) -> Plan:
    items, [(kind, gate)] = settings["items"], settings.get("bonus_gate", {"at_least": Decimal(0)}).items()
    numbers = [item[key] for item in items for key in ("deduct", "bonus", "cap") if key in item]
    numbers += [gate, *([settings["bonus_cap"]] if "bonus_cap" in settings else ())]
    decimals = max(_decimals(number) for number in numbers)

    def units(number: Decimal | None) -> int | None:
        return None if number is None else int(Fraction(number) * 10**decimals)

    def lines(what: str) -> tuple[Line, ...]:
        return tuple(
            Line(
                item["key"],
                encode_name(("item", item["key"])),
                units(item[what]) or 0,
                units(item.get("cap")),
            )
            for item in items
            if item.get(what)
        )

    return Plan(
        deductions=lines("deduct"),
        bonuses=lines("bonus"),
        vetoes=lines("veto"),
        decimals=decimals,
        gate=(units(gate) or 0) + (kind == "over"),
        bonus_cap=units(settings.get("bonus_cap")),
    )


def _decimals(number: Decimal) -> int:
    return -min(0, int(number.as_tuple().exponent))


def score_items(counts: Mapping[str, int], plan: Plan, *, n: int) -> Score:
    """100 less the capped deductions, at least 0; from the gate on the bonus; the rate stops at 1 (F1d).

    A veto is a rate of 0 and lists the unit outside the ranking. Facts, in points: `<item>_count`,
    `<item>_deducted`, `deducted`; where an item adds `bonus` and `surplus` (what is above 100); `veto` is the
    first item that vetoes.
    """
    facts: dict[str, Any] = {}
    full = HUNDRED * 10**plan.decimals
    deducted = 0
    for line in plan.deductions:
        count = facts[f"{line.key}_count"] = counts.get(line.counter, 0)
        worth = line.worth(count)
        facts[f"{line.key}_deducted"] = _points(worth, plan)
        deducted += worth
    facts["deducted"] = _points(deducted, plan)
    left = max(0, full - deducted)
    if plan.bonuses:
        left = min(full, left + _bonus(counts, plan, facts, left))
    for line in plan.vetoes:
        count = facts[f"{line.key}_count"] = counts.get(line.counter, 0)
        if count:
            facts.setdefault("veto", line.key)
    if "veto" in facts:
        return Score(Fraction(0), n=n, facts=facts, veto=True)
    return Score(Fraction(left, full), n=n, facts=facts)


def _bonus(counts: Mapping[str, int], plan: Plan, facts: dict[str, Any], left: int) -> int:
    """What the adding items add to the points left, nothing before the gate; its facts."""
    found = 0
    for line in plan.bonuses:
        count = facts[f"{line.key}_count"] = counts.get(line.counter, 0)
        found += line.worth(count)
    bonus = found if plan.bonus_cap is None else min(plan.bonus_cap, found)
    if left < plan.gate:
        bonus = 0
    facts["bonus"] = _points(bonus, plan)
    facts["surplus"] = _points(max(0, left + bonus - HUNDRED * 10**plan.decimals), plan)
    return bonus


def _points(units: int, plan: Plan) -> Decimal:
    # Not scaleb: that would round to the context's 28 digits.
    return Decimal(word(Decimal(f"{units}E-{plan.decimals}")))
