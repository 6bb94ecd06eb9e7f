"""The CPPCC members' roster ballot, reported as counts or opened from our own box."""

from collections.abc import Iterable

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import ballots


class Entry(ballots.BallotEntry):
    """`unit`, `batch`, `stratum`, `dimension`, `option`, `count`, `evidence`."""


class Settings(ballots.RosterSettings):
    """`options`, `unscored`, `n_min`, `shown_as`, `dimensions`, `strata`, `quorum`, `grades`."""


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: cppcc."""
    title = Text(zh="政协委员测评", en="CPPCC members")
    return [ballots.roster("cppcc", title, Entry, Settings)]
