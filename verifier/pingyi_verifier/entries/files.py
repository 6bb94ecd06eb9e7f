"""The files below entries/: their rows are the entries that stand in the record, no more and no fewer."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pingyi_verifier.entries.standing import Entries, follow
from pingyi_verifier.record.blocks import Rows, mark
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.record.entry_rows import row_of, shown_row
from pingyi_verifier.record.leaves import read_all_leaves
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import GARBAGE, Text, UnfitError, reason

APART = ("standing", "reason")  # columns that come from dispositions, not from the entries


def check_entry_files(
    report: Report, bundle: Bundle, entries: Entries, printed: Mapping[str, Rows | Text]
) -> None:
    faults = [
        Text(zh=f"{name} 不属于任何渠道。", en=f"{name} belongs to no channel of the scheme.")
        for name in sorted(bundle.files)
        if name.startswith("entries/") and name[8:-4] not in bundle.plans
    ]
    faults += (fault for fault in printed.values() if isinstance(fault, Text))
    differ = [
        channel
        for channel, rows in printed.items()
        if isinstance(rows, Rows) and rows != entries.rows.get(channel, Rows())
    ]
    if differ:
        faults += differing_rows(bundle, differ)
    report.all_wrong(faults)
    if not faults:
        report.ok(
            zh=f"报送：entries/ 里的 {entries.standing} 行正是记录中现行有效的报送。",
            en=(
                f"Entries: the {entries.standing} rows below entries/ are exactly those that stand in "
                "the record."
            ),
        )


def differing_rows(bundle: Bundle, channels: Sequence[str]) -> Iterator[Text]:
    """The rows that differ, by reading all leaves once more."""
    bundle.every_row = True
    live = follow(bundle, read_all_leaves(bundle)).live.values()
    bundle.every_row = False
    for channel in channels:
        wanted = Counter((one.standing, one.row) for one in live if one.channel == channel)
        printed = Counter(printed_rows(bundle, channel))
        for standing, row in wanted - printed:
            yield Text(
                zh=f"记录中有一条报送不在 entries/{channel}.csv 里：{standing} {shown_row(row)}",
                en=f"An entry of the record is not in entries/{channel}.csv: {standing} {shown_row(row)}",
            )
        for standing, row in printed - wanted:
            yield Text(
                zh=f"entries/{channel}.csv 有一行不是记录中的报送：{standing} {shown_row(row)}",
                en=(
                    f"entries/{channel}.csv has a row that is no entry of the record: {standing} "
                    f"{shown_row(row)}"
                ),
            )


def printed_rows(bundle: Bundle, channel: str) -> Iterator[tuple[str, str]]:
    """The rows of an entries file as (standing, cells); see `APART`."""
    name = f"entries/{channel}.csv"
    if name not in bundle.files:
        return
    reader = csv.reader(io.StringIO(bundle.files[name].decode("utf-8-sig"), newline=""), strict=True)
    header = next(reader, [])
    if len(set(header)) != len(header) or not header:
        raise UnfitError(zh=f"{name} 没有可用的表头。", en=f"{name} has no usable header.")
    apart = sorted((header.index(n) for n in APART if n in header), reverse=True)
    standing_at = header.index("standing") if "standing" in header else None
    for cells in reader:
        if len(cells) != len(header):
            raise UnfitError(
                zh=f"{name} 有的行列数不对。", en=f"{name} has a row of another length than its header."
            )
        standing = "counted" if standing_at is None else cells[standing_at] or "counted"
        for at in apart:
            del cells[at]
        yield standing, row_of(cells)


def sum_file(bundle: Bundle, channel: str) -> Rows | Text:
    """An entries file as a multiset of rows, or what is wrong with it."""
    try:
        number = marks = 0
        for standing, row in printed_rows(bundle, channel):
            number += 1
            marks += mark(bundle, standing, row)
        return Rows(number, marks)
    except UnfitError as unfit:
        return unfit.text
    except GARBAGE as error:
        why = reason(error)
        return Text(
            zh=f"entries/{channel}.csv：无法读懂（{why.zh}）。",
            en=f"entries/{channel}.csv makes no sense ({why.en}).",
        )


def entry_columns(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Channel -> the columns of its entries file that come from the entries themselves."""
    columns: dict[str, list[str]] = {}
    for name, content in files.items():
        if name.startswith("entries/") and name.endswith(".csv"):
            columns[name[8:-4]] = [one for one in header_of(content) if one not in APART]
    return columns


def header_of(content: bytes) -> list[str]:
    """The header of an entries file, read as its rows are; empty where `printed_rows` says why not."""
    try:
        return next(
            csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""), strict=True), []
        )
    except GARBAGE:
        return []
