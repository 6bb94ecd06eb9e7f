"""Messages on the government's web site: totals."""

from collections.abc import Iterable

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import case_totals


class TotalsEntry(case_totals.TotalsEntry):
    """`unit`, `month`, `measure`, then `count` and `of`, or `rate`."""


class TotalsSettings(case_totals.MeasureSettings):
    """One of `weights`, `bands` and `events`; `n_min`, `sub_score_decimals`, `credit`."""


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: messages_totals."""
    totals = Text(zh="留言办理月报", en="Website message totals")
    return [case_totals.channel("messages_totals", totals, TotalsEntry, TotalsSettings)]
