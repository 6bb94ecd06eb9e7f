"""A ballot out of its box, and what the quarantine rules say of it: in memory only, never stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

NO_ANSWER: Final = 255


class OpenedBallot(NamedTuple):
    """One ballot between the opening of the box and the quarantine rules.

    `unit`: the code of the unit that the address named, "" on a ballot that rates many units. `stratum`: its
    key, "" where there are none. `day`: days since the first day of the period. `answers`: one index into the
    questionnaire's options per question (`NO_ANSWER`: none). `fill`: class of the time it took to fill in.
    `device` and `network`: marks of 16 bytes, b"" where there is none. `kiosk`: sent from a registered kiosk;
    `visit`: sent with a visit code. `nullifier`: 32 bytes, different on every ballot of a box: sorted by it,
    they have one order whatever the order of the rows.
    """

    unit: str
    stratum: str
    day: int
    answers: tuple[int, ...]
    fill: int
    device: bytes
    network: bytes
    kiosk: bool
    visit: bool
    nullifier: bytes
    comment: str = ""


Judge = Callable[[Sequence[OpenedBallot]], Sequence[str]]
"""Says of each ballot, in the order given, why it is held: a reason, or "" where it counts."""
