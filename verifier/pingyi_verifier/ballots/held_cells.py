"""Held ballots: after the opening only they move, as two reviewers decided, each cell once and whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pingyi_verifier.ballots.boxes import Box, Faults
from pingyi_verifier.record.acts import Act, acts_of
from pingyi_verifier.record.blocks import Block, Tally
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.report.sentences import Text

Cell = tuple[str, str, str]  # channel, unit, reason


def wrong_cells(
    bundle: Bundle, acts: Sequence[Act], blocks: Sequence[Block], boxes: Mapping[str, Box]
) -> Faults:
    decided: dict[Cell, bool] = {}
    for act in acts_of(acts, "cell.decided"):
        body = act.body
        cell = body["channel"], body["unit"], body["reason"]
        if act.place < bundle.frozen_at:
            yield from wrong_decision(act, cell, acts, boxes, decided)
            decided[cell] = body["release"]
    left, faults = moved_cells(blocks, boxes)
    yield from faults
    for cell, standings in sorted(left.items()):
        release = decided.get(cell)
        wanted = "held" if release is None else "counted" if release else "rejected"
        if standings.keys() != {wanted}:
            yield Text(
                zh=(
                    f"渠道 {cell[0]} 单位 {cell[1]} 的待核查选票（{cell[2]}）按决定应为 {wanted}，实际为"
                    f" {', '.join(sorted(standings))}。"
                ),
                en=(
                    f"Channel {cell[0]}, unit {cell[1]}: the ballots held for {cell[2]} should be "
                    f"{wanted} by what was decided, but are {', '.join(sorted(standings))}."
                ),
            )


def wrong_decision(
    act: Act, cell: Cell, acts: Sequence[Act], boxes: Mapping[str, Box], decided: Mapping[Cell, bool]
) -> Faults:
    """A decision is on a held cell and its number, comes after the opening, once, and from two reviewers."""
    channel, unit, why = cell
    box = boxes.get(channel)
    numbers = box.told["numbers"] if box else []
    held = sum(n for u, standing, r, n in numbers if (u, standing, r) == (unit, "held", why))
    reviewers = {
        one.body["by"]
        for one in acts_of(acts, "cell.reviewed")
        if one.place < act.place and (one.body["channel"], one.body["unit"], one.body["reason"]) == cell
    }
    right = box is not None and act.place > box.opened.place and held and act.body["ballots"] == held
    if not right or cell in decided or type(act.body["release"]) is not bool:
        yield Text(
            zh=f"渠道 {channel} 单位 {unit} 关于 {why} 的决定没有对应的待核查选票，或不止一次。",
            en=(
                f"Channel {channel}, unit {unit}: a decision on {why} that fits no held ballots, or not "
                "the first."
            ),
        )
    if len(reviewers) < 2:
        yield Text(
            zh=f"渠道 {channel} 单位 {unit} 关于 {why} 的决定没有经两人复核。",
            en=f"Channel {channel}, unit {unit}: the decision on {why} was not reviewed by two people.",
        )


class HeldCells:
    """Which held cells there are, and in which standings their entries stand now."""

    def __init__(self, boxes: Mapping[str, Box]) -> None:
        self.batches = {channel: box.frozen["batch"] for channel, box in boxes.items()}
        self.standings: dict[Cell, Counter[str]] = {}

    def cell_of(self, tally: Tally) -> Cell | None:
        """The cell of what came out of a box; None where it was counted at once."""
        batch = self.batches.get(tally.channel, tally.batch)
        why = tally.batch.removeprefix(f"{batch}.")
        return None if tally.batch == batch else (tally.channel, tally.unit, why)

    def add(self, tally: Tally) -> None:
        if cell := self.cell_of(tally):
            self.standings.setdefault(cell, Counter())[tally.standing] += 1

    def move(self, cell: Cell, before: str, after: str) -> None:
        self.standings[cell][after] += 1
        self.standings[cell][before] -= 1


def moved_cells(
    blocks: Sequence[Block], boxes: Mapping[str, Box]
) -> tuple[dict[Cell, Counter[str]], list[Text]]:
    """Cell -> the standings in which its entries stand now; and entries that should never have moved."""
    cells, faults = HeldCells(boxes), []
    taken: dict[str, tuple[Tally, str]] = {}
    for block in blocks:
        for tally in block.tallies:
            cells.add(tally)
        taken |= {digest: (tally, tally.standing) for digest, tally in block.taken.items()}
    for leaf in (leaf for block in blocks for leaf in block.entries):
        if leaf.replaces not in taken:
            continue
        tally, standing = taken.pop(leaf.replaces)
        cell = cells.cell_of(tally)
        if leaf.row is not None or cell is None:
            faults.append(moved_without_review(leaf.at, tally))
        else:
            taken[leaf.digest] = (tally, leaf.standing)
            cells.move(cell, standing, leaf.standing)
    return {cell: +standings for cell, standings in cells.standings.items()}, faults


def moved_without_review(at: int, tally: Tally) -> Text:
    return Text(
        zh=(
            f"第 {at} 条叶子改动了渠道 {tally.channel} 开箱得出的数（单位 {tally.unit or '（全部）'}）；"
            "只有待核查的可以由复核移动。"
        ),
        en=(
            f"Leaf {at} changes what came out of the box of channel {tally.channel} (unit "
            f"{tally.unit or '(all)'}); only what is held may be moved, by its review."
        ),
    )
