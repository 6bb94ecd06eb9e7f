"""Which boxes of a period are still closed: until none is, nothing is assessed, exported or destroyed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi_surveys.counting.queries import closed_boxes


def unopened(connection: Connection, period_id: int) -> Sequence[str]:
    """The keys of the channels whose boxes are still closed."""
    return [box.channel for box in closed_boxes(connection, period_id)]


def unfinished(connection: Connection, period_id: int) -> Problem | None:
    """An assessment waits until every box has been opened."""
    waiting = unopened(connection, period_id)
    return Problem("boxes_unopened", 409, _UNOPENED.format(channels=", ".join(waiting))) if waiting else None


def require_opened(connection: Connection, period_id: int) -> None:
    """Problem boxes_unopened while a box of the period is closed."""
    if problem := unfinished(connection, period_id):
        raise problem


_UNOPENED = Text(
    zh="票箱尚未开箱：{channels}。密钥在计票主机上的会自动开箱；印在纸上的请运行 pingyi box open。",
    en="Boxes are not opened yet: {channels}. Where the key lies on the counting host that happens by "
    "itself; where it is printed, run pingyi box open.",
)
