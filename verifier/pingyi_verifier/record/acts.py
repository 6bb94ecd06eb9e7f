"""Acts: whatever the record tells of besides entries and ballots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pingyi_verifier.record.bundle import Place


class Act(NamedTuple):
    """An act at its place in the record: epoch and number of its leaf."""

    place: Place
    body: dict[str, Any]


def acts_of(acts: Sequence[Act], *kinds: str) -> list[Act]:
    return [act for act in acts if act.body["kind"] in kinds]
