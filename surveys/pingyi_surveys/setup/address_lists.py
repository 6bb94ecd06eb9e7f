"""The office's lists of addresses: which column is what, read by the headings that people write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.names import fold_name
from pingyi.services.spreadsheets.reading import read_words

Column = Literal["address", "member", "name", "unit"]
Words = Sequence[Sequence[str]]
FIRST_LINES: Final = 5
_NOTE: Final = re.compile(r"\s*[（(][^（()）]*[)）]\s*$")
_TITLES: Final[Mapping[Column, str]] = {
    "address": "邮箱 电子邮箱 邮箱地址 电子邮箱地址 工作邮箱 联系邮箱 电子邮件 电子邮件地址 邮件 邮件地址 "
    "电邮 email e-mail mail address emailaddress e-mailaddress mailaddress",
    "member": "编号 代号 成员编号 代表编号 id member memberid",
    "name": "姓名 名字 联系人 收件人 name fullname",
    "unit": "单位 单位名称 工作单位 所在单位 所属单位 部门 unit organisation organization employer company",
}


@dataclass(frozen=True, slots=True)
class AddressRow:
    """A row by its number in the sheet (from 1): what its columns say, and all its cells as they stand."""

    row: int
    address: str
    member: str
    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddressList:
    """The rows that say something, and the heading above them; without one it is empty."""

    heading: tuple[str, ...]
    rows: Sequence[AddressRow]


def read_address_file(content: bytes) -> list[list[str]]:
    """The rows of the sheet whose headings we know best, all words.

    Raises Problem: those of `read_words`.
    """
    return read_words(content, lambda rows: max(_fit([str(cell) for cell in row]) for row in rows))


def _fit(row: Sequence[str]) -> int:
    """How much a row looks like the heading of a list; of two that do not, the one with more columns."""
    return 10 * len(_columns(row)) + min(len(row), 2)


def read_address_list(rows: Words, *, members: bool = False) -> AddressList:
    """Which cells are addresses, members' ids and names: by the heading, among the first lines of the sheet.

    Without a heading the first column is the address; with `members`, the first is the id and the second the
    address. Raises Problem addresses_invalid where a heading lacks or repeats a column.
    """
    at = next((at for at, row in enumerate(rows[:FIRST_LINES]) if "address" in _columns(row)), None)
    if at is None:
        _require_address(rows)
        columns: Mapping[Column, int] = {"member": 0, "address": 1} if members else {"address": 0}
        return AddressList((), list(_rows(rows, 0, columns)))
    columns = _columns(rows[at])
    for column in ("address", "member") if members else ("address",):
        _require_one(rows[at], at + 1, column)
    return AddressList(tuple(rows[at]), list(_rows(rows, at + 1, columns)))


def _columns(row: Sequence[str]) -> dict[Column, int]:
    """Where each column stands that a row of titles names; the first, where two are of one kind."""
    named: dict[Column, int] = {}
    for at, title in enumerate(row):
        column = _column(title)
        if column:
            named.setdefault(column, at)
    return named


def _column(title: str) -> Column | None:
    return _known().get(fold_name(_NOTE.sub("", title)))


@cache
def _known() -> Mapping[str, Column]:
    """The column of every title, folded."""
    return {fold_name(title): column for column, titles in _TITLES.items() for title in titles.split()}


def _rows(rows: Words, first: int, columns: Mapping[Column, int]) -> Iterator[AddressRow]:
    for number, row in enumerate(rows[first:], first + 1):
        cells = [cell.strip() for cell in row]
        if any(cells):
            said = {name: cells[at] for name, at in columns.items() if at < len(cells)}
            yield AddressRow(
                row=number,
                address=said.get("address", ""),
                member=said.get("member", ""),
                name=" ".join("".join(filter(str.isprintable, said.get("name", ""))).split()),
                cells=tuple(cells),
            )


def _require_address(rows: Words) -> None:
    """Without a heading that we know, the first line is a person's."""
    for number, row in enumerate(rows, 1):
        if any(cell.strip() for cell in row):
            if not any("@" in cell or "＠" in cell for cell in row):
                raise _invalid(number, _NO_HEADING)
            return


def _require_one(titles: Sequence[str], number: int, column: Column) -> None:
    many = [title for title in titles if _column(title) == column]
    if not many:
        raise _invalid(number, _MISSING)
    if len(many) > 1:
        raise _invalid(number, _REPEATED.format(titles="、".join(many), listed=", ".join(many)))


def _invalid(row: int, message: Text) -> Problem:
    return Problem("addresses_invalid", 422, INVALID, [FieldError(code="invalid", message=message, row=row)])


INVALID: Final = Text(
    zh="地址清单有误，一封也没有发出；按行号改正后重试。",
    en="The list of addresses is wrong and nothing was sent; correct the lines named.",
)
_NO_HEADING = Text(
    zh="这一行既没有“邮箱”（或“电子邮件”）这样的列标题，也没有邮件地址。",
    en="This line has neither a heading such as “email” nor an address.",
)
_MISSING = Text(
    zh="按抽签名单发邀请，表头须有“编号”一列。", en="For the members of a draw the heading needs “id”."
)
_REPEATED = Text(
    zh="表头中“{titles}”说的是同一列，请只留一列。",
    en="The headings {listed} mean the same column: leave one.",
)
