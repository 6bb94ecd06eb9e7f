"""A checklist of indicators: capped deductions, vetoes, and a bonus from a gate on."""

from collections.abc import Iterable

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import checklist


class Entry(checklist.ChecklistEntry):
    """`unit`, `item`, `count`, `evidence`."""


class Settings(checklist.ItemSettings):
    """`items`, `bonus_gate`, `bonus_cap`."""


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: checklist."""
    title = Text(zh="指标考核", en="Checklist")
    return [checklist.channel("checklist", title, Entry, Settings)]
