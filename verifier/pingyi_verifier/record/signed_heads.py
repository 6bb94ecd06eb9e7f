"""Signed heads: every one is a root of the leaves at its size, and the newest covers them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pingyi_verifier.log.cosignatures import Seen, cosigned_by
from pingyi_verifier.log.heads import Head
from pingyi_verifier.log.signed_notes import note_signed_by
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.record.epochs import Epoch, Log
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import GARBAGE, Text, UnfitError, reason


class SignedHead(NamedTuple):
    """A head that the log signed; what witnesses say of it; how many other lines nobody asked to check."""

    head: Head
    seen: Seen
    unchecked: int


def read_note(bundle: Bundle, note: str, key: str) -> SignedHead | Text:
    """A signed head, or what is wrong with it."""
    try:
        head, others = note_signed_by(note, key)
        seen = cosigned_by(note, bundle.witnesses)
        return SignedHead(head, seen, max(others - len(seen), 0))
    except UnfitError as unfit:
        return unfit.text
    except GARBAGE as error:
        why = reason(error)
        return Text(zh=f"有树头无法读懂（{why.zh}）。", en=f"A tree head makes no sense ({why.en}).")


def check_heads(
    report: Report,
    logs: Sequence[Log],
    heads: Sequence[tuple[Epoch, SignedHead | Text]],
    lost: Mapping[str, Head],
) -> None:
    faults: list[Text] = []
    by_number = {log.epoch.number: log for log in logs}
    newest = {log.epoch.number: 0 for log in logs}
    signed = [one for _, one in heads if isinstance(one, SignedHead)]
    for epoch, one in heads:
        if isinstance(one, Text):
            faults.append(one)
        else:
            newest[epoch.number] = max(newest[epoch.number], one.head.size)
            faults += unlike_leaves(by_number[epoch.number], one.head, lost, signed)
    faults += (
        Text(
            zh=f"第 {number} 期日志有 {by_number[number].tree.size} 条叶子，有签名的树头最多只到 {size} 条。",
            en=f"Epoch {number} has {by_number[number].tree.size} leaves, but no signed head beyond {size}.",
        )
        for number, size in newest.items()
        if size < by_number[number].tree.size
    )
    report.all_wrong(faults)
    if not faults:
        tell_heads(report, logs, len(heads), sum(one.unchecked for one in signed))


def tell_heads(report: Report, logs: Sequence[Log], heads: int, others: int) -> None:
    report.ok(
        zh=f"树头：{heads} 个签名正确，各自的根由叶子重算得到。",
        en=f"Heads: {heads} signatures are right and their roots follow from the leaves.",
    )
    if others:
        report.note(
            zh=f"另有 {others} 个见证签名未核对：请用 --witness 给出见证方的公钥（向见证方索取）。",
            en=(
                f"{others} lines of witnesses are there and were not checked: give --witness, the key "
                "that the witness tells you."
            ),
        )
    for log in logs:
        last = log.tree.head(log.epoch.origin)
        report.ok(
            zh=f"记录：第 {log.epoch.number} 期共 {last.size} 条叶子。最新树头（请自行保存）：{last.line}",
            en=f"Record: epoch {log.epoch.number} has {last.size} leaves. Newest head (keep it): {last.line}",
        )


def unlike_leaves(
    log: Log, head: Head, lost: Mapping[str, Head], signed: Sequence[SignedHead]
) -> Iterator[Text]:
    """What is wrong with a signed head beside the leaves, and since which head that is still right."""
    if head.origin != log.epoch.origin:
        yield Text(zh=f"树头 {head.line} 不是本日志的。", en=f"The head {head.line} is not of this log.")
    elif head.size <= log.tree.size:
        if log.tree.root(head.size) != head.root:
            smaller = [
                one.head for one in signed if one.head.origin == head.origin and one.head.size < head.size
            ]
            right = [one.size for one in smaller if log.tree.root(one.size) == one.root]
            since = max(right, default=0)
            yield Text(
                zh=(
                    f"叶子被改动、删除、插入或换位过：前 {head.size} 条叶子的根与有签名的树头不符（前 "
                    f"{since} 条仍相符）。"
                ),
                en=(
                    f"Leaves were changed, removed, added or swapped: the first {head.size} do not give "
                    f"the root that was signed (the first {since} still do)."
                ),
            )
    elif head.origin not in lost or head.size > lost[head.origin].size:
        yield Text(
            zh=f"记录被截短：有签名的树头说有 {head.size} 条叶子，文件夹里只有 {log.tree.size} 条。",
            en=f"The record was cut short: a signed head has {head.size} leaves, the folder {log.tree.size}.",
        )
