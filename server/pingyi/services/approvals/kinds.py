"""Kinds of approvals: what a request says to both people, and what its approval does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.services.periods.periods import Approved, PeriodRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """What was asked for and what became of it; the answer's fields are empty while it is pending.

    `period` is "" for a request that belongs to no period but to the installation.
    `requested_by` and `answered_by` are what the record says; `asker` and `answerer` what people read.
    """

    id: int
    kind: str
    period: str
    content: Mapping[str, Any]
    reason: str
    requested_by: str
    requested_at: datetime
    state: str
    unit_name: str
    answered_by: str
    answered_at: datetime | None
    answer: str
    asker: str
    answerer: str


Moment = Callable[[datetime], str]


Place = TypeVar("Place", bound=PeriodRow | None)
"""Where a kind belongs: a period, or None for the installation as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalKind(Generic[Place]):
    """One kind of approval; `key` is its stored spelling.

    `words` say what is asked, with a way to print times. `carry_out` does it in the answer's transaction; it
    is called with the period, or with None where the kind is not `of_period` and belongs to the installation.
    `private` names what of the content stands on the record as a commitment only. `alone`: an assessment
    under way ends first, so that what is approved is looked at as it stands; a kind without a period that
    asks for it is a ValueError. `subject`, called inside a request, gives the address of the page about what
    is asked.
    """

    key: str
    words: Callable[[ApprovalRequest, Moment], Text]
    carry_out: Callable[[Connection, Approved, Place, ApprovalRequest], object]
    private: frozenset[str] = frozenset()
    alone: bool = False
    of_period: bool = True
    subject: Callable[[ApprovalRequest], str] | None = None

    def __post_init__(self) -> None:
        if self.alone and not self.of_period:
            raise ValueError(f"{self.key}: only a period is assessed, so nothing else waits for that")
