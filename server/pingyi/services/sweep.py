"""Periodic work: finds what no request stands for, and removes what has run out."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, func, insert, literal, select

from pingyi.db import transaction
from pingyi.models import LedgerPending, OutboxRow, Session, Unfolded
from pingyi.services.evidence.evidence import clean_evidence
from pingyi.services.intake.recount import refold_outdated
from pingyi.topics import FOLD, SEAL

_END_SESSIONS = delete(Session).where(Session.created_at < func.now() - timedelta(days=1))
_REQUEST = insert(OutboxRow).returning(OutboxRow.id)
_FOLD = _REQUEST.from_select(
    ["topic", "subject_id"],
    select(literal(FOLD), Unfolded.channel_id)
    .distinct()
    .where(~exists().where(OutboxRow.topic == FOLD, OutboxRow.subject_id == Unfolded.channel_id)),
)
_SEAL = _REQUEST.from_select(
    ["topic", "subject_id"],
    select(literal(SEAL), literal(0)).where(
        exists().select_from(LedgerPending), ~exists().where(OutboxRow.topic == SEAL)
    ),
)


def sweep_up() -> int:
    """Count outdated channels anew, request lost folding, remove what ran out; returns the requests."""
    refold_outdated()
    clean_evidence()
    with transaction() as connection:
        connection.execute(_END_SESSIONS)
        return sum(len(connection.execute(requests).all()) for requests in (_FOLD, _SEAL))
