"""A poll among Weibo followers, reported as counts or opened from our own box."""

from collections.abc import Iterable

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import ballots


class Entry(ballots.BallotEntry):
    """`unit`, `batch`, `stratum`, `dimension`, `option`, `count`, `evidence`."""


class Settings(ballots.BallotSettings):
    """`options`, `unscored`, `n_min`, `shown_as`, `dimensions`, `strata`."""


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: weibo."""
    title = Text(zh="微博测评", en="Weibo poll")
    return [ballots.channel("weibo", title, Entry, Settings)]
