"""Complaints in newspapers: single cases, or totals where an operator reports only those."""

from collections.abc import Iterable

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import case_totals, cases


class Entry(cases.CaseEntry):
    """`unit`, `source`, `case`, its times, flags, `opinion`, `evidence`, `events.<event>`."""


class Settings(cases.CaseSettings):
    """One of `weights`, `bands` and `events`; `n_min`, `sub_score_decimals`, `of`, `source`, `credit`."""


class TotalsEntry(case_totals.TotalsEntry):
    """`unit`, `month`, `measure`, then `count` and `of`, or `rate`."""


class TotalsSettings(case_totals.MeasureSettings):
    """One of `weights`, `bands` and `events`; `n_min`, `sub_score_decimals`, `credit`."""


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """Two channels: press and press_totals."""
    title = Text(zh="报刊投诉办理", en="Press complaints")
    totals = Text(zh="报刊投诉办理月报", en="Press complaint totals")
    return [
        cases.channel("press", title, Entry, Settings),
        case_totals.channel("press_totals", totals, TotalsEntry, TotalsSettings),
    ]
