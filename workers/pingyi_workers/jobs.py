"""The jobs: ids in, a service called, nothing kept. Each may run twice, late, or never."""

from __future__ import annotations

from flask import current_app

from pingyi.ledger.sealing import seal_paced
from pingyi.services.assessing import assess_period
from pingyi.services.folding import fold_channel
from pingyi.services.upkeep import sweep_up


def fold(channel_id: int) -> int:
    """Fold what waits for a channel."""
    return fold_channel(channel_id)


def assess(period_id: int) -> int:
    """Assess a period that somebody asked to assess."""
    return assess_period(period_id)


def seal(_: int) -> int:
    """Seal the leaves that wait, those of all periods at once."""
    return seal_paced(current_app.extensions["pingyi.configuration"])


def sweep() -> int:
    """Ask again for work that nobody asks for any more."""
    return sweep_up()
