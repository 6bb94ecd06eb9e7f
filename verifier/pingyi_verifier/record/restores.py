"""Restores: every later epoch begins with a leaf that tells how much the restored backup had lost."""

from __future__ import annotations

from collections.abc import Sequence

from pingyi_verifier.log.heads import Head, head_of
from pingyi_verifier.record.acts import Act, acts_of
from pingyi_verifier.record.epochs import Log
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import Text


def check_restores(report: Report, logs: Sequence[Log], acts: Sequence[Act]) -> dict[str, Head]:
    """Returns the highest head that was known of each log that lost leaves, by origin."""
    lost: dict[str, Head] = {}
    for position, log in enumerate(logs):
        restores = [act for act in acts_of(acts, "restore") if act.place[0] == position]
        if not restores and log.epoch.number == 1:
            continue
        before = logs[position - 1] if position else None
        if fault := wrong_restore(log.epoch.number, restores, before):
            report.wrong(*fault)
            continue
        known, restored = heads_named_by(restores[0])
        lost[known.origin] = known
        gap = known.size - restored.size if known.origin == restored.origin else known.size
        report.note(
            zh=(
                f"缺口：系统曾由备份恢复到树头 {restored.line}，而此前已知的树头是 {known.line}；"
                f"其间至少 {gap} 条叶子已丢失，不在本记录中，请向主办单位问明。"
            ),
            en=(
                f"Gap: the system was restored from a backup at the head {restored.line}, while "
                f"{known.line} was known: at least {gap} leaves between them are lost and not in this "
                "record; ask the office about them."
            ),
        )
    return lost


def wrong_restore(number: int, restores: Sequence[Act], before: Log | None) -> Text | None:
    """What is wrong with how an epoch says that it began, after the epoch before it."""
    if [act.place[1] for act in restores] != [0]:
        return Text(
            zh=f"第 {number} 期日志没有（只在开头）说明它为什么重新开始：缺少恢复记录。",
            en=(
                f"Epoch {number} does not say, at its start and only there, why it began: no readable "
                "restore."
            ),
        )
    _, restored = heads_named_by(restores[0])
    if restored.size and (before is None or restored != before.tree.head(before.epoch.origin)):
        return Text(
            zh=f"第 {number} 期的恢复记录说恢复到 {restored.line}，与前一期的叶子不符。",
            en=f"Epoch {number} says that {restored.line} was restored, but the epoch before is not that.",
        )
    return None


def heads_named_by(restore: Act) -> tuple[Head, Head]:
    """The head that was known before a restore, and the one that was restored."""
    known, restored = (restore.body[name] for name in ("known", "restored"))
    return (
        head_of(known["origin"], str(known["size"]), known["root"]),
        head_of(restored["origin"], str(restored["size"]), restored["root"]),
    )
