"""Messages on the government's web site: single cases, or totals where an operator reports only those."""

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
    """Two channels: messages and messages_totals."""
    title = Text(zh="留言办理", en="Website messages")
    totals = Text(zh="留言办理月报", en="Website message totals")
    return [
        cases.channel("messages", title, Entry, Settings),
        case_totals.channel("messages_totals", totals, TotalsEntry, TotalsSettings),
    ]
