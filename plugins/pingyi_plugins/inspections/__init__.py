"""Open and covert inspections: findings from the first record to the decision."""

from collections.abc import Iterable

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import findings


class Entry(findings.FindingEntry):
    """`unit`, `finding`, `date`, `item`, `state`, `evidence`."""


class Settings(findings.ItemSettings):
    """`items`, `bonus_gate`, `bonus_cap`."""


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: inspections."""
    title = Text(zh="明察暗访", en="Inspections")
    return [findings.channel("inspections", title, Entry, Settings)]
