"""Witnesses: each one asked for saw a head of this record that covers the publication, and signed rightly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from pingyi_verifier.log.heads import Head
from pingyi_verifier.log.signed_notes import WITNESS, Key, key_of
from pingyi_verifier.record.acts import acts_of
from pingyi_verifier.record.bundle import Bundle, Place
from pingyi_verifier.record.record import Record
from pingyi_verifier.record.signed_heads import SignedHead
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import Text


class Cosigned(NamedTuple):
    """A head that a witness signed: its place in the record, and when; None where the signature is wrong."""

    place: Place
    head: Head
    seconds: int | None


def read_witnesses(report: Report, spellings: Sequence[str]) -> tuple[Key, ...]:
    """The verifier keys of the witnesses asked for, each once."""
    keys: dict[Key, None] = {}
    for spelling in spellings:
        with report.part(f"见证方公钥“{spelling}”", f"Witness {spelling}"):
            keys[key_of(spelling.strip(), WITNESS)] = None
    return tuple(keys)


def check_witnesses(report: Report, bundle: Bundle, record: Record) -> None:
    numbers = [log.epoch.number for log in record.logs]
    for key in bundle.witnesses:
        lines = [
            Cosigned((numbers.index(epoch.number), one.head.size), one.head, one.seen[key])
            for epoch, one in record.heads
            if isinstance(one, SignedHead) and key in one.seen
        ]
        faults = wrong_lines(key, lines)
        report.all_wrong(faults)
        if not faults:
            record.cosigned += ((key, line.place) for line in lines)
            check_reach(report, record, key, lines)


def check_reach(report: Report, record: Record, key: Key, lines: Sequence[Cosigned]) -> None:
    """The witness's last head covers the publication."""
    published = acts_of(record.acts, "result.published")
    place, head, seconds = max(lines, key=lambda line: line.place)
    day = f"{datetime.fromtimestamp(seconds or 0, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if published and place <= published[-1].place:
        report.wrong(
            zh=(
                f"见证方 {key.name} 最后见证的是 {day} 的 {head.size} 条叶子，还不到公布结果那一条："
                "请下载更新的数据包再核对。"
            ),
            en=(
                f"The witness {key.name} last signed {head.size} leaves, on {day}, which does not reach "
                "the publication: get a newer bundle."
            ),
        )
        return
    report.ok(
        zh=(
            f"见证：{key.name} 的 {len(lines)} 个签名正确，最后一个在 {day}，见证了前 {head.size} 条叶子："
            f"{head.line}"
        ),
        en=(
            f"Witness: {len(lines)} lines of {key.name} are right, the last of {day} over the first "
            f"{head.size} leaves: {head.line}"
        ),
    )


def wrong_lines(key: Key, lines: Sequence[Cosigned]) -> list[Text]:
    """What is wrong with a witness's lines: a signature, or that there is no line."""
    if not lines:
        return [
            Text(
                zh=f"缺少见证方 {key.name} 的签名：数据包里没有它见证过的树头。",
                en=f"The witness {key.name} signed none of the heads in this bundle: its line is missing.",
            )
        ]
    return [
        Text(
            zh=f"见证方 {key.name} 在树头（{line.head.size} 条）上的签名不对。",
            en=f"The line of the witness {key.name} under the head of size {line.head.size} is wrong.",
        )
        for line in lines
        if line.seconds is None
    ]
