"""Any other roster's ballot (enterprises, investors, supervisors), as counts or from our own box."""

from collections.abc import Iterable

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import ballots


class Entry(ballots.BallotEntry):
    """`unit`, `batch`, `stratum`, `dimension`, `option`, `count`, `evidence`."""


class Settings(ballots.RosterSettings):
    """`options`, `unscored`, `n_min`, `shown_as`, `dimensions`, `strata`, `quorum`, `grades`."""


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: roster."""
    title = Text(zh="名册测评", en="Roster ballot")
    return [ballots.roster("roster", title, Entry, Settings)]
