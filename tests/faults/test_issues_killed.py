"""Kill -9 in the middle of an issue: a draft is left, no leaf says otherwise, and it can be issued."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from tests.small_scheme import LAW, WINDOW, scheme_of
from tests.waiting import wait_for

from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.documents.documents import StoredDocument, find_document
from pingyi.services.documents.drafts import begin_draft
from pingyi.services.documents.scheme_kind import SCHEME
from pingyi.settings import Settings

ISSUE = """
import os
from pingyi.app import create_app
from pingyi.db import transaction
from pingyi.services.documents.documents import find_document
from pingyi.services.documents.issue import issue_document
from pingyi.services.documents.scheme_kind import SCHEME
from pingyi.settings import load_settings
with create_app(load_settings(os.environ)).app_context():
    with transaction() as connection:
        issue_document(connection, {"by": "killed"}, SCHEME, find_document(connection, SCHEME, "small"), 1)
"""
BETWEEN = """
SELECT count(*) FROM pg_locks wrote JOIN pg_locks waits USING (pid)
WHERE wrote.relation = CAST('document' AS regclass) AND wrote.mode = 'RowExclusiveLock' AND wrote.granted
  AND waits.relation = CAST('leaf' AS regclass) AND NOT waits.granted
"""


def issues(settings: Settings, between: Callable[[subprocess.Popen[bytes]], None]) -> None:
    """Issue in another process, which stops between its row and its leaf, where `between` meets it."""
    engine = create_engine(settings.owner_database_url, poolclass=NullPool)
    with engine.connect() as holder, engine.connect() as watcher:
        holder.execute(text("LOCK TABLE leaf IN EXCLUSIVE MODE"))
        variables = {**os.environ, "DATABASE_URL": settings.database_url, "PINGYI_STATE": str(settings.state)}
        process = subprocess.Popen([sys.executable, "-c", ISSUE], env=variables)

        def stopped() -> bool:
            assert process.poll() is None
            return bool(watcher.execute(text(BETWEEN)).scalar_one())

        wait_for(stopped, "the row to be written and the leaf to wait")
        between(process)
        holder.rollback()
        process.wait()


def stored() -> StoredDocument:
    with transaction() as connection:
        return find_document(connection, SCHEME, "small")


def issued_leaves() -> int:
    with transaction() as connection:
        statement = text("SELECT count(*) FROM leaf WHERE kind = 'scheme.issued'")
        count: int = connection.execute(statement).scalar_one()
    return count


def test_killed_issue_leaves_a_draft_and_no_leaf(app: Flask, settings: Settings) -> None:
    with transaction() as connection:
        begin_draft(connection, SHELL, SCHEME, "", scheme_of(LAW, WINDOW))
    before = stored()

    def kill(process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()

    issues(settings, kill)
    assert stored() == before
    assert (before.state, issued_leaves()) == ("draft", 0)
    issues(settings, lambda _process: None)
    assert (stored().state, issued_leaves()) == ("issued", 1)
