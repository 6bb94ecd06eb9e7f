"""A survey by QR code on visitors' phones, reported as counts or opened from our own box."""

from collections.abc import Iterable

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import ballots


class Entry(ballots.BallotEntry):
    """`unit`, `batch`, `stratum`, `dimension`, `option`, `count`, `evidence`."""


class Settings(ballots.BallotSettings):
    """`options`, `unscored`, `n_min`, `shown_as`, `dimensions`, `strata`."""


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: mobile_qr."""
    title = Text(zh="移动手机端测评", en="Mobile QR survey")
    return [ballots.channel("mobile_qr", title, Entry, Settings)]
