"""An entry corrected under another spelling of its name is one entry to everybody who looks at the bundle."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from tests.conftest import empty, forget
from tests.integration.record.checking import check
from tests.integration.record.conftest import post, publish, scheme, start
from tests.integration.record.test_both_rankings import POLL, ballots
from tests.small_scheme import channel, draft_period, names_of, open_draft

from pingyi.db import db
from pingyi.embedded.engines import Endpoints
from pingyi.replay import replay_in
from pingyi.services.bundles.bundles import read_bundle
from pingyi.services.results.result import results_json
from pingyi.settings import Settings

HOTLINE = channel(
    "hotline",
    "热线",
    "20",
    '{ weights = { satisfied = "1" }, source = "12345", n_min = 1, sub_score_decimals = 2 }',
    operator="热线办",
    plugin="hotline",
)
ANSWERED = {"accepted_at": "2017-03-01", "followed_up": "是", "reached": "是", "opinion": "satisfied"}


def case(unit: str, source: str, number: str, **more: str) -> dict[str, str]:
    return {"unit": unit, "source": source, "case": number, **ANSWERED, **more}


@pytest.mark.parametrize("source", ["12345", "１２３４５"])
def test_source_that_settings_name_counts_in_any_width_for_everybody(
    app: Flask, settings: Settings, endpoints: Endpoints, export: Callable[..., Path], source: str
) -> None:
    days = {"starts_on": date(2017, 1, 1), "ends_on": date(2017, 12, 31)}
    draft_period(scheme(HOTLINE, rest=20), names_of(2), **days)
    open_draft()
    post("law", *({"unit": f"u{n}", "score": "4"} for n in (1, 2)))
    post("window", *({"unit": f"u{n}", "score": "80"} for n in (1, 2)))
    post("hotline", case("u1", source, "a1"), case("u2", source, "a2", opinion="dissatisfied"))
    post("hotline", case("u2", "radio", "a3"))
    folder = right_and_replayed(app, settings, endpoints, export)
    units = json.loads((folder / "results.json").read_text(encoding="utf-8"))["units"]
    points = {unit["unit"]: unit["channels"]["hotline"]["points"] for unit in units}
    assert points == {"u1": "20.00", "u2": "0.00"}


@pytest.mark.parametrize("spelled", ["day", "ＤＡＹ"])
def test_public_bundle_is_right_and_replays_to_the_same_bytes(
    app: Flask, settings: Settings, endpoints: Endpoints, export: Callable[..., Path], spelled: str
) -> None:
    start(scheme(POLL, rest=20), units=2)
    post("law", *({"unit": f"u{n}", "score": "4"} for n in (1, 2)))
    post("window", *({"unit": f"u{n}", "score": "80"} for n in (1, 2)))
    post("poll", *ballots("u1", "day", 40, 60), *ballots("u2", "day", 65, 35))
    post("poll", *({**row, "reason": "抄错"} for row in ballots("u1", spelled, 90, 10)))
    right_and_replayed(app, settings, endpoints, export)


def right_and_replayed(
    app: Flask, settings: Settings, endpoints: Endpoints, export: Callable[..., Path]
) -> Path:
    """Publish; the bundle is right to its verifier and replays to the same bytes."""
    publish(settings)
    folder = export()
    done = check(folder)
    assert done.status == 0, done.said
    before = (folder / "results.json").read_bytes()
    bundle = read_bundle(folder)
    db.session.remove()
    empty(endpoints)
    forget(app)
    result = replay_in(app, endpoints.redis_url, bundle, lambda _: None)
    assert results_json(result) == before
    return folder
