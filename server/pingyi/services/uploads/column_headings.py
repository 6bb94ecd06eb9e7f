"""Finds the lines that name a table's columns, and which column of the channel each of them is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pingyi.channels import Text
from pingyi.domain.errors import FieldError
from pingyi.domain.names import fold_name
from pingyi.services.intake.entry_columns import Column
from pingyi.services.spreadsheets.cell_values import shown_text, without_wrapper
from pingyi.services.spreadsheets.sheet_cells import Cell, Row, TypedCell
from pingyi.services.uploads.wide_columns import WideColumns

FIRST_LINES = 10
DEEPEST_HEADING = 3
UNIT_NAME = Text(zh="单位名称", en="Unit name")
NAME_COLUMN = Column(UNIT_NAME.en, "", "unit", UNIT_NAME, required=False)
_NUMBER_TITLES = ("序号", "No.", "编号顺序")
_NOTE = re.compile(r"[（(【\[〔][^（(【\[〔）)】\]〕]*[）)】\]〕]")

Known = Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Meanings:
    """What headings mean: `known` by folded title, `chosen` by a heading's key where a person said so.

    `wide`: what may stand across.
    """

    known: Known
    wide: WideColumns
    chosen: Known = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heading:
    """The lines up to `bottom`: where each known column stands, and each title as written.

    `paths`: each title with what stands above it; `keys`: by which a choice for it is remembered; `own`: what
    it means by itself.
    """

    bottom: int
    found: Mapping[int, Column]
    titles: Sequence[str]
    paths: Sequence[str]
    repeated: Sequence[int]
    keys: Sequence[str]
    own: Mapping[int, Column]


def best_heading(meanings: Meanings, rows: Sequence[Row]) -> Heading | None:
    """The lines near the top that name most columns; of equal ones the shallowest, then the first.

    Where no line names any, the first of those with most titles.
    """
    lines = [[_title(cell) for cell in row] for row in rows[: FIRST_LINES + 2]]
    width = max((len(line) for line in lines), default=0)
    candidates = [
        _read_heading(meanings, lines[top : top + depth], top + depth, width)
        for depth in range(1, DEEPEST_HEADING + 1)
        for top in range(min(FIRST_LINES, len(lines) - depth + 1))
    ]
    best = max(candidates, key=lambda each: len(each.found), default=None)
    if best is None or best.found:
        return best
    return max(candidates[:FIRST_LINES], key=lambda each: sum(map(bool, each.titles)))


def _title(cell: Cell) -> str:
    """What a heading says; a month that a spreadsheet holds as a date is a month."""
    if isinstance(cell, TypedCell) and cell.kind in {"date", "month"}:
        return cell.value[:7]
    return without_wrapper(shown_text(cell))


def ignored(key: str) -> Column:
    """A column that is passed over."""
    return Column(f"-{key}", "", "ignored", UNIT_NAME, required=False)


def known_titles(columns: Sequence[Column]) -> Known:
    """Each folded title that means one column; what two columns share means neither."""
    known: dict[str, Column | None] = {}
    for column in columns:
        both = f"{column.title.zh}{column.title.en}"
        for title in {fold_name(one) for one in (column.label, column.title.zh, column.title.en, both)}:
            known[title] = None if title in known else column
    for column in columns:
        if column.key and fold_name(column.key) not in known:
            known[fold_name(column.key)] = column
    others: dict[str, Column | None] = {}
    for column in columns:
        for title in {fold_name(one) for one in column.also}:
            others[title] = None if title in others else column
    for title, column_or_none in others.items():
        known.setdefault(title, column_or_none)
    for title in (UNIT_NAME.zh, UNIT_NAME.en, UNIT_NAME.zh + UNIT_NAME.en):
        known.setdefault(fold_name(title), NAME_COLUMN)
    for title in _NUMBER_TITLES:
        known.setdefault(fold_name(title), Column(title, "", "ignored", UNIT_NAME, required=False))
    return {title: column for title, column in known.items() if column is not None and title}


def _read_heading(meanings: Meanings, lines: Sequence[Sequence[str]], bottom: int, width: int) -> Heading:
    columns = [[line[at] if at < len(line) else "" for line in lines] for at in range(width)]
    found: dict[int, Column] = {}
    own: dict[int, Column] = {}
    titles: list[str] = []
    paths: list[str] = []
    repeated: list[int] = []
    keys: list[str] = []
    above, times = [""] * len(lines), Counter[str]()
    for at, cells in enumerate(columns):
        # Merged cells give their text to the first column only; the others below it belong to it.
        above = [cell or left for cell, left in zip(cells, above, strict=True)]
        last = next((cell for cell in reversed(cells) if cell), "")
        joined = "".join([*above[:-1], cells[-1]]) if cells[-1] else last
        key = fold_name(joined) or joined or f"#{at + 1}"
        times[key] += 1
        keys.append(key if times[key] == 1 else f"{key}#{times[key]}")
        read = (_own_column(meanings, title) for title in dict.fromkeys((joined, last)))
        if column := next((each for each in read if each), None):
            own[at] = column
        titles.append(last)
        paths.append(joined)
    own = _without_stray_words(own)
    for at, key in enumerate(keys):
        column = meanings.chosen.get(key, own.get(at))
        if column is not None and column.kind != "ignored" and column in found.values():
            repeated.append(at)
        elif column is not None:
            found[at] = column
    return Heading(bottom, found, titles, paths, repeated, keys, own)


def _own_column(meanings: Meanings, title: str) -> Column | None:
    if plain := named_column(meanings.known, title):
        return plain
    across = (meanings.wide.named(each) for each in dict.fromkeys((title, _NOTE.sub("", title))))
    return next((each for each in across if each), None)


def _without_stray_words(own: Mapping[int, Column]) -> dict[int, Column]:
    """Of the columns across those of the commonest kind, and not a single one: it may be a row's cell."""
    kinds = Counter(_kind_across(column) for column in own.values() if column.across)
    ((kind, times),) = kinds.most_common(1) or [((), 0)]
    return {
        at: column
        for at, column in own.items()
        if not column.across or (times > 1 and _kind_across(column) == kind)
    }


