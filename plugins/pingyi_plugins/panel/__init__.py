"""Panels of raters: a jury's marks, and the counties and zones that mark every unit."""

from collections.abc import Iterable
from typing import ClassVar

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import panel


class Entry(panel.PanelEntry):
    """`unit`, `rater`, `score`."""


class Settings(panel.PanelSettings):
    """`scale`, `trim`, `n_min`, `score_decimals`."""

    presets: ClassVar = {
        "plain": {"trim": 0, "n_min": 3},
        "trimmed": {"trim": 1, "n_min": 3},
    }
    preset_titles: ClassVar = {
        "plain": Text(zh="全部评分取平均，至少3人评分", en="Mean of all marks, 3 at least"),
        "trimmed": Text(
            zh="去掉一个最高分、一个最低分后取平均，至少3人评分",
            en="Mean without the highest and the lowest mark, 3 at least",
        ),
    }


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """Two channels: panel and districts."""
    return [
        panel.channel("panel", Text(zh="评委评分", en="Panel"), Entry, Settings),
        panel.channel("districts", Text(zh="县区、开发区评议", en="Districts' marks"), Entry, Settings),
    ]
