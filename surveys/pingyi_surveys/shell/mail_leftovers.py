"""What a mailing leaves, in private files beside the office's: cards, addresses to go later, refused ones."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pingyi.channels import Text
from pingyi.domain.errors import Problem

if TYPE_CHECKING:
    from pingyi_surveys.setup.invitations import Mailing

LEFT: Final = "-left"
UNREMINDED: Final = "-unreminded"
REFUSED: Final = "-refused"
_ADDRESS, _MEMBER, _ANSWER = "邮箱", "编号", "邮件服务器的答复"


def refuse_dealt(links: Sequence[Path]) -> None:
    """Cards that went out once are not dealt again; Problem cards_dealt."""
    for path in links:
        if beside(path, LEFT) != path and beside(path, LEFT).exists():
            raise Problem("cards_dealt", 409, _DEALT.format(file=path.name, left=beside(path, LEFT).name))


def keep_cards(links: Sequence[Path], mailing: Mailing) -> None:
    """Cards that nobody got, for the next run; never who got which."""
    unused = set(mailing.left_cards())
    for path in links:
        mine = [line for line in lines_of(path) if line in unused]
        _write(beside(path, LEFT), "".join(f"{line}\n" for line in mine))


def keep_addresses(source: Path, suffix: str, mailing: Mailing) -> None:
    """Addresses for the next run, as the office's file has them, and those that are refused for good."""
    left = [one.cells for one in mailing.left_recipients()]
    later = beside(source, suffix)
    if left or suffix == LEFT or later.exists():
        _write(later, _table([mailing.heading, *left] if left and mailing.heading else left))
    refused = mailing.refused_recipients()
    if refused:
        plain = (_MEMBER, _ADDRESS) if refused[0][0].member else (_ADDRESS,)
        heading = mailing.heading or plain
        width = max(len(heading), *(len(one.cells) for one, _ in refused))
        rows = [(*_wide(one.cells, width), said) for one, said in refused]
        _add(_refused(source), (*_wide(heading, width), _ANSWER), rows, anew=source == _refused(source))


def _wide(cells: Sequence[str], width: int) -> Sequence[str]:
    return (*cells, *[""] * (width - len(cells)))[:width]


def _add(path: Path, heading: Sequence[str], rows: Sequence[Sequence[str]], *, anew: bool) -> None:
    """Put rows below those of earlier runs, which nobody may have looked at yet."""
    before = "" if anew or not path.exists() else path.read_text(encoding="utf-8")
    head = _table([heading])
    _write(path, (before if before.startswith(head) else before + head) + _table(rows))


def _refused(source: Path) -> Path:
    stem = source.stem.removesuffix(LEFT).removesuffix(UNREMINDED).removesuffix(REFUSED)
    return source.with_name(f"{stem}{REFUSED}.csv")


def beside(path: Path, suffix: str) -> Path:
    """Where that is kept which a mailing leaves of a file: links-left.csv of links.csv, and of itself."""
    return path.with_name(f"{path.stem.removesuffix(suffix)}{suffix}.csv")


def lines_of(path: Path) -> list[str]:
    """The lines of a file of links."""
    return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]


def _table(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _write(path: Path, text: str) -> None:
    from pingyi_surveys.setup.key_files import write_private

    write_private(path, text.encode())


_DEALT = Text(
    zh="{file} 中的票卡已经发过邀请，没有用的在 {left}：请用后者，免得一张票卡发给两个人。",
    en="Cards of {file} were dealt before, and what is left of them is in {left}: take that one, or two "
    "people might get the same card.",
)
