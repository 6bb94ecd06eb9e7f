"""Periodic work: finds what no request stands for, and removes what has run out."""

from __future__ import annotations

from sqlalchemy import text

from pingyi.db import transaction
from pingyi.outbox import FOLD, SEAL
from pingyi.services.evidence.evidence import clean_evidence
from pingyi.services.intake.recount import refold_outdated


def sweep_up() -> int:
    """Count outdated channels anew, request lost folding, remove what ran out; returns the requests."""
    refold_outdated()
    clean_evidence()
    with transaction() as connection:
        connection.execute(text("DELETE FROM session WHERE created_at < now() - interval '1 day'"))
        folding = connection.execute(
            text(
                "INSERT INTO outbox (topic, subject_id) SELECT DISTINCT :fold, channel_id FROM unfolded"
                " WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.topic = :fold AND o.subject_id = channel_id)"
            ),
            {"fold": FOLD},
        ).rowcount
        sealing = connection.execute(
            text(
                "INSERT INTO outbox (topic, subject_id) SELECT :seal, 0"
                " WHERE EXISTS (SELECT FROM ledger_pending)"
                " AND NOT EXISTS (SELECT FROM outbox WHERE topic = :seal)"
            ),
            {"seal": SEAL},
        ).rowcount
        return folding + sealing
