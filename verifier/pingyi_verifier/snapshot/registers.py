"""The registers: what the snapshot holds besides sums is what the record saw being set before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pingyi_verifier.folder.canonical_json import canonical, read_json, same
from pingyi_verifier.record.acts import Act, acts_of
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import Text
from pingyi_verifier.snapshot.tables import number_cell

ADJUSTMENTS = ("deduction", "bonus", "warning", "veto", "disqualification")


def check_registers(report: Report, snapshot: Mapping[str, Any], acts: Sequence[Act]) -> None:
    """Units, rolls, earlier results, adjustments and decisions are those that these acts set."""
    faults = [
        Text(
            zh=f"快照中的{register.zh}与记录中登记的不符。",
            en=f"The {register.en} in the snapshot are not those that the record saw being set.",
        )
        for register, as_set in registers(snapshot, acts)
        if not as_set
    ]
    report.all_wrong(faults)
    if not faults:
        report.ok(
            zh="登记：单位、名册数、加减分、决定和往期结果都是记录中登记过的。",
            en=(
                "Registers: units, rolls, adjustments, decisions and earlier results are those set in "
                "the record."
            ),
        )


def registers(snapshot: Mapping[str, Any], acts: Sequence[Act]) -> Iterator[tuple[Text, bool]]:
    """Each register, and whether the snapshot has it as it was set."""
    units = [[row["code"], row["name"], row["category"]] for row in last_set(acts, "units.set", "list")]
    yield Text(zh="单位", en="units"), same(units, [row[:3] for row in snapshot["units"]])
    rolls = last_set(acts, "rolls.set", "rolls")
    yield (
        Text(zh="名册数", en="rolls"),
        Counter(map(canonical, rolls)) == Counter(map(canonical, snapshot["rolls"])),
    )
    previous = acts_of(acts, "previous.set")
    rows = previous[-1].body["rows"] if previous else 0
    yield Text(zh="往期结果", en="earlier results"), same(rows, len(snapshot["previous"]))
    yield Text(zh="加减分", en="adjustments"), adjustments_fit(acts, snapshot["adjustments"])
    yield Text(zh="决定", en="decisions"), decisions_fit(acts, snapshot["decisions"])


def last_set(acts: Sequence[Act], kind: str, name: str) -> list[Any]:
    """The list that the last act of this kind set, which it holds as JSON or as it is."""
    settings = acts_of(acts, kind)
    if not settings:
        return []
    content = settings[-1].body[name]
    return list(read_json(content.encode()) if isinstance(content, str) else content)


def adjustments_fit(acts: Sequence[Act], frozen: Sequence[Sequence[Any]]) -> bool:
    """The adjustments in force are those added in the record and not withdrawn."""
    added: dict[Any, tuple[Any, ...]] = {}
    for act in acts:
        body = act.body
        kind = body.get("what") if body["kind"] == "adjustment.added" else body["kind"]
        if kind in ADJUSTMENTS:
            added[body["adjustment"]] = (body["unit"], kind, number_cell(body["points"]), body["target"])
        elif body["kind"] == "adjustment.withdrawn":
            del added[body["adjustment"]]
    wanted = ((unit, kind, number_cell(points), target) for unit, kind, points, target, *_ in frozen)
    return Counter(added.values()) == Counter(wanted)


def decisions_fit(acts: Sequence[Act], frozen: Sequence[Sequence[Any]]) -> bool:
    """The last decision on each matter is the snapshot's."""
    taken: dict[tuple[Any, ...], Any] = {}
    for act in acts:
        body = act.body
        kind = body.get("what") if body["kind"] == "decision.taken" else body["kind"]
        if kind in ("tie", "switch_off"):
            taken[kind, body["unit"] or "", body["channel"], body["category"]] = body["choice"]
    return taken == {tuple(row[:4]): row[4] for row in frozen}
