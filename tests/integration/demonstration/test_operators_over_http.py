"""Operators of Ma'anshan's hotlines, press and poll: own channel only, a file, evidence, refusals."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from tests.integration.demonstration.test_scheme_over_http import PERIOD, Call, call, opened

__all__ = ["call", "opened"]
CASE = {"unit": "A02", "case": "1", "accepted_at": "2017-03-01", "closed_at": "2017-03-05"}
CASE |= {"followed_up": "是", "reached": "是", "resolved": "是", "opinion": "satisfied"}
TOO_EARLY = {**CASE, "closed_at": "2017-02-01"}
TALLY = {"unit": "A02", "option": "satisfied", "count": "31"}
PDF = b"%PDF-1.7\nevidence\n"
CHANNELS = [
    pytest.param("hotline_12345", "hotline", CASE, TOO_EARLY, marks=pytest.mark.mission("002-27")),
    pytest.param("web_messages", "messages", CASE, TOO_EARLY, marks=pytest.mark.mission("002-28")),
    pytest.param("newspaper", "press", CASE, TOO_EARLY, marks=pytest.mark.mission("002-29")),
    pytest.param(
        "web_poll", "web_poll", TALLY, {**TALLY, "count": "-1"}, marks=pytest.mark.mission("002-32")
    ),
]


@pytest.fixture
def own_folder(app: Flask, tmp_path: Path) -> Iterator[None]:
    """Evidence of this test goes to a folder of its own."""
    name = "pingyi.configuration"
    before = app.extensions[name]
    app.extensions[name] = replace(before, evidence=str(tmp_path / "evidence"))
    yield
    app.extensions[name] = before


def table(row: Mapping[str, Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([row.keys(), row.values()])
    return out.getvalue().encode()


@pytest.mark.parametrize(("channel", "plugin", "right", "wrong"), CHANNELS)
def test_operator_brings_files_with_evidence_to_its_own_channel_only(
    app: Flask,
    call: Call,
    opened: None,
    own_folder: None,
    office: dict[str, str],
    security: dict[str, str],
    channel: str,
    plugin: str,
    right: dict[str, str],
    wrong: dict[str, str],
) -> None:
    client = app.test_client()
    listed = {each["key"]: each["operator"] for each in call("GET", PERIOD, office).json["channels"]}
    issued = call("POST", "/api/v1/keys", security, {"operator": listed[channel]}).json["token"]
    key = {"Authorization": f"Bearer {issued}"}
    own = {name for name, operator in listed.items() if operator == listed[channel]}
    assert {each["key"] for each in call("GET", PERIOD, key).json["channels"]} == own
    base = f"{PERIOD}/{plugin}/{channel}"
    brought = client.post(f"{base}/evidence", data=PDF, headers=key).json["reference"]
    refused = client.post(f"{base}/uploads", data=table({**wrong, "evidence": brought}), headers=key).json
    assert (refused["state"], refused["counts"]["wrong"]) == ("wrong", 1)
    sent = client.post(f"{base}/uploads", data=table({**right, "evidence": brought}), headers=key).json
    assert (sent["state"], sent["counts"]["new"]) == ("ready", 1), sent
    done = client.post(f"{base}/uploads/{sent['upload']}/confirmation", headers=key)
    assert done.status_code == 201, done.text
    (entry,) = call("GET", f"{base}/entries", key).json["entries"]
    assert (entry["unit"], entry["values"]["evidence"]) == ("A02", brought)
    digest = brought.removeprefix("sha256:")
    assert client.get(f"{base}/evidence/{digest}", headers=key).data == PDF
    foreign = client.post(
        f"{PERIOD}/partner_score/work_law/uploads", data=b"unit,score\nA02,1\n", headers=key
    )
    assert foreign.status_code == 403
