"""The main job: deliveries are folded, assessed and read back, whatever the order and the batches."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from tests.small_scheme import LAW, WINDOW, draft_period, names_of, open_draft, scheme_of

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.approvals.requests import BUNDLE, approve_all, request_release
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.intake.fold import fold_channel
from pingyi.services.periods.periods import close_period, find_period, request_assessment
from pingyi.services.results.assess import assess_period
from pingyi.services.results.load import load_result
from pingyi.services.results.result import results_csv, results_json


def draft(units: int = 3) -> str:
    draft_period(scheme_of(LAW, WINDOW), names_of(units))
    open_draft()
    return "p"


def post(channel: str, *rows: dict[str, Any]) -> Any:
    return json.loads(deliver(SHELL, ChannelRef(period="p", channel=channel), rows).receipt)


def finish() -> None:
    with transaction() as connection:
        close_period(connection, SHELL, "p")
        request_assessment(connection, SHELL, "p")
        period_id = find_period(connection, "p").id
    assess_period(period_id)


def test_delivery_to_ranked_board(app: Flask) -> None:
    draft()
    post(
        "law", {"unit": "u1", "score": "4.5"}, {"unit": "市第2局", "score": "5"}, {"unit": "u3", "score": "3"}
    )
    post(
        "window",
        {"unit": "u1", "score": "90"},
        {"unit": "u2", "score": "80"},
        {"unit": "u3", "score": "70.5"},
    )
    finish()
    with transaction() as connection:
        approve_all(connection, [request_release(connection, BUNDLE, "p", "评议结束")])
        result = load_result(connection, "p")
    assert [(unit.code, unit.total, unit.rank) for unit in result.units] == [
        ("u2", "92.00", 1),
        ("u1", "90.00", 2),
        ("u3", "64.20", 3),
    ]
    assert results_csv(result).decode().splitlines()[0].startswith("category,unit,name,law,law.n,law.status")
    assert [list(unit.actions) for unit in result.units] == [[], [], ["interview"]]


def test_correction_moves_its_counts_only(app: Flask) -> None:
    draft(1)
    first = post("law", {"unit": "u1", "score": "4"})
    fold_channel(1)
    again = post("law", {"unit": "u1", "score": "4.0"})
    with pytest.raises(Problem) as refused:
        post("law", {"unit": "u1", "score": "5"})
    corrected = post("law", {"unit": "u1", "score": "5", "reason": "录入错误"})
    fold_channel(1)
    with transaction() as connection:
        counts = connection.execute(text("SELECT counts FROM counter")).scalars().all()
    assert counts == [{"mark/5": 1}]
    assert refused.value.code == "reason_required"
    verdicts = [answer["entries"][0]["verdict"] for answer in (first, again, corrected)]
    assert verdicts == ["new", "unchanged", "corrected"]


def test_result_read_back_equals_the_one_computed(app: Flask) -> None:
    draft()
    post("law", {"unit": "u1", "score": "4.5"}, {"unit": "u2", "score": "5"})
    finish()
    with transaction() as connection:
        result = load_result(connection, "p", published_only=False)
        import hashlib

        assert hashlib.sha256(results_json(result)).hexdigest() == result.digest
        assert [unit.scores[0].status for unit in result.units] == ["ok", "ok", "not_submitted"]


def test_assessment_again_is_a_new_revision_with_equal_bytes(app: Flask) -> None:
    draft()
    post("law", {"unit": "u1", "score": "4.5"}, {"unit": "u2", "score": "5"}, {"unit": "u3", "score": "1"})
    finish()
    with transaction() as connection:
        request_assessment(connection, SHELL, "p")
        period_id = find_period(connection, "p").id
    assert assess_period(period_id) == 2
    assert assess_period(period_id) == 2
    with transaction() as connection:
        digests = connection.execute(text("SELECT DISTINCT digest FROM assessment")).all()
        snapshots = connection.execute(text("SELECT DISTINCT digest FROM snapshot")).all()
    assert (len(digests), len(snapshots)) == (1, 1)


def test_late_entry_is_refused_and_stores_nothing(app: Flask) -> None:
    draft(1)
    with transaction() as connection:
        close_period(connection, SHELL, "p")
    with pytest.raises(Problem) as refused:
        post("law", {"unit": "u1", "score": "4"})
    assert refused.value.code == "period_not_open"
    with transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM delivery")).scalar_one() == 0


def test_batch_with_rows_lacking_their_unit_names_every_wrong_field(app: Flask) -> None:
    draft(2)
    with pytest.raises(Problem) as refused:
        post("law", {"unit": "u1", "score": "9"}, {"score": "4"}, {"unit": "u2", "score": "nan"})
    pointers = [error.pointer for error in refused.value.errors]
    assert pointers == ["/entries/0/score", "/entries/1/unit", "/entries/2/score"]
