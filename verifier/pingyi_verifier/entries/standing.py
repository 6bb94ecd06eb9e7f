"""The entries that stand: each correction and disposition applied in the order of the record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from pingyi_verifier.record.blocks import Block, Counters, EntryLeaf, Rows, add_counts, mark
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.report.sentences import Text


class Standing(NamedTuple):
    """An entry that stands: nothing has replaced it yet."""

    channel: str
    unit: str
    standing: str
    row: str
    counts: tuple[dict[str, int], dict[str, int]] | None


@dataclass
class Entries:
    """All entries up to the snapshot, each correction and disposition applied."""

    live: dict[str, Standing] = field(default_factory=dict)
    sums: Counters = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)
    seen: int = 0
    standing: int = 0
    corrections: int = 0
    dispositions: int = 0
    late: int = 0
    faults: list[Text] = field(default_factory=list)


def follow(bundle: Bundle, blocks: Iterable[Block]) -> Entries:
    """Apply the entries in the order of the log and sum what stands.

    A leaf that replaces another takes it off; a disposition puts it back with another standing.
    """
    entries = Entries()
    places: list[bytes] = []
    for block in blocks:
        entries.seen, entries.late = entries.seen + block.seen, entries.late + block.late
        places += (joined[at : at + 16] for joined in block.places for at in range(0, len(joined), 16))
        for place, cell in block.sums.items():
            add_counts(entries.sums, *place, (cell, {}))
        for channel, (number, marks) in block.rows.items():
            add_rows(entries, channel, number, marks)
        for leaf in block.entries:
            if why := apply_leaf(entries, leaf):
                fault = Text(
                    zh=f"第 {leaf.at} 条叶子（{leaf.channel}）{why.zh}。",
                    en=f"Leaf {leaf.at} ({leaf.channel}) {why.en}.",
                )
                entries.faults.append(fault)
    if twice := len(places) - len(set(places)):
        entries.faults.append(
            Text(zh=f"有 {twice} 条报送在记录中重复。", en=f"{twice} entries stand twice in the record.")
        )
    for entry in entries.live.values():
        add_rows(entries, entry.channel, 1, mark(bundle, entry.standing, entry.row))
        if entry.counts is not None:
            add_counts(entries.sums, entry.channel, entry.standing, entry.unit, entry.counts)
    return entries


def add_rows(entries: Entries, channel: str, number: int, marks: int) -> None:
    entries.standing += number
    before = entries.rows.get(channel, Rows())
    entries.rows[channel] = Rows(before.number + number, before.marks + marks)


def apply_leaf(entries: Entries, leaf: EntryLeaf) -> Text | None:
    """Apply one entry or disposition; returns what is wrong with it."""
    before = None
    if leaf.replaces is not None:
        before = entries.live.get(leaf.replaces)
        if before is None or before.channel != leaf.channel:
            return Text(zh="所更正的那一条并不有效", en="replaces an entry that does not stand at that point")
        del entries.live[leaf.replaces]
    if leaf.row is not None:
        entries.corrections += before is not None
        entries.live[leaf.digest] = Standing(leaf.channel, leaf.unit, leaf.standing, leaf.row, leaf.counts)
        return None
    if before is None:
        return Text(zh="处置了不存在的报送", en="disposes of nothing")
    entries.dispositions += 1
    entries.live[leaf.digest] = before._replace(standing=leaf.standing)
    return None