def _kind_across(column: Column) -> tuple[str, ...]:
    return tuple(name for name, _ in column.across)


def named_column(known: Known, title: str) -> Column | None:
    """The column that a title names as it stands, or without the note that people write in brackets."""
    return known.get(fold_name(title)) or known.get(fold_name(_NOTE.sub("", title)))


def heading_errors(columns: Sequence[Column], heading: Heading, rows: Sequence[Row]) -> Iterator[FieldError]:
    """What keeps a heading from being read: columns that are repeated, unknown, without a title, missing."""
    row = heading.bottom
    for at in heading.repeated:
        yield _error("column_repeated", row, heading.titles[at])
    filled = {at for line in rows[row:] for at, cell in enumerate(line) if cell != ""}
    for at in sorted(filled | set(range(len(heading.titles)))):
        if at in heading.found or at in heading.repeated:
            continue
        title = heading.titles[at] if at < len(heading.titles) else ""
        if title:
            yield _error("column_unknown", row, title)
        elif at in filled:
            yield _error("column_unnamed", row, str(at + 1))
    plain = {column.name: at for at, column in heading.found.items() if not column.across}
    for at, column in heading.found.items():
        for name in (column.name, *_kind_across(column)) if column.across else ():
            if name in plain:
                yield _error("column_twice", row, heading.titles[at], other=heading.titles[plain[name]])
    for column in missing_columns(columns, heading.found.values()):
        yield _error("column_missing", row, column.title)


def missing_columns(columns: Sequence[Column], found: Collection[Column]) -> Iterator[Column]:
    """The required ones of a channel's columns that no heading is; a unit's name stands in for its code."""
    names = {name for column in found for name in (column.name, *_kind_across(column))}
    for column in columns:
        by_name = column.name == "unit" and UNIT_NAME.en in names
        if column.required and column.name not in names and not by_name:
            yield column


def _error(code: str, row: int, column: str | Text, **more: str) -> FieldError:
    title = column.zh if isinstance(column, Text) else column
    return FieldError(code=code, row=row, column=title, message=_MESSAGES[code].format(column=column, **more))


_MESSAGES = {
    "column_repeated": Text(zh="列“{column}”出现了不止一次。", en="Column {column} occurs more than once."),
    "column_twice": Text(
        zh="“{column}”横排在表头，而列“{other}”又逐行写了同样的内容；只用一种写法。",
        en="{column} stands across while column {other} says the same row by row; use one of the two.",
    ),
    "column_unknown": Text(
        zh="本渠道没有列“{column}”，请对照模板修改或删除。",
        en="The channel has no column {column}; compare with the template, or delete it.",
    ),
    "column_unnamed": Text(
        zh="第{column}列有内容但没有标题。", en="Column {column} has content but no title."
    ),
    "column_missing": Text(zh="缺少列“{column}”。", en="Column {column} is missing."),
}
