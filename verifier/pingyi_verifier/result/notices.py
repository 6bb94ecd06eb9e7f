"""What makes a result doubtful: channels that many units lack, last places that mean little."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pingyi_verifier.result.lines import Line


def switch_off_proposals(
    scheme: Mapping[str, Any],
    categories: Mapping[str, Sequence[Line]],
    choices: Mapping[tuple[str, str], str],
) -> list[dict[str, Any]]:
    """Channels that more than a fifth of a category lacks and nobody has decided on."""
    proposals = []
    for category, members in categories.items():
        for plan in scheme["channels"]:
            key = plan["key"]
            missing = sum(line.points[key] is None for line in members)
            if missing * 5 > len(members) and (category, key) not in choices:
                proposals.append(
                    {"category": category, "channel": key, "missing": missing, "units": len(members)}
                )
    return proposals


def notices(scheme: Mapping[str, Any], category: str, members: Sequence[Line]) -> Iterator[dict[str, str]]:
    """What makes last places doubtful; stops nothing."""
    ranked = sum(line.ranked for line in members)
    rules = scheme.get("consequences", [])
    if not rules or not ranked:
        return
    if ranked < 5:
        yield {
            "code": "few_ranked",
            "category": category,
            "zh": f"该类别只有 {ranked} 个单位参加排名，末位的意义有限。",
            "en": f"Only {ranked} units are ranked in this category: its last places mean little.",
        }
    k = max(rule["when"]["k"] for rule in rules)
    if 3 * k > ranked:
        yield {
            "code": "many_places",
            "category": category,
            "zh": f"末 {k} 位超过了参加排名的 {ranked} 个单位的三分之一。",
            "en": f"The last {k} are more than a third of the {ranked} ranked units.",
        }
