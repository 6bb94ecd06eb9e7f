"""The sealed ballots of the record, and whether each box was opened once, after its secret was gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pingyi_verifier.ballots.boxes import Box, Faults, Packed
from pingyi_verifier.record.acts import Act, acts_of
from pingyi_verifier.record.bundle import Place
from pingyi_verifier.report.sentences import Text


def misplaced(
    ballots: Mapping[str, Sequence[Packed]],
    frozen: Mapping[str, Any],
    acts: Sequence[Act],
    closing: Place,
) -> Faults:
    """Ballots of an unknown channel, twice, before their box was ready or after the closing."""
    ready = max((act.place for act in acts_of(acts, "ballots.prepared")), default=closing)
    for channel, sealed in ballots.items():
        if channel not in frozen:
            yield Text(
                zh=f"记录中有 {len(sealed)} 张选票属于没有票箱的渠道“{channel}”。",
                en=f"The record holds {len(sealed)} ballots of {channel}, which has no box.",
            )
        if twice := len(sealed) - len({one.digest for one in sealed}):
            yield Text(
                zh=f"渠道 {channel} 有 {twice} 张选票在记录中重复。",
                en=f"{twice} ballots of channel {channel} stand twice in the record.",
            )
        if early := sum(one.place < ready for one in sealed):
            yield Text(
                zh=f"渠道 {channel} 有 {early} 张选票在票箱准备好之前就进入了记录。",
                en=f"{early} ballots of channel {channel} came before the boxes were prepared.",
            )
        if late := sum(one.place > closing for one in sealed):
            yield Text(
                zh=f"渠道 {channel} 有 {late} 张选票在截止之后才进入记录。",
                en=f"{late} ballots of channel {channel} came after the period had closed.",
            )


def opened_once(channel: str, opened: Sequence[Act], known: bool) -> Faults:
    if not known:
        yield Text(
            zh=f"渠道 {channel} 没有准备过票箱，却有开箱记录。",
            en=f"A box of channel {channel} was opened, but none was prepared.",
        )
    if not opened:
        yield Text(
            zh=f"渠道 {channel} 的票箱没有开箱记录。",
            en=f"The record does not show that the box of channel {channel} was opened.",
        )
    if len(opened) > 1:
        yield Text(
            zh=f"渠道 {channel} 的票箱开过 {len(opened)} 次，只能开一次。",
            en=f"The box of channel {channel} was opened {len(opened)} times; once is all there may be.",
        )


def secret_gone(acts: Sequence[Act], boxes: Sequence[Box], closing: Place) -> Faults:
    """The secret that tells whose marks are whose was destroyed between the closing and the first opening."""
    destroyed = [
        a.place for a in acts_of(acts, "ballots.secret_destroyed") if a.body["what"] == "period_secret"
    ]
    first = min((box.opened.place for box in boxes), default=None)
    if first is not None and not any(place < first for place in destroyed):
        yield Text(
            zh="第一个票箱开箱之前，没有销毁周期密钥的记录。",
            en=(
                "The record does not show that the period's secret was destroyed before the first box "
                "was opened."
            ),
        )
    if any(place < closing for place in destroyed):
        yield Text(
            zh="周期密钥在截止之前就被销毁了。",
            en="The period's secret was destroyed before the period had closed.",
        )
