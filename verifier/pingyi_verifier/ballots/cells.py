"""What came out of a box, cell by cell, and the digest that a recount gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pingyi_verifier.ballots.boxes import FLOOR, Box, Faults
from pingyi_verifier.folder.canonical_json import canonical, sha256
from pingyi_verifier.formulas.ballots import TURNOUT
from pingyi_verifier.record.blocks import Tally
from pingyi_verifier.record.leaves import HEX
from pingyi_verifier.report.sentences import Text


def unfit_cells(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """Options and strata are those of the layout; one to nine scored answers are never shown by option."""
    known = {*box.layout["options"], "no_answer", "withheld", *TURNOUT}
    scored = set(box.layout["options"][: box.layout["scored"]])
    cells: dict[Tally, dict[str, int]] = {}
    for tally, count in tallies.items():
        cells.setdefault(tally._replace(option=""), {})[tally.option] = count
    for cell, options in cells.items():
        if not options.keys() <= known or cell.stratum not in (*box.layout["strata"], *box.cards):
            yield Text(
                zh=(
                    f"渠道 {box.channel} 单位 {cell.unit}，{cell.dimension}：有票面没有的选项或人群（"
                    f"{cell.stratum or '—'}）。"
                ),
                en=(
                    f"Channel {box.channel}, unit {cell.unit}, {cell.dimension}: options or a stratum "
                    f"({cell.stratum or '—'}) that the layout does not have."
                ),
            )
        n = sum(count for option, count in options.items() if option in scored)
        if 0 < n < FLOOR or ("withheld" in options and len(options) > 1):
            yield Text(
                zh=(
                    f"渠道 {box.channel} 单位 {cell.unit}，{cell.dimension}（{cell.stratum or '—'}，"
                    f"{cell.batch}）：不足 {FLOOR} 份的回答没有隐去。"
                ),
                en=(
                    f"Channel {box.channel}, unit {cell.unit}, {cell.dimension} ({cell.stratum or '—'}, "
                    f"{cell.batch}): fewer than {FLOOR} answers are shown by option."
                ),
            )


def wrong_digest(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """The digest that auditors get by a recount: without comments it follows from sums and numbers alone."""
    layout, batch = box.layout, box.frozen["batch"]
    if not HEX.fullmatch(box.told["digest"]):
        raise ValueError("digest")
    if layout["comment"]:
        return
    options = [*layout["options"], "no_answer", "withheld", *TURNOUT]
    whole = layout["every_unit"]

    def order(entry: Mapping[str, Any]) -> tuple[Any, ...]:
        unit, dimension, option = entry["unit"], entry["dimension"], entry["option"]
        if option == "returned" and not unit:
            return ()
        units = place_in(layout["units"], unit) if whole else 0
        cell = "" if whole else unit, entry["stratum"], entry["reason"]
        return *cell, units, place_in(layout["dimensions"], dimension), place_in(options, option)

    entries = []
    for tally, count in tallies.items():
        why = tally.batch.removeprefix(batch).removeprefix(".")
        fields = {
            name: value for name, value in tally._asdict().items() if name not in ("channel", "standing")
        }
        if tally.unit or tally.option != "issued":
            entries.append(
                {**fields, "count": count, "standing": "held" if why else "counted", "reason": why}
            )
    names = ("unit", "standing", "reason", "count")
    numbers = [dict(zip(names, row, strict=True)) for row in box.told["numbers"]]
    content = {"entries": sorted(entries, key=order), "numbers": numbers, "opinions": []}
    if sha256(canonical(content)) != box.told["digest"]:
        yield Text(
            zh=f"渠道 {box.channel} 公布的数与开箱时登记的摘要不符（审计员重新计票应得到该摘要）。",
            en=(
                f"Channel {box.channel}: the sums are not those whose digest the opening recorded, and "
                "which a recount gives."
            ),
        )


def place_in(words: Sequence[str], one: str) -> int:
    """The place of a word in a list; behind all where it is none of them, which is told elsewhere."""
    return words.index(one) if one in words else len(words)
