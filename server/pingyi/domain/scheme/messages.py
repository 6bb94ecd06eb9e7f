"""What can be wrong with a scheme, by code, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pingyi.channels.text import Text
from pingyi.domain import document_messages
from pingyi.domain.errors import FieldError
from pingyi.domain.scheme import wordings


def _text(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


def _choices(metadata: Mapping[str, Any]) -> str:
    titles = [f"“{title.zh}”" for title in metadata["choices"].values()]
    return "或".join([*(["、".join(titles[:-1])] if titles[1:] else []), titles[-1]])


MESSAGES: Mapping[str, Text] = {
    **document_messages.MESSAGES,
    "not_decimals": _text("应为 0 到 12 的整数。", "Must be a whole number from 0 to 12."),
    "not_a_count": _text("应为 1 到 100000 的整数。", "Must be a whole number from 1 to 100000."),
    "missing_policy": _text(
        f"应为{_choices(wordings.MISSING)}。",
        "Must be reallocate, reallocate_flat, category_mean or zero.",
    ),
    "ties_policy": _text(f"应为{_choices(wordings.TIES)}。", "Must be competition or dense."),
    "place": _text(f"应为{_choices(wordings.PLACE)}。", "Must be bottom."),
    "reserved_key": _text(
        "“{key}”是结果表的固定列名，不能用作代号。",
        '"{key}" is a fixed column of the results and cannot be a key.',
    ),
    "duplicate_category": _text("类别“{key}”已经有了。", 'The category "{key}" exists already.'),
    "unknown_group": _text("没有分组“{key}”。", 'There is no group "{key}".'),
    "group_cycle": _text(
        "分组“{key}”绕回到自己：{path}。",
        'The group "{key}" leads back to itself: {path}.',
    ),
    "empty_group": _text("这个分组里没有任何渠道。", 'The group "{key}" holds no channel.'),
    "points_sum": _text(
        "各渠道合计 {sum} 分，应正好等于满分 {full_marks} 分。",
        "The channels' points sum to {sum}; they must sum to full_marks {full_marks} exactly.",
    ),
    "unknown_tie_break": _text("没有分组或渠道“{key}”。", 'There is no group or channel "{key}".'),
    "repeated_tie_break": _text("“{key}”重复。", '"{key}" is repeated.'),
    "grades_choice": _text(
        "等次按分数下限或名次比例评定，二者须填且只能填一种。",
        "Grades have either `from` (lower bounds) or `shares`, one of the two.",
    ),
    "bounds_order": _text(
        "下限应逐个降低；这里的 {bound} 不低于前一个等次的 {before}。",
        'Lower bounds must strictly descend: {bound} of "{key}" is not below the {before} before it.',
    ),
    "bounds_end": _text(
        "最后一个等次的下限必须是 0，否则低分没有等次。",
        "The last grade's lower bound must be 0, or low totals would have no grade.",
    ),
    "bounds_above": _text(
        "下限 {bound} 高于满分 {full_marks}。", "The lower bound {bound} lies above full_marks {full_marks}."
    ),
    "shares_sum": _text(
        "名次比例合计 {sum}，应正好等于 1。", "The shares sum to {sum}; they must sum to 1 exactly."
    ),
    "unknown_grade": _text("没有等次“{key}”。", 'There is no grade "{key}".'),
}


def field_error(code: str, pointer: str, **values: object) -> FieldError:
    """The error of that code at a JSON pointer, its message filled in."""
    return FieldError(code=code, message=MESSAGES[code].format(**values), pointer=pointer)
