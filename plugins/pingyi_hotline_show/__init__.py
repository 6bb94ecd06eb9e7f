"""The hotline show on the air: who attends for the unit, and what becomes of the questions."""

from collections.abc import Iterable

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import show


class Entry(show.SessionEntry):
    """`unit`, `session`, `date`, `attended_by`, `questions`, `answered_on_time`, `resolved`, `satisfied`."""


class Settings(show.ShowSettings):
    """One of `weights`, `bands` and `events`; `n_min`, `sub_score_decimals`, `of`, `credit`."""


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: hotline_show."""
    title = Text(zh="热线节目上线", en="Hotline show")
    return [show.channel("hotline_show", title, Entry, Settings)]
