"""What the limited process tells of a file: its sheets, and cells that are more than text."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal[
    "number",
    "rounded",
    "percent",
    "date",
    "month",
    "time",
    "flag",
    "unknown_format",
    "formula",
    "error",
]


class TypedCell(msgspec.Struct, frozen=True, array_like=True):
    """A cell that is not text: its value in plain digits, and how it is shown where that differs.

    `rounded`: a number shown with fewer digits or in another unit; `percent`: in percent; `month`: a date
    shown without its day; `unknown_format`: a number shown in a way that is not understood; `formula`: one
    without a stored result; `error`: such as #DIV/0!.
    """

    kind: Kind
    value: str
    shown: str = ""


Cell = str | TypedCell
Row = list[Cell]
Merge = tuple[int, int, int, int]


class Sheet(msgspec.Struct):
    """One visible sheet (or one way to cut a text): rows count from 0, as do the corners of merged cells.

    `whole` is False where only its first rows were read; `from_1904` where its days are counted from there.
    """

    name: str = ""
    rows: list[Row] = []
    hidden_rows: list[int] = []
    hidden_columns: list[int] = []
    merges: list[Merge] = []
    whole: bool = True
    from_1904: bool = False


class Answer(msgspec.Struct):
    """What the process answers: sheets, or the code of a refusal."""

    sheets: list[Sheet] = []
    hidden_sheets: list[str] = []
    refused: str = ""


class RefusedError(Exception):
    """The file is not read; the first argument is a code that the parent words."""
