"""Kill -9 in the middle of storing a confirmed file: nothing of it, and all of it the next time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from tests.waiting import wait_for

from pingyi.settings import Settings

CHANNEL = "/api/v1/periods/example-2017/partner_score/work_law"
CONFIRM = """
import os
from pingyi.app import create_app
from pingyi.services.core.callers import SHELL
from pingyi.services.uploads.confirmation import confirm
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.settings import load_settings
with create_app(load_settings(os.environ)).app_context():
    confirm(SHELL, ChannelRef(period="example-2017", channel="work_law", plugin="partner_score"), 1)
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def test_killed_confirmation_stores_nothing_and_the_next_one_everything(
    client: FlaskClient,
    operator: dict[str, str],
    stored: Callable[[], dict[str, int]],
    settings: Settings,
) -> None:
    file = "单位,得分\nA01,4\nA02,3\n".encode()
    assert client.post(f"{CHANNEL}/uploads", data=file, headers=operator).json["upload"] == 1
    before = stored()
    engine = create_engine(settings.database_url, poolclass=NullPool)
    with engine.connect() as holder, engine.connect() as watcher:
        # Held as by the office that closes the period: the entries are written but wait for its state.
        holder.execute(text("SELECT pg_advisory_xact_lock(1, CAST(id AS int)) FROM period"))
        variables = {**os.environ, "DATABASE_URL": settings.database_url, "PINGYI_STATE": str(settings.state)}
        process = subprocess.Popen([sys.executable, "-c", CONFIRM], env=variables)

        def waits() -> bool:
            assert process.poll() is None
            return bool(watcher.execute(text(WAITING)).scalar_one())

        wait_for(waits, "the entries to wait for the period's state")
        process.send_signal(signal.SIGKILL)
        process.wait()
        holder.rollback()
    confirmation = f"{CHANNEL}/uploads/1/confirmation"
    assert stored() == before
    assert client.post(confirmation, headers=operator).status_code == 201
    assert stored()["entry"] == before["entry"] + 2
