"""What can be wrong with a questionnaire, by code, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from pingyi.channels import Text
from pingyi.domain import document_messages
from pingyi.domain.errors import FieldError


def _text(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


MESSAGES: Mapping[str, Text] = {
    **document_messages.MESSAGES,
    "not_a_version": _text(
        "版本应为 1 到 9999 的整数。", "The version must be a whole number from 1 to 9999."
    ),
    "not_a_length": _text("字数应为 1 到 500 的整数。", "The length must be a whole number from 1 to 500."),
    "too_many": _text("最多 {most} 项。", "{most} at most."),
    "too_few_scored": _text("至少要有两个计分选项。", "Needs at least two options that score."),
    "unscored_first": _text("不计分的选项应排在最后。", "Options that do not score must come last."),
    "reserved_option": _text(
        "“{key}”在计票中另有含义，不能用作选项。",
        '"{key}" has a meaning of its own in the count and cannot be an option.',
    ),
    "same_words": _text(
        "选项“{key}”和另一个选项文字相同，评议人分不清。",
        'The option "{key}" reads like another one: nobody could tell them apart.',
    ),
    "category_twice": _text(
        "类别“{key}”已归另一种表述。", 'The category "{key}" has another wording already.'
    ),
    "general_wording": _text(
        "必须有且只有一种表述不写适用类别，它用于其余所有类别。",
        "Exactly one wording must name no category (categories = []): it serves all the others.",
    ),
    "wording_missing": _text("缺少表述“{key}”的文字。", 'Has no words for the wording "{key}".'),
    "unknown_wording": _text("没有表述“{key}”。", 'There is no wording "{key}".'),
    "unknown_category": _text("评议方案没有类别“{key}”。", 'The scheme has no category "{key}".'),
    "option_missing": _text(
        "渠道设置中有选项“{key}”，问卷没有。",
        'The channel has the option "{key}"; the questionnaire has not.',
    ),
    "option_unknown": _text("渠道设置中没有选项“{key}”。", 'The channel has no option "{key}".'),
    "option_scored": _text(
        "选项“{key}”在渠道设置中计分，在问卷中不计分。",
        'The option "{key}" scores in the channel and not in the questionnaire.',
    ),
    "option_unscored": _text(
        "选项“{key}”在问卷中计分，在渠道设置中不计分。",
        'The option "{key}" scores in the questionnaire and not in the channel.',
    ),
    "dimension_missing": _text(
        "渠道设置中有评议内容“{key}”，问卷没有。",
        'The channel has the dimension "{key}"; the questionnaire has not.',
    ),
    "dimension_unknown": _text("渠道设置中没有评议内容“{key}”。", 'The channel has no dimension "{key}".'),
}


def field_error(code: str, pointer: str, **values: object) -> FieldError:
    """The error of that code at a JSON pointer, its message filled in."""
    return FieldError(code=code, message=MESSAGES[code].format(**values), pointer=pointer)
