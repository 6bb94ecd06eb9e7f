"""Settings that a scheme picks by name, each as the notice or circular that it is named after has it.

The names and what they stand for are published with the families (docs/plugins.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Preset = dict[str, Any]
Presets = Mapping[str, Preset]


def scored_out_of(scale: str, **more: Any) -> Preset:
    """One score on a scale."""
    return {"scale": scale, **more}


def trimmed_by(marks: int) -> Preset:
    """A panel of at least three of which so many marks are dropped at each end."""
    return {"trim": marks, "n_min": 3}


def weighted(**weights: str) -> Preset:
    """Rates by weight, each sub-score rounded to two decimals before they are added."""
    return {"weights": weights, "sub_score_decimals": 2}


def full_from(percent: str, measure: str, points: str, off: str, floor: str) -> Preset:
    """Full points from a percentage on, so much off for each percent below it, and no less than the floor."""
    return {"measure": measure, "points": points, "full": percent, "per": off, "floor": floor}


def lianyungang(satisfaction: str) -> Preset:
    """Signing 10 points and closing on time 20, both full from 95 percent; satisfaction 25."""
    signing = full_from("95", "signed_on_time", "10", off="1", floor="0")
    closing = full_from("95", "on_time", "20", off="1", floor="0")
    satisfied = full_from(satisfaction, "satisfied", "25", off="0.5", floor="12.5")
    return {"bands": [signing, closing, satisfied], "sub_score_decimals": 2}


LEVELS = {  # the usual options by how many there are, best first
    3: "satisfied basic dissatisfied",
    4: "very_satisfied satisfied basic dissatisfied",
    5: "very_satisfied satisfied basic dissatisfied very_dissatisfied",
}


def options(worths: str, names: str = "") -> Preset:
    """What each option is worth, best first: "100/80/60/0"."""
    points = worths.split("/")
    return {"options": dict(zip((names or LEVELS[len(points)]).split(), points, strict=True))}


def as_score(worths: str, unscored: str = "", names: str = "", **more: Any) -> Preset:
    """The same of a notice that says a score, not a rate, and which answers it leaves out."""
    return {**options(worths, names), "unscored": unscored.split(), "shown_as": "score", **more}


def grade(key: str, *names: str, **threshold: str) -> Preset:
    """A grade that the answers under these options reach together; the last grade has no threshold."""
    return {"key": key, "options": list(names), **threshold, "of": "eligible"} if names else {"key": key}


PARTNER_PRESETS: Presets = {
    "hundred": scored_out_of("100"),
    "hundred-2": scored_out_of("100", score_decimals=2),
}
PANEL_PRESETS: Presets = {"plain": trimmed_by(0), "trimmed": trimmed_by(1)}
# After 国办秘函〔2019〕19号: above 80 points the bonus counts, 20 at most.
ITEM_PRESETS: Presets = {"national": {"bonus_cap": "20", "bonus_gate": {"over": "80"}}}
MEASURE_PRESETS: Presets = {
    "rate": {"n_min": 5},
    "30/30/40": weighted(on_time="0.3", closed="0.3", satisfied="0.4"),
    "panjin": weighted(closed="0.20", satisfied="0.30", on_time="0.25", followed_up="0.25"),
    # response, resolution, satisfaction (三率); basically satisfied counts nine tenths
    "three_rate": {
        **weighted(signed_on_time="0.10", resolved="0.50", satisfied="0.40"),
        "credit": {"basic": "0.9"},
    },
    "lianyungang": lianyungang("95"),
    "lianyungang_2022": lianyungang("98"),
}
SHOW_PRESETS: Presets = {
    "leader_only": {"credit": {"deputy": "0", "other": "0"}},
    "100/80/50": {"credit": {"deputy": "0.8", "other": "0.5"}},
    "40/20/20/20": weighted(attended="0.4", answered_on_time="0.2", resolved="0.2", satisfied="0.2"),
}
SCALES = (
    "100/80/60/0 100/90/70/50 100/80/60/30/0 100/80/60/40/20 100/80/60/40/0 100/80/30 100/75/55 100/70/30"
)
BALLOT_PRESETS: Presets = {
    **{scale: options(scale) for scale in SCALES.split()},
    "1-10": {"options": {str(number): f"{100 * number - 100}/9" for number in range(1, 11)}},
    "survey": {"n_min": 30},
    "kaixian": options("100/90/70/50"),
    "jinxiang": as_score("100/80/30", unscored="no_opinion"),
    "shandong_2008": as_score(
        "100/75/55", unscored="no_opinion", strata={"phone": "0.6", "questionnaire": "0.4"}
    ),
    "xiaolongshan": as_score("100/80/60", names="satisfied fairly_satisfied average"),
}
ROSTER_PRESETS: Presets = {
    **BALLOT_PRESETS,
    "half": {"quorum": {"over": "0.5", "of": "eligible"}},
    # satisfied: at least half of the members; basically: more than half together with these
    "zhenhai": {
        "grades": [
            grade("satisfied", "satisfied", at_least="0.5"),
            grade("basic", "satisfied", "basic", over="0.5"),
            grade("dissatisfied"),
        ]
    },
}
POINT_PRESETS: Presets = {
    **BALLOT_PRESETS,
    "50/50": {
        "ballot_share": "0.5",
        "report_weights": {"answered_on_time": "0.2", "resolved": "0.4", "satisfied": "0.4"},
    },
}
