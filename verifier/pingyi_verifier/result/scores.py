"""The scores of every channel, computed anew; of foreign channels as they are printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pingyi_verifier.formulas.channels import FAMILIES, Family
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import GARBAGE, Text, UnfitError, reason
from pingyi_verifier.result.lines import QUARANTINED, Rated


def score_channels(
    report: Report, bundle: Bundle, computed: Mapping[str, Any], printed: Mapping[str, Any]
) -> dict[str, dict[str, Rated]]:
    """Every unit on every channel, from the snapshot's counters; foreign channels as they are printed."""
    scores: dict[str, dict[str, Rated]] = {}
    foreign: list[str] = []
    for key, plan in bundle.plans.items():
        if isinstance(computed[key], Text):
            raise UnfitError(*computed[key])
        if computed[key] is not None:
            scores[key] = computed[key]
            continue
        scores[key] = {unit["unit"]: printed_cell(unit["channels"][key]) for unit in printed["units"]}
        foreign.append(key)
        report.note(
            zh=(
                f"渠道 {key} 的公式来自外来插件 {plan['plugin']}，未重算。已核对：其报送都在记录中并与 "
                "entries/ 相同；合计与名次按其公布的得分重算。"
            ),
            en=(
                f"Channel {key}: not recomputed, its formula comes from the foreign plugin "
                f"{plan['plugin']}. Checked all the same: its entries are in the record and equal "
                "entries/; totals and ranks are recomputed from its printed points."
            ),
        )
    rated = sum(len(scores[key]) for key in scores if key not in foreign)
    take_over_vetoes(scores, foreign, bundle.snapshot, printed)
    report.ok(
        zh=f"得分：用独立编写的公式重算了 {len(scores) - len(foreign)} 个渠道的 {rated} 个得分。",
        en=(
            f"Scores: {rated} scores of {len(scores) - len(foreign)} channels computed by formulas "
            "written independently."
        ),
    )
    return scores


def score_channel(bundle: Bundle, key: str) -> dict[str, Rated] | Text | None:
    """One channel's scores; None where its formulas are not here; or what is wrong."""
    family = FAMILIES.get(bundle.plans[key]["plugin"])
    return None if family is None else scores_or_fault(family, bundle.plans[key], bundle.snapshot)


def scores_or_fault(
    family: Family, plan: Mapping[str, Any], snapshot: Mapping[str, Any]
) -> dict[str, Rated] | Text:
    """One channel's scores, or why they cannot be computed."""
    try:
        return score_units(family, plan, snapshot)
    except GARBAGE as error:
        why = reason(error)
        return Text(
            zh=f"渠道 {plan['key']} 无法重算（{why.zh}）。",
            en=f"Channel {plan['key']} cannot be recomputed ({why.en}).",
        )


def score_units(family: Family, plan: Mapping[str, Any], snapshot: Mapping[str, Any]) -> dict[str, Rated]:
    """One channel's scores; a unit of which all evidence is held is quarantined."""
    key = plan["key"]
    standings = snapshot["counters"].get(key, {})
    counted, held = standings.get("counted", {}), standings.get("held", {})
    if not counted and not held:
        return {}
    rolls = {(name, stratum): count for channel, name, stratum, count in snapshot["rolls"] if channel == key}
    scores: dict[str, Rated] = {}
    for code, *_ in snapshot["units"]:
        counts = counted.get(code, {})
        if not counts and code in held:
            scores[code] = Rated(None, QUARANTINED)
        elif counts or not family.due_per_unit:
            shared = counted.get("", {})
            scores[code] = Rated(*family.score(counts, shared, plan["settings"], snapshot["period"], rolls))
    return scores


def printed_cell(cell: Mapping[str, Any]) -> Rated:
    """A foreign channel's score as results.json prints it."""
    points, status, n, facts = cell["points"], cell["status"], cell["n"], cell["facts"]
    if (status == "ok") != bool(points) or not isinstance(status, str) or not isinstance(facts, dict):
        raise UnfitError(
            zh="results.json 的得分与状态矛盾。", en="results.json contradicts itself: points and status."
        )
    return Rated(None, status, n, facts, printed=points)


def take_over_vetoes(
    scores: Mapping[str, dict[str, Rated]],
    foreign: Sequence[str],
    snapshot: Mapping[str, Any],
    printed: Mapping[str, Any],
) -> None:
    """A veto that nothing here explains can only come from a foreign channel: it is taken as printed."""
    explained = {row[0] for row in snapshot["adjustments"] if row[1] == "veto" and row[3] == "total"}
    explained |= {code for units in scores.values() for code, rated in units.items() if rated.veto}
    for unit in printed["units"] if foreign else ():
        code = unit["unit"]
        if unit["status"] == "veto" and code not in explained:
            scores[foreign[0]][code] = scores[foreign[0]][code]._replace(veto=True)
