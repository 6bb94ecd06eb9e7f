"""Monitoring points: enterprises and villages that return their view of every unit."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from pingyi.channels import (
    Block,
    Cell,
    Channel,
    ChannelView,
    Page,
    Share,
    Table,
    Text,
    called,
    hookimpl,
    titled,
)
from pingyi.channels.families import monitoring_points


class Entry(monitoring_points.PointEntry):
    """`unit`, `point`, `stratum`, `month`, `answers.<dimension>`, `reports` and what became of them."""


class Settings(monitoring_points.PointSettings):
    """What a ballot may set, and `ballot_share` and `report_weights`."""


def coverage(view: ChannelView) -> Iterable[Block]:
    """How many points of each type spoke in each month and in all, and of how many that are registered."""
    names = list(view.shared())
    spoke = Counter(name[1] for name in names if name[0] == "point")
    monthly = Counter((name[1], name[2]) for name in names if name[0] == "month")
    kinds = sorted(spoke)
    registered = [view.context.roll("registered", kind) for kind in kinds]
    whole = [spoke[kind] for kind in kinds]
    rows: list[list[Cell]] = [
        [month, *(monthly[month, kind] for kind in kinds)]
        for month in sorted({month for month, _ in monthly})
    ]
    rows.append([Text(zh="整个周期", en="Whole period"), *whole])
    rows.append([Text(zh="登记数", en="Registered"), *registered])
    rows.append([Text(zh="覆盖率", en="Coverage"), *map(_share, whole, registered)])
    title = Text(zh="按月份和类型统计的监测点数", en="Points that spoke, by month and type")
    called_kinds = titled(called(kinds, {}), view.context.settings)
    yield Table(title, [Text(zh="月份", en="Month"), *called_kinds.values()], rows)


def _share(points: int, registered: int | None) -> Share | None:
    return Share(points, registered) if registered and points <= registered else None


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: monitoring_points."""
    title = Text(zh="效能监测点评议", en="Monitoring points")
    page = Page(path="coverage", title=Text(zh="覆盖情况", en="Coverage"), render=coverage)
    return [replace(monitoring_points.channel("monitoring_points", title, Entry, Settings), pages=(page,))]
