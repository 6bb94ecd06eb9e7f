"""What is said of a scheme's content while it is drafted, half-finished or wrong."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError

from pingyi.channels.numbers import word
from pingyi.channels.text import Text
from pingyi.domain.scheme.checks import exact_sum
from pingyi.domain.scheme.schema import ChannelTable, SchemeTable


def points_so_far(content: Mapping[str, Any]) -> Text | None:
    """The sum of the channels' points beside full marks, as far as both are there; None without channels."""
    channels = content.get("channels")
    if not isinstance(channels, list) or not channels:
        return None
    points = [_amount(ChannelTable, "max_points", one) for one in channels]
    known = [one for one in points if one is not None]
    full = _amount(SchemeTable, "full_marks", content)
    said = [_SUM.format(sum=word(exact_sum(known))), _OF_FULL.format(full=word(full)) if full else _NO_FULL]
    if len(known) < len(points):
        said.append(_OPEN.format(count=len(points) - len(known)))
    elif full:
        said.append(_apart(exact_sum(known) - full))
    return Text(zh="，".join(one.zh for one in said) + "。", en=", ".join(one.en for one in said) + ".")


def _amount(table: type[ChannelTable | SchemeTable], key: str, content: Any) -> Decimal | None:
    raw = content.get(key) if isinstance(content, Mapping) else None
    try:
        amount = table().fields[key].deserialize(raw)
    except ValidationError:
        return None
    return amount if isinstance(amount, Decimal) else None


def _apart(over: Decimal) -> Text:
    if not over:
        return _EQUAL
    return (_OVER if over > 0 else _LEFT).format(points=word(abs(over)))


_SUM = Text(zh="各渠道合计 {sum} 分", en="The channels sum to {sum} points")
_OF_FULL = Text(zh="满分 {full} 分", en="full marks are {full}")
_NO_FULL = Text(zh="满分还没有填好", en="full marks are not there yet")
_OPEN = Text(zh="还有 {count} 个渠道没有分值", en="channels without points: {count}")
_EQUAL = Text(zh="二者相等", en="which is equal")
_OVER = Text(zh="超出 {points} 分", en="{points} too many")
_LEFT = Text(zh="还差 {points} 分", en="{points} short")
