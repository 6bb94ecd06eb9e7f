"""Each bundled channel with its formula, by the key of its plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pingyi_verifier.formulas.ballot_scores import score_ballots
from pingyi_verifier.formulas.ballots import prepare_ballots, tally_ballots
from pingyi_verifier.formulas.case_totals import score_totals, tally_totals
from pingyi_verifier.formulas.cases import score_cases, tally_case
from pingyi_verifier.formulas.counters import Counts, Ready, Rolls, Scored, Tallied
from pingyi_verifier.formulas.items import prepare_items, score_items, tally_checklist, tally_finding
from pingyi_verifier.formulas.marks import prepare_marks, score_panel, score_partner, tally_mark
from pingyi_verifier.formulas.measures import prepare_measures
from pingyi_verifier.formulas.monitoring_points import (
    PRIVATE_POINTS,
    prepare_points,
    score_points,
    tally_point,
)
from pingyi_verifier.formulas.presets import (
    BALLOT_PRESETS,
    ITEM_PRESETS,
    MEASURE_PRESETS,
    PANEL_PRESETS,
    PARTNER_PRESETS,
    POINT_PRESETS,
    ROSTER_PRESETS,
    SHOW_PRESETS,
    Presets,
)
from pingyi_verifier.formulas.show_sessions import score_sessions, tally_session


@dataclass(frozen=True)
class Family:
    """A channel's formula. `tally` and `score` take the settings of the scheme, or those of `complete`.

    `due_per_unit`: a unit without an entry is not_submitted. `private_counters`: how the names of shared
    counters begin which end in a private value; where it is withheld, `tally` gives them as `coarse` does.
    """

    prepare: Callable[[Mapping[str, Any]], Ready]
    count: Callable[[Mapping[str, Any], Ready, Mapping[str, Any]], Tallied]
    worth: Callable[[Counts, Counts, Ready, Rolls], Scored]
    presets: Presets
    due_per_unit: bool = False
    private_counters: tuple[str, ...] = ()
    completed: dict[int, tuple[Mapping[str, Any], Ready]] = field(default_factory=dict)

    def complete(self, settings: Mapping[str, Any]) -> Ready:
        """The settings with their presets filled in: later presets win, the scheme's own win over all."""
        if type(settings) is Ready:
            return settings
        known = self.completed.get(id(settings))
        if known is None or known[0] is not settings:
            names = settings.get("preset", ())
            filled: dict[str, Any] = {}
            for name in [names] if isinstance(names, str) else names:
                filled.update(self.presets[name])
            known = self.completed[id(settings)] = (settings, self.prepare({**filled, **settings}))
        return known[1]

    def tally(
        self, values: Mapping[str, Any], settings: Mapping[str, Any], period: Mapping[str, Any]
    ) -> Tallied:
        """What one entry adds to its unit's counters and to the channel's; nothing that is 0."""
        return self.count(values, settings if type(settings) is Ready else self.complete(settings), period)

    def score(
        self,
        counts: Counts,
        shared: Counts,
        settings: Mapping[str, Any],
        _period: Mapping[str, Any],
        rolls: Rolls,
    ) -> Scored:
        """What a unit's counters are worth."""
        scored = self.worth(counts, shared, self.complete(settings), rolls)
        if scored.rate is not None and not 0 <= scored.rate <= 1:
            raise ValueError(f"a rate outside 0 to 1: {scored.rate}")
        return scored


PARTNER = Family(prepare_marks, tally_mark, score_partner, PARTNER_PRESETS, due_per_unit=True)
PANEL = Family(prepare_marks, tally_mark, score_panel, PANEL_PRESETS, due_per_unit=True)
CHECKLIST = Family(prepare_items, tally_checklist, score_items, ITEM_PRESETS, due_per_unit=True)
FINDINGS = Family(prepare_items, tally_finding, score_items, ITEM_PRESETS)
CASES = Family(prepare_measures, tally_case, score_cases, MEASURE_PRESETS)
CASE_TOTALS = Family(prepare_measures, tally_totals, score_totals, MEASURE_PRESETS)
SHOW = Family(prepare_measures, tally_session, score_sessions, SHOW_PRESETS)
BALLOTS = Family(prepare_ballots, tally_ballots, score_ballots, BALLOT_PRESETS)
ROSTER = Family(prepare_ballots, tally_ballots, score_ballots, ROSTER_PRESETS)
POINTS = Family(prepare_points, tally_point, score_points, POINT_PRESETS, private_counters=PRIVATE_POINTS)
FAMILIES: dict[str, Family] = {
    "partner_score": PARTNER,
    "panel": PANEL,
    "districts": PANEL,
    "checklist": CHECKLIST,
    "inspections": FINDINGS,
    "hotline": CASES,
    "messages": CASES,
    "press": CASES,
    "hotline_totals": CASE_TOTALS,
    "messages_totals": CASE_TOTALS,
    "press_totals": CASE_TOTALS,
    "hotline_show": SHOW,
    "mobile_qr": BALLOTS,
    "web_poll": BALLOTS,
    "television": BALLOTS,
    "weibo": BALLOTS,
    "deputies": ROSTER,
    "cppcc": ROSTER,
    "roster": ROSTER,
    "monitoring_points": POINTS,
}
