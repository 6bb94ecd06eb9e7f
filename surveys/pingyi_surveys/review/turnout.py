"""How many ballots were cast so far: seen only by an act of its own on the record, never what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pingyi.db import rows
from pingyi.ledger.leaves import record
from pingyi.services.core.callers import Caller
from pingyi.services.periods.periods import PeriodRow


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxTurnout:
    """A box and how many ballots lie in it; `cards`: of a roster, else None; `opened` once it was counted."""

    channel: str
    kind: str
    sealed: int
    cards: int | None
    opened: bool


def view_turnout(connection: Connection, caller: Caller, period: PeriodRow) -> Sequence[BoxTurnout]:
    """The turnout of every box of a period; that it was looked at goes on the record."""
    turnout = rows(connection, BoxTurnout, _TURNOUT, period=period.id)
    record(connection, "turnout.viewed", {"period": period.key, "by": caller.name}, period.id)
    return turnout


_TURNOUT = """
SELECT c.key AS channel, b.kind, coalesce(o.sealed, s.sealed, 0) AS sealed,
  CASE b.kind WHEN 'roster' THEN coalesce(l.cards, 0) END AS cards, o.channel_id IS NOT NULL AS opened
FROM ballot_box b JOIN channel c ON c.id = b.channel_id LEFT JOIN box_opening o ON o.channel_id = b.channel_id
LEFT JOIN (SELECT channel_id, count(*) AS sealed FROM sealed_ballot GROUP BY 1) s ON s.channel_id = c.id
LEFT JOIN (
  SELECT channel_id, sum(cards)::bigint AS cards FROM card_list WHERE purpose = 'card' GROUP BY 1
) l ON l.channel_id = c.id
WHERE c.period_id = :period ORDER BY c.position
"""
