"""What the headings of a file were read as, with samples below them, and what a person says they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.services.intake.entry_columns import Column
from pingyi.services.spreadsheets.cell_values import shown_text
from pingyi.services.spreadsheets.sheet_cells import Row
from pingyi.services.uploads.column_headings import Heading, missing_columns
from pingyi.services.uploads.column_mappings import NOT_USED

SAMPLES = 3
LONGEST_SAMPLE = 60
PASSED_OVER = "-"


class ReadTitle(msgspec.Struct, frozen=True):
    """A heading of a file: the label of the column that it was read as, PASSED_OVER, or "" where unknown.

    `key`: by which a choice for it is remembered; `own`: what it means by itself; `samples`: the first cells.
    """

    key: str
    title: str
    column: str
    own: str
    samples: list[str]

    @property
    def chosen(self) -> bool:
        """Whether a person said what it is."""
        return self.column != self.own


class HeadingFault(msgspec.Struct, frozen=True):
    """A sentence on what keeps the headings from being read."""

    zh: str
    en: str


class ReadTitles(msgspec.Struct, frozen=True):
    """The headings of a file, and what keeps them from being read; nothing where its rows were judged."""

    titles: list[ReadTitle] = []
    faults: list[HeadingFault] = []


def read_titles(heading: Heading, rows: Sequence[Row], errors: Sequence[FieldError]) -> ReadTitles:
    """The headings of a sheet as they were read; an empty column without a title is left out."""
    repeated = {at: heading.own[at] for at in heading.repeated if at in heading.own}
    titles = [
        ReadTitle(
            heading.keys[at],
            title or _UNTITLED.zh.format(n=at + 1),
            _label(heading.found.get(at) or repeated.get(at)),
            _label(heading.own.get(at)),
            _samples(rows[heading.bottom :], at),
        )
        for at, title in enumerate(heading.titles)
        if title or _samples(rows[heading.bottom :], at)
    ]
    return ReadTitles(titles, [HeadingFault(error.message.zh, error.message.en) for error in errors])


def _label(column: Column | None) -> str:
    if column is None:
        return ""
    return PASSED_OVER if column.kind == "ignored" else column.label


def _samples(rows: Sequence[Row], at: int) -> list[str]:
    shown = (shown_text(row[at]).strip() for row in rows[:1000] if at < len(row))
    samples: list[str] = []
    for text in shown:
        if text and len(samples) < SAMPLES:
            samples.append(text[:LONGEST_SAMPLE])
    return samples


def chosen_columns(
    columns: Mapping[str, Column], titles: Sequence[ReadTitle], typed: Sequence[str]
) -> dict[str, dict[str, str]]:
    """What to remember of the choices typed for each heading: those that differ from what it means by itself.

    Problem columns_invalid names each wrong field as /column-N, and required columns that are missing.
    """
    errors, taken = [], dict[str, str]()
    for at, (each, label) in enumerate(zip(titles, typed, strict=True)):
        pointer = f"/column-{at}"
        if label != PASSED_OVER and label not in columns:
            errors.append(FieldError(code="required", message=_CHOOSE, pointer=pointer))
        elif label in taken:
            message = _TWICE.format(other=taken[label])
            errors.append(FieldError(code="column_repeated", message=message, pointer=pointer))
        elif label != PASSED_OVER:
            taken[label] = each.title
    found = [columns[label] for label in taken]
    errors += [
        FieldError(code="column_missing", message=_MISSING.format(column=column.title), pointer="/columns")
        for column in missing_columns(list(columns.values()), found)
    ]
    if errors:
        raise Problem("columns_invalid", 422, _WRONG.format(n=len(errors)), errors)
    return {
        each.key: {"title": each.title, "column": NOT_USED if label == PASSED_OVER else label}
        for each, label in zip(titles, typed, strict=True)
        if label != each.own
    }


_UNTITLED = Text(zh="第{n}列（没有标题）", en="Column {n} (no title)")
_CHOOSE = Text(
    zh="请选择这一列是什么，或选“不用这一列”。", en='Choose what this column is, or "Leave it out".'
)
_TWICE = Text(
    zh="列“{other}”已选为这一项；一项只能对应一列。", en="Column {other} is this already; choose another."
)
_MISSING = Text(
    zh="必填的“{column}”没有对应的列；请选出文件中的哪一列是它。",
    en="{column} is required and no column is it; choose which one of the file is.",
)
_WRONG = Text(
    zh="列的对应有{n}处需要改，未保存。", en="{n} things are to be mended in the choice of columns."
)
