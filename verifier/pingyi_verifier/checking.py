"""The whole check: one part after the other; what cannot be read ends its part, not the check."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Sequence
from pathlib import Path

from pingyi_verifier.ballots.check import check_ballots
from pingyi_verifier.draws import check_draw
from pingyi_verifier.entries.check import check_entries
from pingyi_verifier.folder.canonical_json import read_json
from pingyi_verifier.folder.manifest import check_manifest
from pingyi_verifier.reading import check_record, read_snapshot
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.record.leaves import read_all_leaves
from pingyi_verifier.record.pins import read_pins
from pingyi_verifier.record.publication import check_publication
from pingyi_verifier.record.record import Record
from pingyi_verifier.record.witnesses import read_witnesses
from pingyi_verifier.report.report import Report
from pingyi_verifier.result.comparison import check_results
from pingyi_verifier.snapshot.plain_files import check_plain_files
from pingyi_verifier.snapshot.registers import check_registers
from pingyi_verifier.snapshot.second_person import check_two_persons

KNOWN_FILES = re.compile(
    r"scheme\.toml|period\.toml|(units|rolls|adjustments|decisions|previous|results)\.csv"
    r"|(snapshot|epochs|results|record)\.json|heads\.jsonl|verify\.py"
    r"|entries/[^/]+\.csv|leaves/[0-9]+\.txt|revisions/[0-9]+/results\.json|draws/[^/]+\.json"
)


def verify(folder: Path, pins: Sequence[str] = (), lang: str = "zh", witnesses: Sequence[str] = ()) -> int:
    """Check everything, say what was checked and what is wrong; 0 where nothing is, else 1."""
    report = Report(lang)
    began = time.monotonic()
    collecting = gc.isenabled()
    gc.disable()  # a million values and no circles: twice as fast without
    try:
        with report.part("文件夹", "The folder"):
            check_all(report, folder, pins, witnesses)
    finally:
        if collecting:
            gc.enable()
    seconds = f"{time.monotonic() - began:.1f}"
    if report.faults:
        report.wrong(
            zh=f"结论：有 {report.faults} 处不符，这份结果不可采信。（{seconds} 秒）",
            en=f"Conclusion: {report.faults} things are wrong; do not rely on this result. ({seconds} s)",
        )
        return 1
    report.ok(
        zh=f"结论：能够核对的全部相符。（{seconds} 秒）",
        en=f"Conclusion: all that can be checked is right. ({seconds} s)",
    )
    return 0


def check_all(report: Report, folder: Path, pins: Sequence[str], witnesses: Sequence[str]) -> None:
    """The manifest, the record, then all that rests on it."""
    bundle = Bundle(*check_manifest(report, folder))
    if others := sorted(name for name in bundle.files if not KNOWN_FILES.fullmatch(name)):
        names = ", ".join(others[:10])
        report.note(
            zh=f"除清单的摘要外未核对的文件：{names}。",
            en=f"Not checked beyond the manifest's SHA-256: {names}.",
        )
    heads_outside = read_pins(report, pins)
    bundle.witnesses = read_witnesses(report, witnesses)
    with report.part("snapshot.json", "snapshot.json"):
        read_snapshot(bundle)
    record: Record | None = None
    with report.part("记录（epochs.json、leaves/）", "The record (epochs.json, leaves/)"):
        record = check_record(report, bundle, heads_outside)
    if record is not None and bundle.plans:
        check_content(report, bundle, record)


def check_content(report: Report, bundle: Bundle, record: Record) -> None:
    """What the record tells of, against the files, the snapshot and the result."""
    with report.part("公布记录", "The record's acts"):
        frozen_at = check_publication(report, bundle, record.acts, record.logs)
        if frozen_at != bundle.frozen_at:
            bundle.frozen_at = frozen_at
            record.blocks = read_all_leaves(bundle)
    with report.part("报送", "Entries"):
        check_entries(report, bundle, record)
    with report.part("选票", "Ballots"):
        check_ballots(report, bundle, record)
    with report.part("快照与文件", "The snapshot and the files"):
        check_plain_files(report, bundle)
    with report.part("登记", "Registers"):
        before = [act for act in record.acts if act.place < bundle.frozen_at]
        check_registers(report, bundle.snapshot, before)
    for name in sorted(name for name in bundle.files if name.startswith("draws/")):
        with report.part(name, name):
            check_draw(report, name, read_json(bundle.files[name]), bundle.leaves)
    with report.part("两人", "Two persons"):
        check_two_persons(report, record.acts)
    with report.part("结果", "Result"):
        check_results(report, bundle, record.scores, record.whole)
