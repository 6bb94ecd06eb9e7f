"""Repeats an opening from an exported folder alone: no database, another machine, the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi_surveys.ballot.keys import BoxKeys
from pingyi_surveys.ballot.layout import read_layout
from pingyi_surveys.ballot.tally import Opening, settle
from pingyi_surveys.ballot.tally_cells import COUNTED, HELD, REJECTED
from pingyi_surveys.counting.box_terms import Judging, terms_of
from pingyi_surveys.counting.decrypt import Show, open_all
from pingyi_surveys.counting.match_record import BallotLeaf, BoxRow, Matched, match, place_of

FORMAT: Final = "pingyi-sealed-box-1"
MANIFEST: Final = "box.json"


class Told(msgspec.Struct, frozen=True):
    """What the record says of an opening."""

    head: str
    epoch: int
    size: int
    sealed: int
    counted: int
    held: int
    rejected: int
    numbers: list[tuple[str, str, str, int]]
    digest: str


class ExportedBox(msgspec.Struct, frozen=True):
    """A channel's box: what was frozen for it, what the record says, and the files of rows and leaves."""

    channel: str
    content: dict[str, Any]
    opening: Told
    rows: str
    leaves: str


class Exported(msgspec.Struct, frozen=True):
    """What was handed out of a period: `public` is the box's public key in hex."""

    format: str
    period: str
    public: str
    boxes: list[ExportedBox]


class _ExportedRow(msgspec.Struct):
    unit: str
    nullifier: str
    group: str
    position: int
    ciphertext: str
    receipt: str


class _ExportedLeaf(msgspec.Struct):
    place: int
    entry: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Recounted:
    """An opening that was repeated, beside what the record says of it."""

    box: ExportedBox
    matched: Matched
    opening: Opening

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.opening.canonical()).hexdigest()

    def told(self) -> dict[str, str | int]:
        """Its numbers, for people."""
        return {
            "channel": self.box.channel,
            "sealed": self.matched.sealed,
            **{standing: self.opening.total(standing) for standing in (COUNTED, HELD, REJECTED)},
            "digest": self.digest,
            "recorded": self.box.opening.digest,
        }

    @property
    def same(self) -> bool:
        """Whether the bytes are those that were recorded."""
        return self.digest == self.box.opening.digest and self.matched.sealed == self.box.opening.sealed


def read_exported(folder: Path) -> Exported:
    """The folder's manifest; Problem export_unreadable."""
    try:
        found = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Exported)
    except (OSError, ValueError) as error:
        raise unreadable(folder / MANIFEST) from error
    if found.format != FORMAT:
        raise unreadable(folder / MANIFEST)
    return found


def unreadable(path: Path) -> Problem:
    """A file of the folder is missing or damaged."""
    return Problem("export_unreadable", 422, _UNREADABLE.format(path=path))


_UNREADABLE = Text(
    zh="{path} 缺失或已损坏：请重新运行 pingyi box export。",
    en="{path} is missing or damaged: run pingyi box export again.",
)


def recount(folder: Path, exported: Exported, keys: BoxKeys, show: Show) -> Iterator[Recounted]:
    """Open every box of the folder again; Problem export_unreadable."""
    for box in exported.boxes:
        matched = match(exported.period, box.channel, _rows(folder / box.rows), _leaves(folder / box.leaves))
        layout = read_layout(box.content["layout"])
        results = [*open_all(matched.rows, layout, keys, show), *matched.lost()]
        terms = terms_of(box.content, place_of(box.opening.epoch, box.opening.size))
        yield Recounted(box, matched, settle(results, layout, terms, Judging(box.content, layout)))


def write_openings(path: Path, found: Sequence[Recounted]) -> None:
    """Write what was counted, by channel, into a new file of this account; Problem out_unwritable."""
    content = {one.box.channel: msgspec.Raw(one.opening.canonical()) for one in found}
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(msgspec.json.encode(content) + b"\n")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Problem("out_unwritable", 500, _UNWRITABLE.format(out=path, reason=reason)) from error


_UNWRITABLE = Text(
    zh="无法写入新文件 {out}（{reason}）。", en="The new file {out} cannot be written ({reason})."
)


def write_row(row: BoxRow) -> bytes:
    """A sealed row as a line of its file."""
    parts = row.nullifier, row.group, row.ciphertext, row.receipt
    nullifier, group, ciphertext, receipt = (part.hex() for part in parts)
    line = _ExportedRow(row.unit, nullifier, group, row.position, ciphertext, receipt)
    return msgspec.json.encode(line) + b"\n"


def write_leaf(leaf: BallotLeaf) -> bytes:
    """A ballot leaf as a line of its file."""
    return msgspec.json.encode(_ExportedLeaf(leaf.place, leaf.entry.hex(), leaf.receipt.hex())) + b"\n"


def _rows(path: Path) -> Iterator[BoxRow]:
    decoder = msgspec.json.Decoder(_ExportedRow)
    for line in _lines(path):
        try:
            row = decoder.decode(line)
            parts = row.nullifier, row.group, row.ciphertext, row.receipt
            nullifier, group, ciphertext, receipt = map(bytes.fromhex, parts)
        except ValueError as error:
            raise unreadable(path) from error
        yield BoxRow(row.unit, nullifier, group, row.position, ciphertext, receipt)


def _leaves(path: Path) -> Iterator[BallotLeaf]:
    decoder = msgspec.json.Decoder(_ExportedLeaf)
    for line in _lines(path):
        try:
            leaf = decoder.decode(line)
            yield BallotLeaf(leaf.place, bytes.fromhex(leaf.entry), bytes.fromhex(leaf.receipt))
        except ValueError as error:
            raise unreadable(path) from error


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as error:
        raise unreadable(path) from error
