"""The opening of a box: its numbers, and the head of the record under which it happened."""

from __future__ import annotations

from collections.abc import Sequence

from pingyi_verifier.ballots.boxes import FLOOR, LOST, Box, Faults
from pingyi_verifier.formulas.counters import count_of
from pingyi_verifier.log.heads import head_of
from pingyi_verifier.record.blocks import STANDINGS
from pingyi_verifier.record.bundle import Bundle, Place
from pingyi_verifier.record.epochs import Log
from pingyi_verifier.report.sentences import Text


def wrong_numbers(box: Box, closing: Place) -> Faults:
    """As many were sealed as the record holds; counted, held and rejected are the sums of their numbers."""
    channel, told = box.channel, box.told
    before = sum(one.place < closing for one in box.ballots)
    if told["sealed"] != before:
        yield Text(
            zh=f"渠道 {channel}：截止前记录中有 {before} 张密封选票，开箱却说有 {told['sealed']} 张。",
            en=(
                f"Channel {channel}: the record holds {before} sealed ballots before the closing, the "
                f"opening told of {told['sealed']}."
            ),
        )
    sums = dict.fromkeys(STANDINGS, 0)
    for unit, standing, why, count in told["numbers"]:
        if type(unit) is not str or type(why) is not str or count_of(count) == 0:
            raise ValueError("numbers")
        sums[standing] += count
        if (standing == "counted") != (why == "") or (standing == "held" and count < FLOOR):
            yield impossible_number(channel, unit, standing, why, count)
    if len({(unit, standing, why) for unit, standing, why, _ in told["numbers"]}) != len(told["numbers"]):
        yield Text(
            zh=f"渠道 {channel} 的票数有重复。", en=f"Channel {channel}: a number of ballots is told twice."
        )
    parts = {name: told[name] for name in STANDINGS}
    if parts != sums or sum(sums.values()) != told["sealed"]:
        yield Text(
            zh=(
                f"渠道 {channel} 的票数不相加：密封 {told['sealed']}，计入、待核查、不计分别为 "
                f"{list(parts.values())}，明细合计 {list(sums.values())}。"
            ),
            en=(
                f"Channel {channel}: the ballots do not add up: {told['sealed']} sealed; counted, held, "
                f"rejected {list(parts.values())}; their numbers sum to {list(sums.values())}."
            ),
        )


def impossible_number(channel: str, unit: str, standing: str, why: str, count: int) -> Text:
    return Text(
        zh=f"渠道 {channel} 单位 {unit or '（全部）'}：{standing} {count} 张（{why or '—'}）不可能出现。",
        en=f"Channel {channel}, unit {unit or '(all)'}: {count} {standing} ballots ({why or '—'}) cannot be.",
    )


def wrong_losses(box: Box) -> Faults:
    """Where stored ballots and record differed, two people went on; what is named stands in the record."""
    channel, told = box.channel, box.told
    approved = told.get("approved_by", [])
    if any(name in told for name in LOST) and len(set(approved)) < 2:
        yield Text(
            zh=f"渠道 {channel} 的库存选票与记录不符，却没有两人决定继续开箱。",
            en=(
                f"Channel {channel}: stored ballots and record differed, and not two people had its box "
                "opened all the same."
            ),
        )
    for name in LOST[:2]:
        named = told.get(name, [])
        if not {one.digest for one in box.ballots}.issuperset(named) or len(set(named)) != len(named):
            yield Text(
                zh=f"渠道 {channel} 列为 {name} 的选票不在记录中。",
                en=f"Channel {channel}: ballots named as {name} are not in the record.",
            )


def wrong_opening(bundle: Bundle, box: Box, logs: Sequence[Log], closing: Place) -> Faults:
    """The box was opened after the closing, under a head of this record that covers the closing."""
    channel, told = box.channel, box.told
    if box.opened.place < closing:
        yield Text(
            zh=f"渠道 {channel} 的票箱在周期截止之前就开了。",
            en=f"The box of channel {channel} was opened before the period had closed.",
        )
    if bundle.frozen_at < box.opened.place:
        yield Text(
            zh=f"渠道 {channel} 的票箱在快照冻结之后才开。",
            en=f"The box of channel {channel} was opened after the snapshot was frozen.",
        )
    head = head_of(*told["head"].split(" "))
    at = next((n for n, log in enumerate(logs) if log.epoch.origin == head.origin), None)
    log = None if at is None else logs[at]
    if at is None or log is None or head.size > log.tree.size or log.tree.root(head.size) != head.root:
        yield Text(
            zh=f"渠道 {channel} 开箱所依据的树头 {head.line} 不在本记录中。",
            en=(
                f"The head {head.line}, under which the box of channel {channel} was opened, is not of "
                "this record."
            ),
        )
        return
    if (told["epoch"], told["size"]) != (log.epoch.number, head.size):
        yield Text(
            zh=f"渠道 {channel} 开箱记录的树头与其期号、大小不符。",
            en=f"The opening of channel {channel} names a head and another epoch or size.",
        )
    if not closing < (at, head.size) <= box.opened.place:
        yield Text(
            zh=f"渠道 {channel} 开箱所依据的树头（{head.size} 条）没有包含周期截止，或晚于开箱。",
            en=(
                f"The head under which the box of channel {channel} was opened ({head.size} leaves) "
                "does not cover the closing, or is later than the opening."
            ),
        )
