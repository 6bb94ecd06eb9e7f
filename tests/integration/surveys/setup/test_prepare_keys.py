"""Boxes are configured, their keys made and recorded, and a period opens only with what fits."""

from __future__ import annotations

import stat

import pytest
from flask import Flask
from sqlalchemy import text
from tests.ballot_period import OPEN, ROSTER, ballot_period, close
from tests.small_scheme import open_draft

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.bound_channels import ChannelRef, issued_scheme
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import Repeatable, deliver
from pingyi.services.intake.withdraw import withdraw
from pingyi.services.periods.periods import find_period, request_assessment
from pingyi.services.periods.units import UnitRow, put_units
from pingyi.settings import Settings
from pingyi_surveys.casting.box_cache import cached_box
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.boxes import put_box
from pingyi_surveys.setup.key_files import configured
from pingyi_surveys.setup.prepare_keys import prepare
from pingyi_surveys.topics import OPEN_BOXES


def test_live_box_of_an_open_period_has_units_keys_and_cards(app: Flask) -> None:
    made = ballot_period()
    box = cached_box(made.roster_id)
    assert box.layout.every_unit
    assert len(box.cards) == 20
    assert [unit.name for unit in box.units.values()] == ["市公安局", "市教育局", "市供电公司"]
    assert cached_box(made.open_id).layout.questions == len(cached_box(made.open_id).questionnaire.dimensions)


def test_secret_files_are_private_and_nothing_secret_is_stored(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    files = [
        *settings.read(SurveySettings).box_folder.glob("*.box"),
        *settings.read(SurveySettings).ballots_folder.glob("*.keys"),
    ]
    assert files
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert len(made.prepared.key_file) == 64


def test_draft_period_with_a_box_does_not_open_before_its_keys_fit(app: Flask) -> None:
    ballot_period(opened=False)
    with transaction() as connection:
        period = find_period(connection, "p")
        scheme = issued_scheme(period.scheme_id, connection)
        units = [UnitRow(code="u9", name="市税务局", category="departments")]
        put_units(connection, SHELL, period, scheme, units)
    with pytest.raises(Problem) as refused:
        open_draft("p")
    assert {error.code for error in refused.value.errors} == {"keys_outdated"}
    with transaction() as connection:
        prepare(connection, SHELL, find_period(connection, "p"), configured())
    open_draft("p")


def test_questionnaire_that_does_not_fit_its_channel_is_refused_with_every_reason(app: Flask) -> None:
    ballot_period(opened=False)
    with pytest.raises(Problem) as refused, transaction() as connection:
        period = find_period(connection, "p")
        roster = ("roster-three-levels", 1)
        put_box(connection, SHELL, period, OPEN, kind="open", questionnaire=roster, rules={"burst": 1})
    assert "threshold_invalid" in {error.code for error in refused.value.errors}
    assert "option_missing" in {error.code for error in refused.value.errors}


def test_closing_asks_for_the_opening_and_assessment_waits_for_it(app: Flask) -> None:
    made = ballot_period()
    close()
    with transaction() as connection:
        asked = connection.execute(
            text("SELECT count(*) FROM outbox WHERE topic = :topic"), {"topic": OPEN_BOXES}
        ).scalar_one()
        assert asked == 1
        with pytest.raises(Problem, match="boxes_unopened"):
            request_assessment(connection, SHELL, "p")
    with pytest.raises(Problem, match="ballots_closed"):
        cached_box(made.open_id)
    assert ROSTER


def test_nobody_delivers_beside_a_box_or_withdraws_what_came_of_it(app: Flask) -> None:
    ballot_period()
    row = {"unit": "u1", "dimension": "law", "option": "satisfied", "count": 900, "batch": "box"}
    with pytest.raises(Problem, match="takes_ballots"):
        deliver(SHELL, ChannelRef(period="p", channel=OPEN), [row])
    again = Repeatable(key="withdraw-0123456789", fingerprint=b"x" * 32)
    with pytest.raises(Problem, match="takes_ballots"):
        withdraw(SHELL, ChannelRef(period="p", channel=OPEN, plugin=OPEN), (1, 0), "改数", again)
    with transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM delivery")).scalar_one() == 0
