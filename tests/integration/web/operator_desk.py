"""An open period in which one operator brings files, evidence, shows, points and visits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from tests.integration.web.conftest import PASSWORD, csrf
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from pingyi.db import transaction
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi.services.evidence.evidence import keep_evidence
from pingyi.services.intake.deliveries import deliver
from pingyi.services.intake.fold import fold_channel
from pingyi.services.people.accounts import AccountDraft, create_account
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.periods import create_period, find_period, open_period
from pingyi.services.periods.rolls import RollRow, put_rolls
from pingyi.services.periods.schemes import store_scheme
from pingyi.services.periods.units import UnitRow, put_units
from pingyi.services.uploads.preview import preview

OWNER, OTHER = "市效能办", "法制办"
UNITS = {"A01": "市第一局", "A02": "市政府信访局与政务公开办公室", "A03": "市第三局"}
SHOW = ChannelRef(period="d4", channel="show", plugin="hotline_show")
POINTS = ChannelRef(period="d4", channel="points", plugin="monitoring_points")
VISITS = ChannelRef(period="d4", channel="visits", plugin="inspections")
LAW = ChannelRef(period="d4", channel="law", plugin="partner_score")
PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n%%EOF\n"
PROOF = f"sha256:{hashlib.sha256(PDF).hexdigest()}"
_CHANNEL = """
[[channels]]
key = "{key}"
plugin = "{plugin}"
operator = "{operator}"
max_points = "25"
title = {{ zh = "{zh}", en = "{en}" }}
{settings}
"""
SCHEME = """
key = "desk"
title = { zh = "效能年评议", en = "Efficiency year" }
full_marks = "100"
decimals = 2
[policies]
missing = "reallocate"
min_coverage = "60"
ties = "competition"
tie_break = []
[[categories]]
key = "departments"
title = { zh = "政府部门", en = "Departments" }
"""
_SHOW = 'settings = { preset = "40/20/20/20", credit = { deputy = "0.8", other = "0.5" }, n_min = 1 }'
_POINTS = """[channels.settings]
options = { satisfied = "100", basic = "60", dissatisfied = "0" }
unscored = ["no_opinion"]
dimensions = { efficiency = "1", service = "1" }
strata = { enterprise = "0.8", village = "0.2" }
n_min = 1
shown_as = "score"
ballot_share = "0.5"
report_weights = { answered_on_time = "0.2", resolved = "0.4", satisfied = "0.4" }
"""
_VISITS = (
    'settings = { items = [{ key = "noon_alcohol", deduct = "20" }, { key = "no_badge", deduct = "2" }] }'
)
CHANNELS = (
    ("show", "hotline_show", OWNER, "政风行风热线上线", "Hotline show", _SHOW),
    ("points", "monitoring_points", OWNER, "效能监测点评议", "Monitoring points", _POINTS),
    ("visits", "inspections", OWNER, "暗访检查", "Covert visits", _VISITS),
    ("law", "partner_score", OTHER, "依法行政", "Lawful administration", 'settings = { scale = "5" }'),
)


def make_desk(*, filled: bool = True) -> None:
    """The period d4, open; with entries, an evidence file and three files to preview where `filled`."""
    names = ("key", "plugin", "operator", "zh", "en", "settings")
    channels = "".join(_CHANNEL.format(**dict(zip(names, each, strict=True))) for each in CHANNELS)
    with transaction() as connection:
        scheme, _, scheme_id = store_scheme(connection, SHELL, SCHEME + channels)
        create_period(connection, SHELL, PeriodDraft(key="d4", demonstration=True), scheme, scheme_id)
        rows = [UnitRow(code=code, name=name, category="departments") for code, name in UNITS.items()]
        put_units(connection, SHELL, find_period(connection, "d4"), scheme, rows)
        rolls = [
            RollRow(channel="points", name="registered", count=count, stratum=kind)
            for kind, count in (("enterprise", 4), ("village", 2))
        ]
        put_rolls(connection, SHELL, find_period(connection, "d4"), rolls)
        open_period(connection, SHELL, "d4")
    if filled:
        _fill()


def _fill() -> None:
    keep_evidence(SHELL, VISITS, PDF)
    deliver(SHELL, ChannelRef(period="d4", channel="show"), _SESSIONS)
    deliver(SHELL, ChannelRef(period="d4", channel="points"), _RETURNS)
    deliver(SHELL, ChannelRef(period="d4", channel="visits"), _FINDINGS)
    deliver(
        SHELL,
        ChannelRef(period="d4", channel="law"),
        [{"unit": "A01", "score": "4", "evidence": "通报第3条"}],
    )
    for place in (SHOW, POINTS, VISITS, LAW):
        with transaction() as connection:
            channel = bound_channel(connection, ChannelRef(period=place.period, channel=place.channel)).id
        fold_channel(channel)
    preview(SHELL, VISITS, CHANGES.encode(), "十一月暗访.csv")
    preview(SHELL, VISITS, MISTAKES.encode(), "十二月暗访.csv")


_SESSIONS: Sequence[dict[str, Any]] = [
    {"unit": "A01", "session": "第1场", "attended_by": "leader", "questions": 12, "answered_on_time": 11},
    {"unit": "A01", "session": "第2场", "attended_by": "deputy", "questions": 7, "answered_on_time": 7},
    {"unit": "A02", "session": "第1场", "attended_by": "absent", "questions": 3, "answered_on_time": 1},
]
_RETURNS: Sequence[dict[str, Any]] = [
    {
        "unit": unit,
        "point": point,
        "stratum": "village" if point.startswith("V") else "enterprise",
        "month": month,
        "answers": {"efficiency": "satisfied", "service": "basic"},
    }
    for unit, point, month in (("A01", "E1", "2017-03"), ("A02", "E2", "2017-03"), ("A01", "V1", "2017-04"))
]
_FINDINGS: Sequence[dict[str, Any]] = [
    {"unit": "A01", "finding": "F1", "item": "no_badge", "state": "released", "evidence": f"照片 {PROOF}"},
    {"unit": "A02", "finding": "F2", "state": "confirmed"},
    {"unit": "A03", "finding": "F3", "item": "noon_alcohol", "state": "recorded"},
]
CHANGES = f"""单位,编号,指标,状态,依据,更正理由
A01,F1,no_badge,confirmed,照片 {PROOF},局方已认可
A02,F2,,confirmed,,
A03,F4,noon_alcohol,recorded,,
"""
MISTAKES = """单位,编号,指标,状态,依据
A01,F5,喝酒,recorded,
A09,F6,no_badge,已认定了,
A03,F7,no_badge,recorded,
"""


def make_person(login: str, operator: str, *roles: str) -> None:
    """An account: an operator's person where an operator is named, else one of the office."""
    draft = AccountDraft(
        login=login, name="某人", password=PASSWORD, roles=roles or ("operator",), operator=operator
    )
    with transaction() as connection:
        create_account(connection, SHELL, draft)


def browser_of(app: Flask, login: str) -> FlaskClient:
    """A browser signed in to an account."""
    client = app.test_client()
    form = {"login": login, "password": PASSWORD, "csrf_token": csrf(client)}
    assert client.post("/sign-in", data=form).status_code == 303
    return client


def send_file(client: FlaskClient, path: str, content: bytes, name: str = "六月.csv") -> Any:
    """The answer to a file sent through the form of a page."""
    # Encoded here: the client would leave a large body in an open temporary file.
    file = FileStorage(BytesIO(content), name)
    boundary, body = encode_multipart({"csrf_token": csrf(client, path), "file": file})
    kind = f'multipart/form-data; boundary="{boundary}"'
    return client.post(path, data=body, content_type=kind, follow_redirects=True)
