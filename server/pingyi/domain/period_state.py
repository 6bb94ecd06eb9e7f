"""The states a period goes through, and the spans of them in which something is allowed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class PeriodState(StrEnum):
    """In their order; an approved act leads back to open from closed, assessed or published."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    ASSESSED = "assessed"
    PUBLISHED = "published"
    ARCHIVED = "archived"


UNTIL_OPENING: Final = (PeriodState.DRAFT,)
UNTIL_CLOSING: Final = (PeriodState.DRAFT, PeriodState.OPEN)
UNTIL_RELEASE: Final = (PeriodState.DRAFT, PeriodState.OPEN, PeriodState.CLOSED, PeriodState.ASSESSED)
AFTER_CLOSING: Final = (PeriodState.CLOSED, PeriodState.ASSESSED, PeriodState.PUBLISHED)
WITH_RESULT: Final = (PeriodState.ASSESSED, PeriodState.PUBLISHED)
RELEASED: Final = (PeriodState.PUBLISHED, PeriodState.ARCHIVED)
