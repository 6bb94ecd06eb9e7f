"""The whole record, read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pingyi_verifier.log.signed_notes import Key
from pingyi_verifier.record.acts import Act
from pingyi_verifier.record.blocks import Block, Rows
from pingyi_verifier.record.bundle import Place
from pingyi_verifier.record.epochs import Epoch, Log
from pingyi_verifier.record.signed_heads import SignedHead
from pingyi_verifier.report.sentences import Text


@dataclass
class Record:
    """Blocks and acts in the order of the log, its heads, and what was computed of each channel."""

    logs: list[Log]
    blocks: list[Block]
    acts: list[Act]
    heads: list[tuple[Epoch, SignedHead | Text]]
    rows: dict[str, Rows | Text]  # channel -> rows of its entries file
    scores: dict[str, Any]  # channel -> scores of its units
    whole: dict[str, Any]  # channel -> scores with held evidence counted
    cosigned: list[tuple[Key, Place]] = field(default_factory=list)  # who signed rightly, up to where
