"""What is kept of schemes, periods and their particulars, as plain documents for programs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from pingyi.extensions import installed_extensions
from pingyi.models import (
    Adjustment,
    Assessment,
    Channel,
    Decision,
    Document,
    Operator,
    Period,
    PeriodUnit,
    PreviousResult,
    Roll,
    Unit,
    UnitName,
)
from pingyi.registry import current_registry
from pingyi.services.core.errors import not_found
from pingyi.services.core.progress import read_progress
from pingyi.services.core.unit_index import KNOWN_NAMES
from pingyi.services.periods.periods import PeriodRow
from pingyi.topics import ASSESS

Plain = dict[str, Any]
_NEWEST_REVISION = select(func.max(Assessment.revision)).where(Assessment.period_id == bindparam("period"))
UNITS_TAKING_PART = (
    select(func.count())
    .select_from(PeriodUnit)
    .where(PeriodUnit.period_id == Period.id)
    .scalar_subquery()
    .label("units")
)
_PERIODS = select(
    Period.key,
    Period.state,
    Period.starts_on,
    Period.ends_on,
    Period.time_zone,
    Period.demonstration,
    Period.state_changed_at,
    Period.open_until,
    Document.key.label("scheme"),
    Document.version.label("scheme_version"),
    UNITS_TAKING_PART,
    select(func.max(Assessment.revision))
    .where(Assessment.period_id == Period.id)
    .scalar_subquery()
    .label("revision"),
).join(Document, Document.id == Period.scheme_id)
_ALL_PERIODS = _PERIODS.order_by(Period.id.desc())
_OF_KEY = Period.key == bindparam("period")
_PERIOD = _PERIODS.where(_OF_KEY)
_TIME_ZONE = select(Period.time_zone).where(_OF_KEY)
_OPERATOR = bindparam("operator", type_=BigInteger)
_CHANNELS = (
    select(Channel.key, Channel.plugin, Operator.name.label("operator"))
    .join(Operator, Operator.id == Channel.operator_id)
    .join(Period, Period.id == Channel.period_id)
    .where(_OF_KEY, or_(_OPERATOR.is_(None), Operator.id == _OPERATOR))
    .order_by(Channel.position)
)
_above = aliased(Unit)
_OTHER_NAMES = (
    select(UnitName.name)
    .distinct()
    .where(UnitName.unit_id == Unit.id, UnitName.name != PeriodUnit.name, KNOWN_NAMES)
    .order_by(UnitName.name)
)
_UNITS = (
    select(
        Unit.code,
        PeriodUnit.name,
        PeriodUnit.category,
        func.coalesce(_above.code, "").label("parent"),
        Unit.subordination,
        Unit.superior,
        func.array(_OTHER_NAMES.scalar_subquery()).label("aliases"),
    )
    .join(PeriodUnit, PeriodUnit.unit_id == Unit.id)
    .outerjoin(_above, _above.id == Unit.parent_id)
    .where(PeriodUnit.period_id == bindparam("period"))
    .order_by(PeriodUnit.position)
)
_ROLLS = (
    select(Channel.key.label("channel"), Roll.name, Roll.stratum, Roll.count)
    .join(Channel, Channel.id == Roll.channel_id)
    .where(Channel.period_id == bindparam("period"))
    .order_by(Channel.position, Roll.name, Roll.stratum)
)
_ADJUSTMENTS = (
    select(
        Adjustment.id,
        Unit.code.label("unit"),
        Adjustment.kind,
        Adjustment.points,
        Adjustment.reason,
        Adjustment.document,
        Adjustment.target,
        Adjustment.withdrawn_reason,
    )
    .join(Unit, Unit.id == Adjustment.unit_id)
    .where(Adjustment.period_id == bindparam("period"))
    .order_by(Adjustment.id)
)
_DECISIONS = (
    select(
        Decision.id,
        Decision.kind,
        func.coalesce(Unit.code, "").label("unit"),
        Decision.channel,
        Decision.category,
        Decision.choice,
        Decision.reason,
    )
    .outerjoin(Unit, Unit.id == Decision.unit_id)
    .where(Decision.period_id == bindparam("period"))
    .order_by(Decision.id)
)
_PREVIOUS = (
    select(
        PreviousResult.earlier.label("period"),
        Unit.code.label("unit"),
        PreviousResult.category,
        PreviousResult.total,
        PreviousResult.rank,
        PreviousResult.of,
    )
    .join(Unit, Unit.id == PreviousResult.unit_id)
    .where(PreviousResult.period_id == bindparam("period"))
    .order_by(PreviousResult.earlier, Unit.code)
)


def _documents(connection: Connection, statement: Select[*tuple[Any, ...]], **asked: Any) -> list[Plain]:
    return [dict(row) for row in connection.execute(statement, asked).mappings()]


def periods(connection: Connection) -> list[Plain]:
    """All periods, newest first."""
    return _documents(connection, _ALL_PERIODS)


def time_zone_of(connection: Connection, key: str) -> str | None:
    """The IANA name of a period's time zone, None where there is no such period."""
    return connection.execute(_TIME_ZONE, {"period": key}).scalar_one_or_none()


