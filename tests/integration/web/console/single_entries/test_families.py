"""An entry of every channel, typed into its form, is the entry that the API stores of the same row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import ValidationError
from sqlalchemy import text
from tests.contract.test_laws import ROWS, SETTINGS
from tests.integration.web.operator_desk import browser_of, make_person
from tests.integration.web.typed_entries import filled_fields, store
from tests.small_scheme import channel, draft_period, open_draft, scheme_of

from pingyi.channels.generating import rows_for
from pingyi.db import transaction
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import Problem
from pingyi.registry import current_registry
from pingyi.services.core.bound_channels import BoundChannel, ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.people.api_keys import ensure_operator, new_operator_key
from pingyi.services.periods.periods import find_period
from pingyi.services.periods.rolls import RollRow, put_rolls

NAMES = ["市第一局", "市第二局"]
ENOUGH = 2
FAMILIES = {
    "partner": "partner_score",
    "panel": "panel",
    "ballots": "deputies",
    "cases": "hotline",
    "case_totals": "hotline_totals",
    "checklist": "checklist",
    "findings": "inspections",
    "show": "hotline_show",
    "monitoring_points": "monitoring_points",
}


def inline(value: Any) -> str:
    """A setting as TOML in one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {inline(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def make_period(key: str, plugin: str) -> ChannelRef:
    settings = SETTINGS[plugin][0]
    document = scheme_of(
        channel("one", "渠道", "100", inline(settings), operator="填报组", plugin=plugin), more=""
    )
    draft_period(document, NAMES, key, starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
    place = ChannelRef(period=key, channel="one", plugin=plugin)
    with transaction() as connection:
        bound = bound_channel(connection, place)
        needs = bound.plugin.needs(bound.context.settings) - {"dates"}
        rolls = [RollRow(channel="one", name=name, count=1000, stratum="") for name in sorted(needs)]
        put_rolls(connection, SHELL, find_period(connection, key), rolls)
    open_draft(key)
    return place


def generated_rows(working: BoundChannel, plugin: str) -> list[dict[str, Any]]:
    """A few right rows as the API takes them, those with most columns first; the same in every run."""
    right: dict[bytes, dict[str, Any]] = {}
    schema = working.plugin.entry_schema(working.context)

    @hypothesis.settings(
        max_examples=60,
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(rows_for(working.plugin, working.context, ROWS.get(plugin, [])))
    def collect(rows: list[Mapping[str, Any]]) -> None:
        for row in rows:
            try:
                spelled = canonical_json(schema.load(row))
            except (ValidationError, TypeError):
                continue
            said = {name: value for name, value in json.loads(spelled).items() if value != {}}
            right[canonical_json(said)] = said

    collect()
    return sorted(right.values(), key=lambda row: (-len(row), json.dumps(row)))


def stored_entry(period: str) -> Any:
    """Unit, identity, values, counts of the newest entry of a period."""
    asked = text(
        "SELECT e.unit_id, e.identity, e.values, e.counts, e.shared, e.standing FROM entry e"
        " JOIN delivery d ON d.id = e.delivery_id JOIN period p ON p.id = d.period_id"
        " WHERE p.key = :period ORDER BY e.delivery_id DESC LIMIT 1"
    )
    with transaction() as connection:
        return tuple(connection.execute(asked, {"period": period}).one())


def deliver_right(place: ChannelRef, row: Mapping[str, Any]) -> int | None:
    """The number of the delivery of a row; None where it cannot stand beside those before it."""
    try:
        return int(json.loads(deliver(SHELL, place, [row]).receipt)["delivery"])
    except Problem:
        return None


def test_every_family_is_typed_here(app: Flask) -> None:
    registry = current_registry()
    assert {registry.channel(key).family for key in SETTINGS} == set(FAMILIES)
    assert all(registry.channel(plugin).family == family for family, plugin in FAMILIES.items())


@pytest.mark.parametrize("plugin", FAMILIES.values())
def test_typed_entry_equals_the_same_entry_by_api(app: Flask, client: FlaskClient, plugin: str) -> None:
    with transaction() as connection:
        operator = ensure_operator(connection, "填报组")
    typed, sent = make_period("p", plugin), make_period("q", plugin)
    make_person("desk", "填报组")
    desk = browser_of(app, "desk")
    with transaction() as connection:
        working = bound_channel(connection, sent)
        token = new_operator_key(connection, SHELL, operator).token
    done = 0
    for number, row in enumerate(generated_rows(working, plugin)):
        if done == ENOUGH:
            break
        answer = client.post(
            f"/api/v1/periods/q/{plugin}/one/entries",
            json={"entries": [row]},
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"family-entry-{number:04}"},
        )
        if answer.status_code == 422 or answer.json["entries"][0]["verdict"] != "new":
            continue  # contradicts or corrects one of the rows before it
        store(desk, f"/entries/p/{plugin}/one/new", row)
        assert stored_entry(typed.period) == stored_entry(sent.period), row
        done += 1
    assert done == ENOUGH


@pytest.mark.parametrize("plugin", FAMILIES.values())
def test_correction_form_sent_back_as_it_is_changes_nothing(
    app: Flask, client: FlaskClient, plugin: str
) -> None:
    place = make_period("p", plugin)
    make_person("desk", "填报组")
    desk = browser_of(app, "desk")
    with transaction() as connection:
        working = bound_channel(connection, place)
    stored = 0
    for row in generated_rows(working, plugin):
        receipt = deliver_right(place, row)
        if receipt is None:
            continue
        path = f"/entries/p/{plugin}/one/{receipt}/0/correction"
        form = desk.get(path).text
        answer = desk.post(path, data={**filled_fields(form), "do": "check"})
        assert "没有需要保存的内容" in answer.text, (row, answer.text[-2500:])
        stored += 1
        if stored == 2 * ENOUGH:
            break
    assert stored
