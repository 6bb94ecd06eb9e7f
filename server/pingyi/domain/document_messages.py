"""What can be wrong with a document of any type, by code, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from pingyi.channels.text import Text


def _text(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


MESSAGES: Mapping[str, Text] = {
    "required": _text("缺少此项。", "Missing."),
    "unknown_key": _text("没有这一项。", "Unknown key."),
    "not_a_table": _text("应为一个表。", "Must be a table."),
    "not_a_list": _text("应为一个列表。", "Must be a list."),
    "not_text": _text(
        "应为 1 到 200 个字符的文字，不含控制字符。",
        "Must be text of 1 to 200 characters without control characters.",
    ),
    "not_a_key": _text(
        "代号以英文字母开头，只含英文字母、数字、“_”和“-”，最多 64 个字符。",
        "A key begins with an English letter and has only letters, digits, _ and -, 64 characters at most.",
    ),
    "not_a_decimal": _text(
        "应为普通小数，例如“92.5”；写在文件中要加引号。",
        'Must be a decimal number in quotes such as "92.5", never a float.',
    ),
    "not_positive": _text("应大于 0。", "Must be greater than 0."),
    "negative": _text("不能小于 0。", "Must not be less than 0."),
    "not_a_percentage": _text("应在 0 到 100 之间。", "Must be from 0 to 100."),
    "not_a_flag": _text("应为“是”或“否”。", "Must be true or false."),
    "float": _text(
        "写在文件中的小数要加引号，例如“92.5”。", "No floats: write the number as a decimal in quotes."
    ),
    "too_few": _text("至少要有一项。", "Needs at least one."),
    "duplicate_key": _text("代号“{key}”已经用过。", 'The key "{key}" is used already.'),
    "too_deep": _text("层次太深，至多 {most} 层。", "Nested too deeply: {most} levels at most."),
    "syntax": _text(
        "第 {line} 行第 {column} 列不是正确的 TOML：{detail}",
        "Not valid TOML at line {line}, column {column}: {detail}",
    ),
}


def pointer(*parts: object) -> str:
    """A JSON pointer (RFC 6901) to nested keys and positions."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
