"""F1d and F6: checklists and the findings of inspections."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pingyi_verifier.formulas.counters import (
    HUNDRED,
    Counts,
    Ready,
    Rolls,
    Scored,
    Tallied,
    count_of,
    name_of,
)
from pingyi_verifier.formulas.numbers import digits_of, flag, number, spelled_short


def prepare_items(settings: Mapping[str, Any]) -> Ready:
    """Points become whole numbers of 10**-decimals, `decimals` the most that the settings have."""
    gate = settings.get("bonus_gate", "0")
    [(kind, least)] = gate.items() if isinstance(gate, Mapping) else [("at_least", gate)]
    values = [
        item[effect] for item in settings["items"] for effect in ("deduct", "bonus", "cap") if effect in item
    ]
    values += [least, settings.get("bonus_cap", "0")]
    decimals = max(digits_of(str(value).strip())[1] for value in values)

    def units(value: Any) -> int | None:
        return None if value is None else int(number(value) * 10**decimals)

    items = [
        (
            item["key"].strip(),
            effect,
            units(item.get(effect)) if effect != "veto" else None,
            units(item.get("cap")),
        )
        for item in settings["items"]
        for effect in ("deduct", "bonus", "veto")
        if (flag(item.get(effect, "")) if effect == "veto" else effect in item)
    ]
    return Ready(
        items=items,
        decimals=decimals,
        gate=units(least),
        gate_over=kind == "over",
        bonus_cap=units(settings.get("bonus_cap")),
    )


def tally_checklist(values: Mapping[str, Any], _settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """("examined",) for the row and ("item", item) its count."""
    item = values.get("item")
    count = count_of(values["count"]) if item else 0
    return ({"examined": 1, name_of("item", str(item)): count} if count else {"examined": 1}), {}


def tally_finding(values: Mapping[str, Any], _settings: Ready, _period: Mapping[str, Any]) -> Tallied:
    """Confirmed and withdrawn findings mean examined; only confirmed ones count."""
    state, item = values["state"], values.get("item")
    counts = {"examined": 1} if state in ("confirmed", "withdrawn") else {}
    if state == "confirmed" and item:
        counts[name_of("item", item)] = 1
    return counts, {}


def score_items(counts: Counts, _shared: Counts, settings: Ready, _rolls: Rolls) -> Scored:
    """100 less capped deductions, at least 0; from the gate on the bonus, at most 100; a veto is 0."""
    examined, decimals = counts.get("examined", 0), settings["decimals"]
    if not examined:
        return Scored(None, "no_cases", 0, {})
    full = HUNDRED * 10**decimals
    facts: dict[str, str] = {}
    sums = {"deduct": 0, "bonus": 0}
    vetoes, adds = [], False
    for key, effect, points, cap in settings["items"]:
        times = counts.get("item/" + key, 0)
        facts[f"{key}_count"] = str(times)
        if effect == "veto":
            vetoes += [key] if times else []
            continue
        worth = times * points if cap is None else min(cap, times * points)
        sums[effect] += worth
        if effect == "deduct":
            facts[f"{key}_deducted"] = spelled_short(worth, decimals)
        adds = adds or effect == "bonus"
    facts["deducted"] = spelled_short(sums["deduct"], decimals)
    left = max(0, full - sums["deduct"])
    if adds:
        reached = left > settings["gate"] if settings["gate_over"] else left >= settings["gate"]
        cap = settings["bonus_cap"]
        bonus = (sums["bonus"] if cap is None else min(cap, sums["bonus"])) if reached else 0
        facts["bonus"] = spelled_short(bonus, decimals)
        facts["surplus"] = spelled_short(max(0, left + bonus - full), decimals)
        left = min(full, left + bonus)
    if vetoes:
        return Scored(Fraction(0), "ok", examined, {**facts, "veto": vetoes[0]}, veto=True)
    return Scored(Fraction(left, full), "ok", examined, facts)
