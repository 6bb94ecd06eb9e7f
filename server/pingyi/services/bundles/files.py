"""The plain files of a bundle: decoded, cut into named cells, every fault with its file, row and column."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pingyi.domain.errors import FieldError
from pingyi.services.bundles.messages import fault
from pingyi.services.spreadsheets.read_delimited import SEPARATORS
from pingyi.services.spreadsheets.text_files import decode

MOST_FAULTS = 100
Named = Callable[[str], str]


@dataclass
class Faults:
    """What is wrong with a bundle, in the order of its files; at most MOST_FAULTS of a file are kept."""

    errors: list[FieldError] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, error: FieldError) -> None:
        self.counts[error.file] += 1
        if self.counts[error.file] <= MOST_FAULTS:
            self.errors.append(error)

    def note(self, code: str, file: str, row: int | None = None, column: str = "", **values: object) -> None:
        """Add a fault of our own."""
        self.add(fault(code, file, row, column, **values))

    def of(self, file: str) -> bool:
        """Whether anything is wrong with `file`."""
        return self.counts[file] > 0

    def all(self) -> list[FieldError]:
        """Every fault kept, and how many were left out of each file."""
        left_out = [
            fault("more", file, n=count - MOST_FAULTS)
            for file, count in self.counts.items()
            if count > MOST_FAULTS
        ]
        return [*self.errors, *left_out]


@dataclass(frozen=True, slots=True)
class Row:
    """One row with its number as a spreadsheet counts it (the header is row 1) and its trimmed cells."""

    number: int
    cells: Mapping[str, str]


def read_text(path: Path, file: str, faults: Faults) -> str | None:
    """The text of a file in UTF-8 (with or without byte order mark) or GB18030; None when it is neither."""
    try:
        content = path.read_bytes()
    except OSError as error:
        faults.note("unreadable", file, reason=error.strerror or type(error).__name__)
        return None
    text, at = decode(content)
    if text is None or "\0" in text:
        at = at if text is None else text.index("\0")
        lines = content[:at] if text is None else text[:at].encode()
        faults.note("encoding", file, lines.count(b"\n") + 1)
        return None
    return text


def read_table(
    path: Path,
    file: str,
    known: Sequence[str],
    required: Sequence[str],
    faults: Faults,
    named: Named = str,
) -> list[Row]:
    """The rows of a CSV file whose columns are all `known`; wrong rows are noted and left out.

    `named`: the column that people mean by a title, else the title.
    """
    text = read_text(path, file, faults)
    if text is None:
        return []
    lines = _lines(text, _separator(text, known, named), file, faults)
    number, header = next(lines, (1, []))
    names = [_named(name, known, named) for name in header]
    if not _check_header(names, file, known, required, faults, number):
        return []
    return list(_rows(lines, names, file, faults))


def _named(title: str, known: Sequence[str], named: Named) -> str:
    """The column that a title means, else the title."""
    stripped = title.strip()
    return stripped if stripped in known else named(stripped)


def _separator(text: str, known: Sequence[str], named: Named) -> str:
    """The separator under which most columns of the heading are known."""

    def fit(separator: str) -> int:
        header = next(csv.reader([text.partition("\n")[0]], delimiter=separator), [])
        return sum(_named(name, known, named) in known for name in header)

    return max(SEPARATORS, key=fit)


def _lines(text: str, separator: str, file: str, faults: Faults) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            number += 1
            yield number, cells
    except csv.Error as error:
        faults.note("not_csv", file, number + 1, detail=error)


def _check_header(
    names: Sequence[str],
    file: str,
    known: Sequence[str],
    required: Sequence[str],
    faults: Faults,
    number: int,
) -> bool:
    before = faults.counts[file]
    if not any(names):
        if not faults.of(file):
            faults.note("empty_file", file, 1)
        return False
    for position, name in enumerate(names):
        if not name:
            faults.note("column_unnamed", file, number, str(position + 1), position=position + 1)
        elif name in names[:position]:
            faults.note("column_repeated", file, number, name, name=name)
        elif name not in known:
            faults.note("column_unknown", file, number, name, name=name, known=", ".join(known))
    for name in required:
        if name not in names:
            faults.note("column_missing", file, number, name, name=name)
    return faults.counts[file] == before


def _rows(
    lines: Iterator[tuple[int, list[str]]], names: Sequence[str], file: str, faults: Faults
) -> Iterator[Row]:
    for number, cells in lines:
        trimmed = [cell.strip() for cell in cells]
        if len(cells) == len(names):
            if any(trimmed):
                yield Row(number, dict(zip(names, trimmed, strict=True)))
        elif any(trimmed):
            code = "row_short" if len(cells) < len(names) else "row_long"
            faults.note(code, file, number, found=len(cells), wanted=len(names))
