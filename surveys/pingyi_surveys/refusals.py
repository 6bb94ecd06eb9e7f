"""What the triggers of our tables refuse, by SQLSTATE."""

from __future__ import annotations

from typing import Final

from pingyi.channels import Text
from pingyi.domain.errors import Problem

_TAKES_BALLOTS = Text(
    zh="此渠道由本系统收票，结果在开箱时产生，不能另行报送或撤回。",
    en="This channel takes ballots here: its entries come of the opening; nobody delivers or withdraws any.",
)


def takes_ballots() -> Problem:
    """The channel has a box, which alone brings its entries."""
    return Problem("takes_ballots", 409, _TAKES_BALLOTS)


REFUSALS: Final = {"PY006": takes_ballots}
