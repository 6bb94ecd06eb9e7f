"""The two periods of the demonstration, drafted and opened as the office would."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from flask import current_app
from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.domain.scheme.values import Scheme
from pingyi.schemes import shipped_scheme
from pingyi.services.approvals.requests import DEMONSTRATION, approve_all, request_adjustments
from pingyi.services.core.callers import SHELL
from pingyi.services.people.api_keys import find_operator, new_operator_key
from pingyi.services.periods.earlier_results import put_previous
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.periods import create_period, find_period, open_period
from pingyi.services.periods.rolls import put_rolls
from pingyi.services.periods.schemes import store_scheme
from pingyi.services.periods.units import put_units
from pingyi_demonstration.data.chance import Chance
from pingyi_demonstration.data.deliveries import SEED, standing_of
from pingyi_demonstration.data.units import adjustments, evaluated_units, previous_results, rolls
from pingyi_demonstration.running.open_ballots import prepare_boxes

SCHEME = "maanshan-2017"
FINISHED, OPEN = "maanshan-2017", "maanshan-next"
A_YEAR = timedelta(days=365)


def state_of(connection: Connection, key: str) -> str:
    """The period's state, "" where there is none of this key."""
    found = connection.execute(text("SELECT state FROM period WHERE key = :key"), {"key": key}).scalar()
    return str(found or "")


def refuse_beside_real_data(connection: Connection) -> None:
    """Problem real_data where any period is real: generated results never stand beside it."""
    key = connection.execute(text("SELECT key FROM period WHERE NOT demonstration LIMIT 1")).scalar()
    if key is not None:
        message = Text(
            zh="已有正式的评议周期“{key}”，不能在同一数据库中生成演示数据。",
            en="There is a real period, {key}; a demonstration needs a database of its own.",
        )
        raise Problem("real_data", 409, message.format(key=key))


def open_finished(connection: Connection) -> None:
    """Draft the year that will be finished: units, rolls, adjustments, last year's results; then open it."""
    scheme = _draft(connection, FINISHED, date(2017, 1, 1), date(2017, 12, 31))
    period = find_period(connection, FINISHED)
    units = evaluated_units()
    put_units(connection, SHELL, period, scheme, units)
    put_rolls(connection, SHELL, period, rolls())
    approve_all(connection, request_adjustments(connection, DEMONSTRATION, period, adjustments()))
    earlier = previous_results(Chance(f"{SEED}/previous"), units, standing_of(units))
    put_previous(connection, SHELL, period, earlier)
    open_period(connection, SHELL, FINISHED)


def open_next(connection: Connection) -> None:
    """Open the next evaluation, from today for a year, for whoever wants to try endpoints and ballots."""
    today = datetime.now(UTC).date()
    scheme = _draft(connection, OPEN, today, today + A_YEAR)
    period = find_period(connection, OPEN)
    put_units(connection, SHELL, period, scheme, evaluated_units())
    put_rolls(connection, SHELL, period, rolls())
    prepare_boxes(connection, current_app.extensions["pingyi.configuration"], period)
    open_period(connection, SHELL, OPEN)


def _draft(connection: Connection, key: str, starts_on: date, ends_on: date) -> Scheme:
    scheme, _, scheme_id = store_scheme(connection, SHELL, shipped_scheme(SCHEME))
    draft = PeriodDraft(key=key, starts_on=starts_on, ends_on=ends_on, demonstration=True)
    create_period(connection, SHELL, draft, scheme, scheme_id)
    return scheme


def operators_key(connection: Connection, operator: str, *, channel: str = "") -> str:
    """A fresh key of an operator, for all its channels or for one."""
    operator_id = find_operator(connection, operator)
    channels = (channel,) if channel else ()
    return new_operator_key(connection, SHELL, operator_id, label="演示", channels=channels).token


def delivered(connection: Connection, period: str) -> dict[str, int]:
    """How many deliveries each channel of the period has."""
    rows = connection.execute(
        text(
            "SELECT c.key, count(d.id) AS n FROM channel c JOIN period p ON p.id = c.period_id"
            " LEFT JOIN delivery d ON d.channel_id = c.id WHERE p.key = :key GROUP BY c.key"
        ),
        {"key": period},
    )
    return {row.key: row.n for row in rows}


def first_free_unit(connection: Connection, period: str, channel: str) -> str:
    """The name of the first unit for which nothing stands on the channel, "" where there is none."""
    found = connection.execute(
        text(
            "SELECT u.name FROM period_unit u JOIN period p ON p.id = u.period_id WHERE p.key = :period"
            " AND NOT EXISTS (SELECT FROM entry e JOIN delivery d ON d.id = e.delivery_id"
            " JOIN channel c ON c.id = d.channel_id WHERE c.period_id = p.id AND c.key = :channel"
            " AND e.unit_id = u.unit_id) ORDER BY u.position LIMIT 1"
        ),
        {"period": period, "channel": channel},
    ).scalar()
    return str(found or "")
