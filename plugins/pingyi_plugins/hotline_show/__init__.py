"""The hotline show on the air: who attends for the unit, and what becomes of the questions."""

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
    Tally,
    Text,
    hookimpl,
    titled,
)
from pingyi.channels.families import show


class Entry(show.SessionEntry):
    """`unit`, `session`, `date`, `attended_by`, `attendees`, `questions`, `cases`, outcomes, `evidence`."""


class Settings(show.ShowSettings):
    """One of `weights`, `bands` and `events`; `n_min`, `sub_score_decimals`, `of`, `credit`."""


def attendance(view: ChannelView) -> Iterable[Block]:
    """Who came for each unit, and to what share of its sessions anyone came at all."""
    tallies = view.tallies()
    came = titled(show.ATTENDANCE, view.context.settings)
    columns = [Text(zh="单位", en="Unit"), Text(zh="场次", en="Sessions"), *came.values()]
    yield Table(
        Text(zh="各单位上线情况", en="Attendance of the units"),
        [*columns, Text(zh="上线率", en="Attended")],
        [[unit.name, *_came(tallies.get(unit.code, Tally()))] for unit in view.units()],
    )


def _came(tally: Tally) -> Iterable[Cell]:
    came = [tally["attended", who] for who in show.ATTENDANCE]
    known = sum(came)
    return tally["session"], *came, Share(known - tally["attended", "absent"], known) if known else None


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: hotline_show."""
    title = Text(zh="热线节目上线", en="Hotline show")
    page = Page(path="attendance", title=Text(zh="上线情况", en="Attendance"), render=attendance)
    return [replace(show.channel("hotline_show", title, Entry, Settings), pages=(page,))]
