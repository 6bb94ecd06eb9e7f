"""The two periods of the demonstration, drafted and opened as the office would."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from flask import current_app
from sqlalchemy import Connection, bindparam, exists, func, select

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.domain.scheme.values import Scheme
from pingyi.models import Channel, Delivery, Entry, Period, PeriodUnit
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
_OF_KEY = Period.key == bindparam("period")
_STATE = select(Period.state).where(_OF_KEY)
_REAL = select(Period.key).where(~Period.demonstration).limit(1)
_DELIVERED = (
    select(Channel.key, func.count(Delivery.id).label("n"))
    .join(Period, Period.id == Channel.period_id)
    .outerjoin(Delivery, Delivery.channel_id == Channel.id)
    .where(_OF_KEY)
    .group_by(Channel.key)
)
_FIRST_FREE = (
    select(PeriodUnit.name)
    .join(Period, Period.id == PeriodUnit.period_id)
    .where(
        _OF_KEY,
        ~exists().where(
            Entry.delivery_id == Delivery.id,
            Delivery.channel_id == Channel.id,
            Channel.period_id == Period.id,
            Channel.key == bindparam("channel"),
            Entry.unit_id == PeriodUnit.unit_id,
        ),
    )
    .order_by(PeriodUnit.position)
    .limit(1)
)


def state_of(connection: Connection, key: str) -> str:
    """The period's state, "" where there is none of this key."""
    return connection.execute(_STATE, {"period": key}).scalar() or ""


def refuse_beside_real_data(connection: Connection) -> None:
    """Problem real_data where any period is real: generated results never stand beside it."""
    key = connection.execute(_REAL).scalar()
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
    return {row.key: row.n for row in connection.execute(_DELIVERED, {"period": period})}


def first_free_unit(connection: Connection, period: str, channel: str) -> str:
    """The name of the first unit for which nothing stands on the channel, "" where there is none."""
    return connection.execute(_FIRST_FREE, {"period": period, "channel": channel}).scalar() or ""
