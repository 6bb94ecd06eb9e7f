"""The rows of a CSV file."""

from __future__ import annotations

import csv
import io

from pingyi_verifier.report.sentences import UnfitError


def read_rows(content: bytes, name: str) -> list[dict[str, str]]:
    """The rows of a CSV file by column."""
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    if not lines or len(set(lines[0])) != len(lines[0]):
        raise UnfitError(zh=f"{name} 没有可用的表头。", en=f"{name} has no usable header.")
    if any(len(line) != len(lines[0]) for line in lines):
        raise UnfitError(
            zh=f"{name} 有的行列数不对。", en=f"{name} has rows of another length than its header."
        )
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