def period_document(connection: Connection, key: str, operator_id: int | None = None) -> Plain:
    """One period with its channels, or those of one operator; Problem not_found where there is none."""
    found = _documents(connection, _PERIOD, period=key)
    if not found:
        raise not_found(zh=f"评议周期“{key}”", en=f"Period {key}")
    channels = _documents(connection, _CHANNELS, period=key, operator=operator_id)
    return {**found[0], "channels": channels}


def units(connection: Connection, period: PeriodRow) -> list[Plain]:
    """The units of a period in the order of its list, each with all its other names."""
    return _documents(connection, _UNITS, period=period.id)


def rolls(connection: Connection, period: PeriodRow) -> list[Plain]:
    """The counts known beforehand, by channel."""
    return _documents(connection, _ROLLS, period=period.id)


def adjustments(connection: Connection, period: PeriodRow) -> list[Plain]:
    """All adjustments, also the withdrawn ones."""
    return _documents(connection, _ADJUSTMENTS, period=period.id)


def decisions(connection: Connection, period: PeriodRow) -> list[Plain]:
    """All decisions in the order in which they were taken."""
    return _documents(connection, _DECISIONS, period=period.id)


def previous_results(connection: Connection, period: PeriodRow) -> list[Plain]:
    """The earlier results that rules over consecutive periods look at."""
    return _documents(connection, _PREVIOUS, period=period.id)


def progress(connection: Connection, period: PeriodRow) -> Plain:
    """How far the assessment of a period is: `working` while a request for it is open."""
    found = read_progress(connection, ASSESS, period.id)
    revision = connection.execute(_NEWEST_REVISION, {"period": period.id}).scalar_one()
    steps = {"working": found.waiting, "done": found.done, "total": found.total, "error": found.error}
    return {"period": period.key, "state": period.state, **steps, "revision": revision}


def plugins() -> Plain:
    """The channels and extensions that are installed, and the packages that failed, with the reason."""
    registry, extensions = current_registry(), installed_extensions()
    channels = [
        {
            "key": key,
            "title": found.channel.title,
            "family": found.channel.family,
            "distribution": found.distribution,
            "version": found.version,
            "identity": found.channel.identity,
        }
        for key, found in sorted(registry.channels.items())
    ]
    beside = [
        {
            "key": one.extension.key,
            "distribution": one.distribution,
            "version": one.version,
            "topics": [topic.key for topic in one.extension.topics],
            "roles": [role.key for role in one.extension.roles],
        }
        for one in extensions.working
    ]
    return {
        "plugins": channels,
        "broken": registry.broken,
        "extensions": beside,
        "broken_extensions": extensions.broken,
    }
