"""The mayor's hotline: single cases, or totals where an operator reports only those."""

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
    """Two channels: hotline and hotline_totals."""
    title = Text(zh="12345热线办件", en="12345 hotline cases")
    totals = Text(zh="12345热线月报", en="12345 hotline totals")
    return [
        cases.channel("hotline", title, Entry, Settings),
        case_totals.channel("hotline_totals", totals, TotalsEntry, TotalsSettings),
    ]
