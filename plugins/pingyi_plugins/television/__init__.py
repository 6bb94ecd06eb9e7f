"""A poll on digital television, reported as counts or opened from our own box."""

from collections.abc import Iterable

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import ballots


class Entry(ballots.BallotEntry):
    """`unit`, `batch`, `stratum`, `dimension`, `option`, `count`, `evidence`."""


class Settings(ballots.BallotSettings):
    """`options`, `unscored`, `n_min`, `shown_as`, `dimensions`, `strata`."""


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: television."""
    title = Text(zh="数字电视测评", en="Digital television poll")
    return [ballots.channel("television", title, Entry, Settings)]
