"""Pins: every head that somebody kept outside is a root of this very record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pingyi_verifier.log.heads import SIZE, Head, head_of
from pingyi_verifier.log.signed_notes import note_parts, note_signed_by
from pingyi_verifier.record.epochs import Epoch, Log
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import GARBAGE, Text, UnfitError

PREFIX = "Ledger-Checkpoint:"


class Pin(NamedTuple):
    """A head that was kept outside, with its signed note where it came as one."""

    head: Head
    note: str = ""


def read_pins(report: Report, spellings: Sequence[str]) -> list[Pin]:
    """The pins of the command line: heads themselves, or files with a note or with heads."""
    pins: list[Pin] = []
    for spelling in spellings:
        with report.part(f"外部树头“{spelling}”", f"Pin {spelling}"):
            words = spelling.removeprefix(PREFIX).split()
            if len(words) == 3 and SIZE.fullmatch(words[1]):
                pins.append(Pin(head_of(*words)))
            else:
                pins += pins_in(Path(spelling))
    return pins


def pins_in(path: Path) -> Iterator[Pin]:
    """The pins of a file."""
    text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    if "\n\n" in text and len(text.split("\n")[0].split()) == 1:
        yield Pin(note_parts(text)[1], text)
        return
    lines = [line.removeprefix(PREFIX).split() for line in text.split("\n") if line.strip()]
    if not lines:
        raise UnfitError(zh=f"“{path}”里没有树头。", en=f"There is no head in {path}.")
    for line in lines:
        if len(line) != 3:
            raise ValueError("a line is not ORIGIN SIZE ROOT")
        yield Pin(head_of(*line))


def check_pins(report: Report, logs: Sequence[Log], pins: Sequence[Pin], lost: Mapping[str, Head]) -> None:
    by_origin = {log.epoch.origin: log for log in logs}
    right = 0
    for pin in pins:
        head, log, gap = pin.head, by_origin.get(pin.head.origin), lost.get(pin.head.origin)
        if log is not None and head.size <= log.tree.size and log.tree.root(head.size) == head.root:
            right += 1
        elif log is not None and head.size <= log.tree.size:
            report.wrong(*split_view(log.epoch, pin))
        elif gap is not None and (head == gap or head.size < gap.size):
            report.note(
                zh=f"外部树头 {head.line} 落在恢复备份造成的缺口里，无法核对。",
                en=f"The pin {head.line} lies in the gap that a restored backup left: it cannot be checked.",
            )
        else:
            report.wrong(*outside_record(head, log))
    tell_pins(report, right, len(pins))


def tell_pins(report: Report, right: int, pins: int) -> None:
    if right:
        report.ok(
            zh=f"外部树头：{right} 个都在本记录之中，此前的内容没有改写过。",
            en=f"Pins: {right} heads kept outside are part of this record; nothing up to them was rewritten.",
        )
    if not pins:
        report.note(
            zh="没有给出外部保存的树头（--pin）：无法排除持有签名密钥的人整体重写记录。",
            en=(
                "No head kept outside was given (--pin): that the holder of the key rewrote everything "
                "cannot be ruled out."
            ),
        )


def outside_record(head: Head, log: Log | None) -> Text:
    """A pin of a log that is not here, or that saw more of it than is here."""
    if log is None:
        return Text(
            zh=f"外部树头 {head.line} 属于另一个日志：本记录里没有 {head.origin}。",
            en=f"The pin {head.line} is of another log: this record has no {head.origin}.",
        )
    return Text(
        zh=(f"记录被截短：外部树头 {head.line} 见过 {head.size} 条叶子，文件夹里只有 {log.tree.size} 条。"),
        en=(
            f"The record was cut short: the pin {head.line} saw {head.size} leaves, the folder "
            f"has {log.tree.size}."
        ),
    )


def split_view(epoch: Epoch, pin: Pin) -> Text:
    """Two histories of one log; where the pin is a note of the same key, the key's holder signed both."""
    head, signed = pin.head, False
    if pin.note:
        try:
            signed = note_signed_by(pin.note, epoch.key)[0] == head
        except (UnfitError, *GARBAGE):
            signed = False
    more_zh = "两份都有同一密钥的签名。" if signed else ""
    more_en = " Both are signed by the same key." if signed else ""
    return Text(
        zh=(
            f"两个版本的记录：外部树头 {head.line} 与本记录前 {head.size} 条叶子的根不同，记录被改写过。"
            f"{more_zh}"
        ),
        en=(
            f"Split view: the pin {head.line} is not the root of this record's first {head.size} "
            f"leaves; the record was rewritten.{more_en}"
        ),
    )
