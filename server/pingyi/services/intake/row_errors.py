"""Errors of a batch of entries, placed in the file that the batch was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pingyi.domain.errors import FieldError


def at_row(error: FieldError, file: str, numbers: Sequence[int]) -> FieldError:
    """An error whose pointer begins with a row's position, placed in the file: its row and its column."""
    position, *path = error.pointer.strip("/").split("/")
    if len(path) > 1 and path[-1] in {"key", "value"}:
        path = path[:-1]
    row = numbers[int(position)] if position.isdigit() and int(position) < len(numbers) else None
    return replace(error, pointer="", file=file, row=row, column=".".join(path))
