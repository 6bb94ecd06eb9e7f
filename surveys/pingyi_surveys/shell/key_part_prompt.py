"""Asks for the two printed parts of a box key at a terminal, and shows them when they are made."""

from __future__ import annotations

from typing import Final

import click

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.shell import report, say, words
from pingyi_surveys.ballot.printed_key_parts import Part, join, print_part, split, type_part

PARTS: Final[tuple[Part, Part]] = (1, 2)
TRIES: Final = 5
_IN_A_LINE: Final = 7


def hand_over(secret: bytes) -> None:
    """Show each part to its holder, who writes it on two sheets and types it back; nothing is kept.

    Problem key_part_not_given_back where a holder cannot.
    """
    for part, content in zip(PARTS, split(secret), strict=True):
        groups = print_part(content, part)
        click.clear()
        say(_SHOWN.format(part=part))
        for first in range(0, len(groups), _IN_A_LINE):
            click.echo("    " + "  ".join(groups[first : first + _IN_A_LINE]))
        click.prompt(words(_WRITTEN), default="", show_default=False)
        # Also what scrolled out of sight: the next holder must not read it.
        click.echo("\033[3J", nl=False)
        click.clear()
        if _ask(part) != content:
            raise Problem("key_part_not_given_back", 422, _OTHER)


_SHOWN = Text(
    zh="密钥第 {part} 份，只给第 {part} 位保管人看。请抄在两张纸上，分开存放：",
    en="Part {part} of the key, for holder {part} alone. Write it on two sheets, and keep them apart:",
)
_WRITTEN = Text(
    zh="抄好后按回车，屏幕将清空，再凭纸张输入一遍",
    en="Press Enter once it is written; the screen is cleared, and you type it back from the sheet",
)
_OTHER = Text(
    zh="输入的不是刚才这一份，密钥没有启用；请重新准备。",
    en="That was another part than the one just shown, so the key is not used; prepare again.",
)


def ask_for_secret() -> bytes:
    """The box secret of both parts, as their holders type them; Problem key_part_mistyped."""
    first, second = (_ask(part) for part in PARTS)
    return join(first, second)


def _ask(part: Part) -> bytes:
    """A part, typed unseen; wrong groups are named and it is asked for again."""
    for _ in range(TRIES - 1):
        try:
            return _typed(part)
        except Problem as problem:
            report(problem)
    return _typed(part)


def _typed(part: Part) -> bytes:
    return type_part(click.prompt(words(_TYPE.format(part=part)), hide_input=True), part)


_TYPE = Text(
    zh="第 {part} 份（14 组，用空格分开，输入时不显示）",
    en="Part {part} (14 groups with spaces between, not shown while you type)",
)
