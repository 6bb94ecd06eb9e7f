"""Hands a period's sealed ballots to auditors: a folder from which the opening can be repeated."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.ledger.leaves import record
from pingyi.services.core.callers import Caller
from pingyi.services.periods.periods import find_period
from pingyi_surveys.counting.queries import StoredOpening, load_leaves, load_rows, stored_openings
from pingyi_surveys.counting.recount import (
    FORMAT,
    MANIFEST,
    Exported,
    ExportedBox,
    Told,
    write_leaf,
    write_row,
)
from pingyi_surveys.counting.unopened_boxes import require_opened
from pingyi_surveys.setup.key_files import write_private
from pingyi_surveys.setup.prepare_keys import newest_prepared
from pingyi_surveys.setup.queries import BOX, destroyed_keys


def hand_out(connection: Connection, caller: Caller, period_key: str, out: Path) -> int:
    """Write sealed rows, their leaves and what was frozen into a new folder; returns the number of rows.

    Nothing in it can be read without the box key, which is not in it; that it was handed out goes on the
    record. Raises Problem not_found, boxes_unopened, ballots_destroyed, out_unwritable.
    """
    period = find_period(connection, period_key)
    require_opened(connection, period.id)
    prepared = newest_prepared(connection, period.id)
    if prepared is None or BOX in destroyed_keys(connection, period.id):
        raise Problem("ballots_destroyed", 410, _GONE.format(period=period.key))
    rows = 0
    boxes = []
    try:
        out.mkdir(mode=0o700, parents=True)
        for opening in stored_openings(connection, period.id):
            rows += _write(connection, out, period.id, opening)
            boxes.append(_box(opening, prepared.content[opening.channel_id]))
        manifest = Exported(FORMAT, period.key, prepared.public.hex(), boxes)
        write_private(out / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Problem("out_unwritable", 500, _UNWRITABLE.format(out=out, reason=reason)) from error
    record(connection, "ballots.exported", {"period": period.key, "by": caller.name}, period.id)
    return rows


_GONE = Text(
    zh="周期“{period}”没有密封的选票：没有收票，或者密钥和选票已经销毁。",
    en="Period {period} has no sealed ballots: it took none, or they were destroyed with their key.",
)
_UNWRITABLE = Text(
    zh="无法写入新文件夹 {out}（{reason}）。", en="The new folder {out} cannot be written ({reason})."
)


def _write(connection: Connection, out: Path, period_id: int, opening: StoredOpening) -> int:
    rows = sorted(load_rows(connection, opening.channel_id))
    leaves = sorted(load_leaves(connection, period_id, opening.channel))
    _write_lines(out / f"{opening.channel}.rows.jsonl", map(write_row, rows))
    _write_lines(out / f"{opening.channel}.leaves.jsonl", map(write_leaf, leaves))
    return len(rows)


def _write_lines(path: Path, lines: Iterable[bytes]) -> None:
    path.touch(mode=0o600, exist_ok=False)
    with path.open("wb") as file:
        file.writelines(lines)


def _box(opening: StoredOpening, content: dict[str, Any]) -> ExportedBox:
    return ExportedBox(
        opening.channel,
        content,
        Told(
            opening.head,
            opening.epoch,
            opening.size,
            opening.sealed,
            opening.counted,
            opening.held,
            opening.rejected,
            [tuple(number) for number in opening.numbers],
            opening.digest,
        ),
        f"{opening.channel}.rows.jsonl",
        f"{opening.channel}.leaves.jsonl",
    )
