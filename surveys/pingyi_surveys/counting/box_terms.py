"""What was frozen for a box as its opening needs it: terms, quarantine, and the report of what was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from pingyi_surveys.ballot.layout import Layout
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.quarantine import Verdict, judge
from pingyi_surveys.ballot.tally import Terms
from pingyi_surveys.ballot.thresholds import read_rules
from pingyi_surveys.review.anomalies import anomaly_report

NO_LAST_DAY: Final = 65_535


def terms_of(frozen: Mapping[str, Any], size: int) -> Terms:
    """The terms of a box whose closing head stands at `size` (see `place_of`)."""
    first, last = date.fromisoformat(frozen["first_day"]), frozen["last_day"]
    days = (date.fromisoformat(last) - first).days if last else NO_LAST_DAY
    return Terms(last_day=days, size=size, cards=frozen["cards"], batch=frozen["batch"])


class Judging:
    """Judges the ballots of a box as `settle` wants it, and remembers what the report needs of them."""

    def __init__(
        self, frozen: Mapping[str, Any], layout: Layout, worth: Mapping[str, Fraction] | None = None
    ) -> None:
        self._frozen, self._layout, self._worth = frozen, layout, worth or {}
        self._rules = read_rules(frozen["rules"])
        self._levels = tuple(frozen["levels"])
        self._ballots: Sequence[OpenedBallot] = ()
        self._verdict = Verdict((), (), ())

    def __call__(self, ballots: Sequence[OpenedBallot]) -> Sequence[str]:
        """Of each ballot why it is held, or ""; the ballots of rosters are not judged."""
        if self._frozen["kind"] == "roster":
            self._verdict = Verdict(("",) * len(ballots), (), ())
        else:
            self._verdict = judge(ballots, self._rules, self._levels)
        self._ballots = ballots
        return self._verdict.reasons

    def report(self) -> dict[str, Any]:
        """What was seen in the box as plain data, no number under 10 and no direction in it."""
        return anomaly_report(
            self._ballots,
            self._verdict.reasons,
            self._layout,
            self._rules,
            self._levels,
            worth=[self._worth.get(option) for option in self._layout.options],
            verdict=self._verdict,
        )
