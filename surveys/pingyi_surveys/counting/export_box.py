"""Hands a period's sealed ballots to auditors: a folder from which the opening can be repeated."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, text

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.ledger.leaves import record
from pingyi.services.core.callers import Caller
from pingyi.services.periods.periods import find_period
from pingyi_surveys.counting.match_record import load_leaves, load_rows
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


def hand_out(connection: Connection, caller: Caller, period_key: str, out: Path) -> int:
    """Write sealed rows, their leaves and what was frozen into a new folder; returns the number of rows.

    Nothing in it can be read without the box key, which is not in it; that it was handed out goes on the
    record. Raises Problem not_found, boxes_unopened, ballots_destroyed, out_unwritable.
    """
    period = find_period(connection, period_key)
    require_opened(connection, period.id)
    prepared = newest_prepared(connection, period.id)
    if prepared is None or _destroyed(connection, period.id):
        raise Problem("ballots_destroyed", 410, _GONE.format(period=period.key))
    rows = 0
    boxes = []
    try:
        out.mkdir(mode=0o700, parents=True)
        for told in connection.execute(text(_OPENINGS), {"period": period.id}).all():
            rows += _write(connection, out, period.id, told)
            boxes.append(_box(told, prepared.content[told.channel_id]))
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


def _destroyed(connection: Connection, period_id: int) -> bool:
    return bool(
        connection.execute(
            text("SELECT 1 FROM key_destruction WHERE period_id = :id AND what = 'box'"), {"id": period_id}
        ).first()
    )


def _write(connection: Connection, out: Path, period_id: int, told: Row[Any]) -> int:
    rows = sorted(load_rows(connection, told.channel_id))
    leaves = sorted(load_leaves(connection, period_id, told.channel))
    _write_lines(out / f"{told.channel}.rows.jsonl", map(write_row, rows))
    _write_lines(out / f"{told.channel}.leaves.jsonl", map(write_leaf, leaves))
    return len(rows)


def _write_lines(path: Path, lines: Iterable[bytes]) -> None:
    path.touch(mode=0o600, exist_ok=False)
    with path.open("wb") as file:
        file.writelines(lines)


def _box(told: Row[Any], content: dict[str, Any]) -> ExportedBox:
    return ExportedBox(
        told.channel,
        content,
        Told(
            told.head,
            told.epoch,
            told.size,
            told.sealed,
            told.counted,
            told.held,
            told.rejected,
            [tuple(number) for number in told.numbers],
            told.digest,
        ),
        f"{told.channel}.rows.jsonl",
        f"{told.channel}.leaves.jsonl",
    )


_OPENINGS = """
SELECT o.channel_id, c.key AS channel, o.head, e.number AS epoch, split_part(o.head, ' ', 2)::bigint AS size,
  o.sealed, o.counted, o.held, o.rejected, o.numbers, encode(o.digest, 'hex') AS digest
FROM box_opening o JOIN channel c ON c.id = o.channel_id JOIN epoch e ON e.origin = split_part(o.head, ' ', 1)
WHERE c.period_id = :period ORDER BY c.position
"""
