"""Writes a ready-made scheme's demonstration as a bundle: the same bytes for the same seed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.schemes import shipped_scheme
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.units import UnitRow
from pingyi_demonstration.data.deliveries import SEED
from pingyi_demonstration.data.evaluation import Evaluation
from pingyi_demonstration.data.ready_made import evaluation_of

UNITS = ("code", "name", "category", "parent", "subordination", "superior", "aliases")
ROLLS = ("channel", "name", "count", "stratum")
ADJUSTMENTS = ("unit", "kind", "points", "reason", "document", "target")
PREVIOUS = ("period", "unit", "category", "total", "rank", "of")


def write_bundle(key: str, folder: Path, seed: int = SEED) -> int:
    """Write the demonstration of a ready-made scheme into an empty or new folder; how many entries it has.

    Raises Problem: not_found (no such scheme), out_unwritable (the folder cannot be written, or holds files).
    """
    evaluation = evaluation_of(key, seed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise _unwritable(folder, Text(zh="文件夹不是空的", en="the folder is not empty"))
        for name, content in _files(evaluation).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content.encode())
    except OSError as error:
        reason = error.strerror or str(error)
        raise _unwritable(folder, Text(zh=reason, en=reason)) from error
    return sum(len(wave) for waves in evaluation.entries.values() for wave in waves)


def _unwritable(folder: Path, reason: Text) -> Problem:
    message = Text(zh=f"无法写入“{folder}”:{reason.zh}。", en=f"{folder} cannot be written: {reason.en}.")
    return Problem("out_unwritable", 500, message)


def _files(evaluation: Evaluation) -> dict[str, str]:
    files = {
        "scheme.toml": shipped_scheme(evaluation.scheme),
        "period.toml": _period(evaluation.draft),
        "units.csv": _table(UNITS, map(_unit, evaluation.units)),
    }
    for name, keys, rows in _particulars(evaluation):
        if rows:
            files[name] = _table(keys, ({key: getattr(row, key) for key in keys} for row in rows))
    for channel, waves in evaluation.entries.items():
        flat = [_flat(entry) for wave in waves for entry in wave]
        columns = tuple(dict.fromkeys(("unit", *(column for row in flat for column in row))))
        files[f"entries/{channel}.csv"] = _table(columns, flat)
    return files


def _particulars(evaluation: Evaluation) -> Iterator[tuple[str, tuple[str, ...], Sequence[object]]]:
    yield "rolls.csv", ROLLS, evaluation.rolls
    yield "adjustments.csv", ADJUSTMENTS, evaluation.adjustments
    yield "previous.csv", PREVIOUS, evaluation.previous


def _period(draft: PeriodDraft) -> str:
    dates = f"starts_on = {draft.starts_on}\nends_on = {draft.ends_on}\n"
    return f'key = "{draft.key}"\n{dates}demonstration = true\n'


def _unit(unit: UnitRow) -> Mapping[str, Any]:
    return {key: getattr(unit, key) for key in UNITS[:-1]} | {"aliases": ";".join(unit.aliases)}


def _flat(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry's columns: a mapping becomes a column for each of its keys."""
    flat: dict[str, Any] = {}
    for name, value in entry.items():
        flat |= (
            {f"{name}.{key}": v for key, v in value.items()} if isinstance(value, Mapping) else {name: value}
        )
    return flat


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
