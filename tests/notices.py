"""A small extension with an approval that belongs to no period: that a notice of the office is issued."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.extensions import EXTENSION, Extension, Extensions, RegisteredExtension
from pingyi.ledger.leaves import record
from pingyi.services.approvals.approvals import request_approval
from pingyi.services.approvals.kinds import ApprovalKind, ApprovalRequest
from pingyi.services.core.callers import Caller
from pingyi.services.periods.periods import Approved

REASON = "经会议研究"
ADDRESSEE = "李四"


def issue(connection: Connection, approved: Approved, period: None, request: ApprovalRequest) -> None:
    """Its effect is a leaf, which nobody can write twice unseen."""
    assert period is None
    content = {"number": request.content["number"], **approved.told()}
    record(connection, "notice.issued", content)


NOTICE = ApprovalKind(
    key="notice",
    words=lambda request, moment: Text(
        zh=f"印发第 {request.content['number']} 号通知（{moment(request.requested_at)[:4]} 年）",
        en=f"Issue notice {request.content['number']}",
    ),
    carry_out=issue,
    private=frozenset({"addressee"}),
    of_period=False,
    subject=lambda request: f"/check?notice={request.content['number']}",
)


def bring_notices(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the extension in a running application, beside those that it has."""
    extension = Extension(key="notices", init_app=lambda _: None, approval_kinds=lambda: (NOTICE,))
    installed: Extensions = app.extensions[EXTENSION]
    brought = RegisteredExtension(extension, "notices", "1")
    monkeypatch.setitem(app.extensions, EXTENSION, replace(installed, working=(*installed.working, brought)))


def ask_notice(caller: Caller, number: int = 7, repeat_key: str = "") -> ApprovalRequest:
    """Ask for a notice in a transaction of its own."""
    content = {"number": number, "addressee": ADDRESSEE}
    with transaction() as connection:
        return request_approval(connection, caller, None, NOTICE, content, REASON, repeat_key)


def notices_issued() -> int:
    """How many notices were issued."""
    with transaction() as connection:
        issued: int = connection.execute(
            text("SELECT count(*) FROM leaf WHERE kind = 'notice.issued' AND period_id IS NULL")
        ).scalar_one()
    return issued
