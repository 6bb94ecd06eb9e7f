"""Monitoring points: enterprises and villages that return their view of every unit."""

from collections.abc import Iterable

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import monitoring_points


class Entry(monitoring_points.PointEntry):
    """`unit`, `point`, `stratum`, `month`, `answers.<dimension>`, `reports` and what became of them."""


class Settings(monitoring_points.PointSettings):
    """What a ballot may set, and `ballot_share` and `report_weights`."""


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: monitoring_points."""
    title = Text(zh="效能监测点评议", en="Monitoring points")
    return [monitoring_points.channel("monitoring_points", title, Entry, Settings)]
