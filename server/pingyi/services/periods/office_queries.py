"""What the office sees of its periods: states, what each operator has delivered, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, func, select

from pingyi.channels import Text
from pingyi.db import one_row, rows
from pingyi.domain.scheme.values import Scheme
from pingyi.models import ApiKey, Assessment, Operator, Period, Publication
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.core.errors import not_found
from pingyi.services.core.progress import ProgressRow, read_progress
from pingyi.services.periods.queries import UNITS_TAKING_PART
from pingyi.topics import ASSESS


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """A period in the list of the office; revisions are 0 where there is none."""

    key: str
    title: Text
    state: str
    demonstration: bool
    units: int
    revision: int
    published_revision: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """A channel of a period: entries that stand, units covered, the last delivery, entries not folded yet."""

    key: str
    title: Text
    plugin: str
    operator: str
    entries: int
    units: int
    last_at: datetime | None
    backlog: int


@dataclass(frozen=True, slots=True)
class Overview:
    """One period for the office."""

    line: PeriodLine
    scheme: Scheme
    state_changed_at: datetime
    channels: tuple[Delivered, ...]
    progress: ProgressRow


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A bearer key as the keys page lists it."""

    key_id: str
    label: str
    operator: str | None
    roles: tuple[str, ...]
    channels: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None


@dataclass(frozen=True, slots=True)
class _PeriodRow:
    id: int
    key: str
    state: str
    scheme_id: int
    demonstration: bool
    state_changed_at: datetime
    units: int
    revision: int
    published_revision: int


@dataclass(frozen=True, slots=True)
class _ChannelRow:
    key: str
    plugin: str
    operator: str
    entries: int
    units: int
    last_at: datetime | None
    backlog: int


def list_periods(connection: Connection) -> list[PeriodLine]:
    """All periods, the newest first."""
    return [_line(connection, row) for row in rows(connection, _PeriodRow, _ALL_PERIODS)]


def period_overview(connection: Connection, key: str) -> Overview:
    """One period with its channels: six queries, however many channels there are. Problem not_found."""
    row = one_row(connection, _PeriodRow, _PERIOD, period=key)
    if row is None:
        raise not_found(zh=f"评议周期“{key}”", en=f"Period {key}")
    scheme = issued_scheme(row.scheme_id, connection)
    channels = rows(connection, _ChannelRow, _CHANNELS, period=row.id)
    titles = {plan.key: plan.title for plan in scheme.channels}
    return Overview(
        _line(connection, row),
        scheme,
        row.state_changed_at,
        tuple(
            Delivered(c.key, titles[c.key], c.plugin, c.operator, c.entries, c.units, c.last_at, c.backlog)
            for c in channels
        ),
        read_progress(connection, ASSESS, row.id),
    )


def list_operators(connection: Connection) -> list[str]:
    """The names of all operators."""
    return list(connection.execute(_OPERATORS).scalars())


def list_keys(connection: Connection) -> list[KeyRow]:
    """All keys, those in force first; never a secret."""
    return rows(connection, KeyRow, _KEYS)


def _line(connection: Connection, row: _PeriodRow) -> PeriodLine:
    title = issued_scheme(row.scheme_id, connection).title
    return PeriodLine(
        row.key, title, row.state, row.demonstration, row.units, row.revision, row.published_revision
    )


_REVISION = select(func.coalesce(func.max(Assessment.revision), 0)).where(Assessment.period_id == Period.id)
_PUBLISHED = _REVISION.join(Publication, Publication.assessment_id == Assessment.id)
_PERIODS = select(
    Period.id,
    Period.key,
    Period.state,
    Period.scheme_id,
    Period.demonstration,
    Period.state_changed_at,
    UNITS_TAKING_PART,
    _REVISION.scalar_subquery().label("revision"),
    _PUBLISHED.scalar_subquery().label("published_revision"),
)
_ALL_PERIODS = _PERIODS.order_by(Period.id.desc())
_PERIOD = _PERIODS.where(Period.key == bindparam("period"))

_CHANNELS = """
SELECT c.key, c.plugin, o.name AS operator,
  (SELECT count(*) FROM entry_head h WHERE h.channel_id = c.id) AS entries,
  (SELECT count(*) FROM counter n WHERE n.channel_id = c.id AND n.unit_id <> 0 AND n.standing = 'counted'
   AND n.counts::text <> '{}') AS units,
  (SELECT d.received_at FROM delivery d WHERE d.channel_id = c.id ORDER BY d.id DESC LIMIT 1) AS last_at,
  (SELECT coalesce(sum(w.entries), 0)::bigint FROM unfolded w WHERE w.channel_id = c.id) AS backlog
FROM channel c JOIN operator o ON o.id = c.operator_id WHERE c.period_id = :period ORDER BY c.position
"""

_OPERATORS = select(Operator.name).order_by(Operator.name)
_KEYS = (
    select(
        ApiKey.key_id,
        ApiKey.label,
        Operator.name.label("operator"),
        ApiKey.roles,
        ApiKey.channels,
        ApiKey.created_at,
        ApiKey.expires_at,
        ApiKey.revoked_at,
        ApiKey.last_used_on,
    )
    .outerjoin(Operator, Operator.id == ApiKey.operator_id)
    .order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())
)
