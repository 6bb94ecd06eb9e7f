"""Acts of no period stand on the record beside those of a period, whose bundle is checked as before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from tests.integration.record.checking import check
from tests.integration.record.conftest import play, stored
from tests.notices import ADDRESSEE, REASON, ask_notice, bring_notices

from pingyi.db import transaction
from pingyi.ledger.fsck import check_record
from pingyi.ledger.sealing import seal
from pingyi.services.approvals.approvals import approve_request, refuse_request
from pingyi.services.core.callers import SHELL, Caller
from pingyi.settings import Settings

Export = Callable[..., Path]
KINDS = ["act.requested", "act.requested", "notice.issued", "act.approved", "act.refused"]
ADA = Caller(name="ada")


def notices(number: int) -> None:
    """One that is issued, one that is refused."""
    issued, refused = ask_notice(ADA, number), ask_notice(ADA, number + 1)
    with transaction() as connection:
        approve_request(connection, SHELL, issued.id, f"同意{ADDRESSEE}")
        refuse_request(connection, SHELL, refused.id, f"{ADDRESSEE}已离任")


def test_bundle_beside_acts_of_no_period_is_right_and_shows_only_their_digests(
    app: Flask, settings: Settings, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_notices(app, monkeypatch)
    notices(1)
    play(settings)
    notices(3)
    seal(settings)
    folder = export()
    done = check(folder)
    assert (done.status, done.wrong) == (0, [])
    outside = stored(
        "SELECT kind, body, encode(hash, 'hex') AS digest FROM leaf"
        " WHERE period_id IS NULL AND kind = ANY(:kinds) ORDER BY id",
        kinds=KINDS,
    )
    assert sorted(row.kind for row in outside) == sorted(KINDS * 2)
    lines = (folder / "leaves/1.txt").read_text(encoding="utf-8").splitlines()
    assert {f"- {row.digest}" for row in outside} <= set(lines)
    whole = b"".join(row.body for row in outside).decode()
    assert "notice.issued" not in "".join(lines)
    assert ADDRESSEE not in whole and REASON not in whole
    asked = json.loads(outside[0].body)
    assert asked["content"] == {"number": 1} and sorted(asked["commitments"]) == ["addressee", "reason"]
    assert "period" not in asked
    with transaction() as connection:
        assert check_record(connection).findings == []
