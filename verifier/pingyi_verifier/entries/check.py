"""All checks of entries."""

from __future__ import annotations

from pingyi_verifier.entries.counters import check_counters
from pingyi_verifier.entries.files import check_entry_files
from pingyi_verifier.entries.standing import follow
from pingyi_verifier.record.bundle import Bundle
from pingyi_verifier.record.record import Record
from pingyi_verifier.report.report import Report


def check_entries(report: Report, bundle: Bundle, record: Record) -> None:
    """Corrections and dispositions, then files and counters."""
    entries = follow(bundle, record.blocks)
    report.all_wrong(entries.faults)
    if not entries.faults:
        report.ok(
            zh=(
                f"报送记录：{entries.seen} 条，其中更正 {entries.corrections} 条、处置 "
                f"{entries.dispositions} 条，前后相接；现行 {entries.standing} 条。"
            ),
            en=(
                f"Entry leaves: {entries.seen}, of them {entries.corrections} corrections and "
                f"{entries.dispositions} dispositions, each linked to what it replaces; "
                f"{entries.standing} stand."
            ),
        )
    if entries.late:
        report.note(
            zh=f"快照之后又有 {entries.late} 条报送，不计入这份结果。",
            en=f"{entries.late} entries came after the snapshot; this result does not count them.",
        )
    with report.part("entries/", "entries/"):
        check_entry_files(report, bundle, entries, record.rows)
    check_counters(report, bundle, entries)
