"""What is said of a bundle that is wrong."""

from __future__ import annotations

from pingyi.channels import Text
from pingyi.domain.errors import FieldError

_MESSAGES = {
    "not_a_folder": Text(zh="没有这个文件夹。", en="There is no such folder."),
    "file_missing": Text(zh="缺少此文件。", en="This file is missing."),
    "file_unknown": Text(
        zh="数据包里不应有此文件；可以有：{known}。", en="A bundle has no such file; it may have: {known}."
    ),
    "channel_file_unknown": Text(
        zh="方案没有渠道“{channel}”；渠道有：{known}。",
        en="The scheme has no channel {channel}; its channels: {known}.",
    ),
    "unreadable": Text(zh="无法读取（{reason}）。", en="Cannot be read ({reason})."),
    "encoding": Text(
        zh="文字编码不对：应为 UTF-8、UTF-16 或 GB18030。",
        en="The encoding is neither UTF-8 nor UTF-16 nor GB18030.",
    ),
    "not_csv": Text(zh="不是完整的 CSV（{detail}）。", en="Not well-formed CSV ({detail})."),
    "not_toml": Text(zh="TOML 语法错误：{detail}", en="Not valid TOML: {detail}"),
    "empty_file": Text(zh="文件是空的，连表头也没有。", en="The file is empty, without even a header."),
    "column_unnamed": Text(zh="第 {position} 列没有列名。", en="Column {position} has no name."),
    "column_repeated": Text(zh="列“{name}”出现了两次。", en="The column {name} occurs twice."),
    "column_unknown": Text(
        zh="没有列“{name}”；可以有：{known}。", en="There is no column {name}; there may be: {known}."
    ),
    "column_missing": Text(zh="缺少列“{name}”。", en="The column {name} is missing."),
    "row_short": Text(
        zh="此行只有 {found} 格，表头有 {wanted} 列。",
        en="This row has {found} cells, the header has {wanted}.",
    ),
    "row_long": Text(
        zh="此行有 {found} 格，表头只有 {wanted} 列。",
        en="This row has {found} cells, the header has only {wanted}.",
    ),
    "more": Text(zh="此文件另有 {n} 处错误未列出。", en="{n} more errors of this file are not listed."),
    "choice": Text(zh="只能是：{choices}。", en="Must be one of: {choices}."),
    "no_units": Text(zh="没有一个单位。", en="There is not a single unit."),
    "key_unknown": Text(
        zh="没有“{key}”这一项；可以有：{known}。", en="There is no key {key}; there may be: {known}."
    ),
    "needs_dates": Text(
        zh="渠道“{channel}”需要周期的起止日期（starts_on、ends_on）。",
        en="Channel {channel} needs the period's dates (starts_on, ends_on).",
    ),
    "needs_roll": Text(
        zh="渠道“{channel}”需要名册数“{name}”。", en="Channel {channel} needs the roll {name}."
    ),
    "reason_required": Text(
        zh="与第 {above} 行是同一项，更正必须写明理由（reason）。",
        en="The same item as row {above}; a correction needs a reason.",
    ),
    "evidence_name": Text(
        zh="佐证文件以其内容的 SHA-256 命名：64 位小写十六进制数字，没有扩展名。",
        en="An evidence file is named by its SHA-256: 64 hexadecimal digits in lower case, no extension.",
    ),
    "evidence_changed": Text(
        zh="内容与文件名不符：内容的 SHA-256 是 {found}。",
        en="The content is not what the name says: its SHA-256 is {found}.",
    ),
    "evidence_empty": Text(zh="佐证文件是空的。", en="The evidence file is empty."),
    "evidence_type": Text(
        zh="佐证文件只能是 PDF、PNG、JPEG、XLSX、DOCX（不含宏）和纯文本。",
        en="Evidence is PDF, PNG, JPEG, XLSX, DOCX (without macros) or plain text only.",
    ),
    "evidence_unknown": Text(
        zh="数据包的 evidence 文件夹里没有 {reference}。",
        en="The bundle's folder evidence has no {reference}.",
    ),
    "evidence_unused": Text(zh="没有一行数据引用此佐证文件。", en="No entry refers to this evidence file."),
    "standing_reason": Text(
        zh="搁置或剔除必须写明理由（reason）。", en="Holding or rejecting an entry needs a reason."
    ),
}


def fault(code: str, file: str, row: int | None = None, column: str = "", **values: object) -> FieldError:
    """One thing wrong in a bundle, in both languages."""
    message = _MESSAGES[code].format(**values)
    return FieldError(code=code, message=message, file=file, row=row, column=column)
