"""Reading: the snapshot, then leaves, heads, entries files and scores, all at once."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

from pingyi_verifier.entries.files import entry_columns, sum_file
from pingyi_verifier.folder.canonical_json import read_json
from pingyi_verifier.folder.manifest import needed
from pingyi_verifier.formulas.channels import FAMILIES
from pingyi_verifier.log.heads import Head
from pingyi_verifier.log.tree import Tree
from pingyi_verifier.record.acts import Act
from pingyi_verifier.record.blocks import Block
from pingyi_verifier.record.bundle import Bundle, Reader
from pingyi_verifier.record.epochs import Epoch, Log, read_epochs, read_leaf_lines, read_notes
from pingyi_verifier.record.expected_leaves import expect_leaves
from pingyi_verifier.record.leaves import BLOCK, BLOCK_LEVELS, read_block
from pingyi_verifier.record.pins import Pin, check_pins
from pingyi_verifier.record.processes import Task, at_once
from pingyi_verifier.record.record import Record
from pingyi_verifier.record.restores import check_restores
from pingyi_verifier.record.signed_heads import check_heads, read_note
from pingyi_verifier.record.witnesses import check_witnesses
from pingyi_verifier.report.report import Report
from pingyi_verifier.result.held_evidence import score_whole
from pingyi_verifier.result.scores import score_channel


def read_snapshot(bundle: Bundle) -> None:
    """Read the snapshot, and from its scheme which channels there are."""
    snapshot = read_json(needed(bundle.files, "snapshot.json"))
    plans = {
        plan["key"]: plan for plan in tomllib.loads(snapshot["scheme"].removeprefix("\ufeff"))["channels"]
    }
    for plan in plans.values():
        plan.setdefault("settings", {})
        plan["plugin"].encode()
    columns = entry_columns(bundle.files)
    for key, plan in plans.items():
        family, shown = FAMILIES.get(plan["plugin"]), columns.get(key, [])
        settings = plan["settings"] if family is None else family.complete(plan["settings"])
        bundle.readers[key] = Reader(shown, frozenset(shown), family, settings)
    bundle.snapshot, bundle.plans = snapshot, plans


def read_record(report: Report, bundle: Bundle) -> Record:
    """Read leaves, heads, entries files and scores."""
    epochs = read_epochs(bundle.files)
    notes: list[tuple[Epoch, str]] = []
    with report.part("heads.jsonl", "heads.jsonl"):
        notes = read_notes(bundle.files, epochs)
    bundle.leaves = [read_leaf_lines(bundle.files, epoch) for epoch in epochs]
    expect_leaves(bundle)
    runs = [(n, first) for n, lines in enumerate(bundle.leaves) for first in range(0, len(lines), BLOCK)]
    tasks: list[Task] = [(read_block, run) for run in runs]
    tasks += [(read_note, (note, epoch.key)) for epoch, note in notes]
    tasks += [(task, (key,)) for task in (sum_file, score_channel, score_whole) for key in bundle.plans]
    done = iter(at_once(bundle, tasks))
    by_epoch: list[list[Block]] = [[] for _ in epochs]
    for position, _ in runs:
        by_epoch[position].append(next(done))
    return Record(
        logs=[
            Log(epoch, Tree([block.levels for block in blocks], BLOCK_LEVELS))
            for epoch, blocks in zip(epochs, by_epoch, strict=True)
        ],
        blocks=[block for blocks in by_epoch for block in blocks],
        acts=[
            Act((position, leaf.at), leaf.body)
            for position, blocks in enumerate(by_epoch)
            for block in blocks
            for leaf in block.acts
        ],
        heads=[(epoch, next(done)) for epoch, _ in notes],
        rows={key: next(done) for key in bundle.plans},
        scores={key: next(done) for key in bundle.plans},
        whole={key: next(done) for key in bundle.plans},
    )


def check_record(report: Report, bundle: Bundle, pins: Sequence[Pin]) -> Record:
    """Tree, restores, heads, pins and witnesses."""
    record = read_record(report, bundle)
    report.all_wrong([fault for block in record.blocks for fault in block.faults])
    lost: dict[str, Head] = {}
    with report.part("恢复记录", "Restores"):
        lost = check_restores(report, record.logs, record.acts)
    with report.part("树头", "Heads"):
        check_heads(report, record.logs, record.heads, lost)
    with report.part("外部树头", "Pins"):
        check_pins(report, record.logs, pins, lost)
    with report.part("见证", "Witnesses"):
        check_witnesses(report, bundle, record)
    return record
