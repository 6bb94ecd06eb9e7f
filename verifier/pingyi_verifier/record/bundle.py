"""The public bundle that is checked, as far as it has been read; processes that share the work inherit it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pingyi_verifier.formulas.channels import Family
from pingyi_verifier.log.signed_notes import Key

Place = tuple[int, int]  # of a leaf in the record: position of its epoch, number of the leaf


class Reader(NamedTuple):
    """How a channel's entries are read: columns of its file, its formulas (None: foreign) and settings."""

    columns: list[str]
    known: frozenset[str]
    family: Family | None
    settings: Mapping[str, Any]


@dataclass
class Bundle:
    """Its files, and what must be known of them before the leaves are read one by one."""

    period: str
    files: Mapping[str, bytes]
    witnesses: tuple[Key, ...] = ()  # whose lines under the heads are checked
    snapshot: Mapping[str, Any] = field(default_factory=dict)
    plans: dict[str, dict[str, Any]] = field(default_factory=dict)  # channel -> its table in the scheme
    readers: dict[str, Reader] = field(default_factory=dict)  # channel -> how its entries are read
    leaves: list[list[bytes]] = field(default_factory=list)  # the lines of leaves/, by epoch
    replaced: frozenset[str] = frozenset()  # digests that other leaves name as replaced
    frozen_at: Place = (0, 0)  # the leaf that froze the snapshot
    openings: dict[str, Any] = field(default_factory=dict)  # channel -> the delivery that came out of its box
    every_row: bool = False  # keep each entry apart, to name rows that differ
    secret: bytes = field(default_factory=lambda: os.urandom(16))  # see `mark`
