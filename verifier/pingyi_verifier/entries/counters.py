"""The snapshot's counters are the sums of what the standing entries add, in every standing."""

from __future__ import annotations

from typing import Any

from pingyi_verifier.entries.standing import Entries
from pingyi_verifier.formulas.channels import FAMILIES
from pingyi_verifier.record.blocks import STANDINGS, Counters
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import Text


def check_counters(report: Report, bundle: Bundle, entries: Entries) -> None:
    mine = entries.sums
    theirs: Counters = {
        (channel, standing, unit): dict(counts)
        for channel, standings in bundle.snapshot["counters"].items()
        for standing, units in standings.items()
        for unit, counts in units.items()
    }
    faults: list[Text] = []
    compared = 0
    for place in sorted(mine.keys() | theirs.keys()):
        plan = bundle.plans.get(place[0])
        if plan is None or place[1] not in STANDINGS:
            faults.append(
                Text(
                    zh=f"快照里有方案没有的渠道或状态 {place[:2]}。",
                    en=f"The snapshot counts {place[:2]}, unknown to the scheme.",
                )
            )
        elif family := FAMILIES.get(plan["plugin"]):
            ours, frozen = mine.get(place, {}), theirs.get(place, {})
            names = [n for n in ours.keys() | frozen.keys() if not n.startswith(family.private_counters)]
            compared += len(names)
            faults += (
                differing_counter(place, n, frozen.get(n, 0), ours.get(n, 0))
                for n in sorted(names)
                if type(frozen.get(n, 0)) is not int or frozen.get(n, 0) != ours.get(n, 0)
            )
    report.all_wrong(faults)
    if not faults:
        report.ok(
            zh=f"计数：由报送重新累加的 {compared} 个计数与快照全部相同。",
            en=f"Counters: {compared} sums counted anew from the entries equal the snapshot's.",
        )


def differing_counter(place: tuple[str, str, str], name: str, frozen: Any, ours: int) -> Text:
    channel, standing, unit = place
    return Text(
        zh=(
            f"计数不符：渠道 {channel}，单位 {unit or '（整个渠道）'}，{standing}，{name}：快照 "
            f"{frozen}，按报送重算 {ours}。"
        ),
        en=(
            f"Counter differs: channel {channel}, unit {unit or '(whole channel)'}, {standing}, {name}: "
            f"snapshot {frozen}, counted anew {ours}."
        ),
    )
