"""results.json and results.csv are, byte for byte, what the snapshot comes to."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pingyi_verifier.folder.canonical_json import canonical, read_json, same
from pingyi_verifier.folder.manifest import needed
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import Text
from pingyi_verifier.result.assess import add_whole, assess
from pingyi_verifier.result.held_evidence import score_all_whole
from pingyi_verifier.result.scores import score_channels
from pingyi_verifier.result.table import results_csv


def check_results(
    report: Report, bundle: Bundle, computed: Mapping[str, Any], whole: Mapping[str, Any]
) -> None:
    """results.json and results.csv are, byte for byte, what the snapshot comes to."""
    files, snapshot = bundle.files, bundle.snapshot
    scheme = tomllib.loads(snapshot["scheme"].removeprefix("\ufeff"))
    printed = read_json(needed(files, "results.json"))
    scores = score_channels(report, bundle, computed, printed)
    document = assess(scheme, snapshot, scores)
    if any(standings.get("held") for standings in snapshot["counters"].values()):
        add_whole(document, assess(scheme, snapshot, score_all_whole(bundle, whole, scores, printed)))
    faults: list[Text] = []
    if canonical(document) + b"\n" != files["results.json"]:
        faults = list(differences(document, printed))
        faults = faults or [
            Text(zh="results.json 的写法不是规定的那一种。", en="results.json is not spelt as it must be.")
        ]
    if (table := results_csv(scheme, document)) != needed(files, "results.csv"):
        pairs = zip(table.split(b"\n"), files["results.csv"].split(b"\n"), strict=False)
        line = next((n for n, (one, other) in enumerate(pairs, 1) if one != other), "—")
        faults.append(
            Text(
                zh=f"results.csv 第 {line} 行起与重算的结果不同。",
                en=f"results.csv is not the recomputed table, from line {line} on.",
            )
        )
    report.all_wrong(faults)
    if not faults:
        ranked = sum(unit["rank"] is not None for unit in document["units"])
        report.ok(
            zh=(
                f"结果：{len(document['units'])} 个单位的得分、总分、名次（{ranked} 个参与排名）、等次和"
                "拟议措施重算后逐字节相同。"
            ),
            en=(
                f"Result: points, totals, ranks ({ranked} ranked), grades and proposals of "
                f"{len(document['units'])} units come out the same, byte for byte."
            ),
        )
        tell_review(report, document["units"])


def tell_review(report: Report, units: Sequence[Mapping[str, Any]]) -> None:
    if any("review" in unit for unit in units):
        codes = ", ".join(unit["unit"] for unit in units if unit["review"]) or "—"
        report.ok(
            zh=f"含待核查票的总分和名次重算后也相同；名次因此不同、标“复核”的单位：{codes}。",
            en=(
                "With held evidence counted, totals and ranks come out the same too; ranks differ and "
                f"are to be reviewed: {codes}."
            ),
        )


def differences(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[Text]:
    """Where a printed result differs from the recomputed one."""
    for name in sorted(mine.keys() | theirs.keys()):
        if name != "units" and not same(mine.get(name), theirs.get(name)):
            yield Text(
                zh=f"results.json 的 {name}：公布 {shown(theirs.get(name))}，重算 {shown(mine.get(name))}。",
                en=(
                    f"results.json, {name}: printed {shown(theirs.get(name))}, recomputed "
                    f"{shown(mine.get(name))}."
                ),
            )
    ours = {unit["unit"]: flat(unit) for unit in mine["units"]}
    printed = {unit["unit"]: flat(unit) for unit in theirs["units"]}
    for code in [*ours, *(code for code in printed if code not in ours)]:
        one, other = ours.get(code, {}), printed.get(code, {})
        for name in sorted(one.keys() | other.keys()):
            if not same(one.get(name), other.get(name)):
                yield Text(
                    zh=f"单位 {code} 的 {name}：公布 {shown(other.get(name))}，重算 {shown(one.get(name))}。",
                    en=(
                        f"Unit {code}, {name}: printed {shown(other.get(name))}, recomputed "
                        f"{shown(one.get(name))}."
                    ),
                )
    if list(ours) != list(printed):
        yield Text(
            zh="results.json 中单位的次序不对。", en="The order of the units in results.json is wrong."
        )


def flat(value: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for name, inner in value.items():
        cells |= flat(inner, f"{above}{name}.") if isinstance(inner, dict) else {f"{above}{name}": inner}
    return cells


def shown(value: Any) -> str:
    return "—" if value in (None, "") else json.dumps(value, ensure_ascii=False)[:200]
