"""What is said when a key of the sealed box cannot be used."""

from __future__ import annotations

from collections.abc import Sequence

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem

_MISTYPED = Text(
    zh="第 {group} 组有误，请对照纸张重新输入。", en="Group {group} is wrong; type it again from the sheet."
)


def key_file_unreadable() -> Problem:
    """The key file is damaged, or none."""
    return Problem(
        "key_file_unreadable",
        503,
        Text(
            zh="密钥文件已损坏或格式不对，暂停收票；请换回开通前生成的文件。",
            en="The key file is damaged or is none, so no ballots are taken; put back the file that was made "
            "before the period opened.",
        ),
    )


def key_file_changed(expected: str, found: str) -> Problem:
    """The key file is not the one whose digest the record holds."""
    return Problem(
        "key_file_changed",
        503,
        Text(
            zh="密钥文件与记录不符（记录为 {expected}，实为 {found}），暂停收票；请换回原文件并查明原因。",
            en="The key file is not the one in the record (there {expected}, here {found}), so no ballots "
            "are taken; put back the original file and find out why.",
        ).format(expected=expected[:16], found=found[:16]),
    )


def key_part_mistyped(groups: Sequence[int]) -> Problem:
    """Groups (from 1) of a printed part that are mistyped, missing or left over."""
    return Problem(
        "key_part_mistyped",
        422,
        Text(
            zh="输入的密钥有误：第 {groups} 组。请对照纸张重新输入。",
            en="The part of the key was mistyped in group {groups}; type it again from the sheet.",
        ).format(groups=", ".join(map(str, groups))),
        [
            FieldError(code="mistyped", message=_MISTYPED.format(group=group), pointer=f"/groups/{group - 1}")
            for group in groups
        ],
    )


def box_key_wrong() -> Problem:
    """Both parts were typed well and yet are not the key of this box."""
    return Problem(
        "box_key_wrong",
        422,
        Text(
            zh="这不是本票箱的密钥：两份密钥须取自同一票箱的纸张，演练用的密钥不能开正式票箱。",
            en="This is not the key of this box: both parts must come from the sheets of the same box, and a "
            "rehearsal's key never opens the real one.",
        ),
    )
