"""What is kept of schemes, periods and their particulars, as plain documents for programs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text

from pingyi.models import Assessment
from pingyi.outbox import ASSESS
from pingyi.registry import current_registry
from pingyi.services.core.errors import not_found
from pingyi.services.core.progress import read_progress
from pingyi.services.periods.periods import PeriodRow

Document = dict[str, Any]
_NEWEST_REVISION = select(func.max(Assessment.revision)).where(Assessment.period_id == bindparam("period"))


def _rows(connection: Connection, statement: str, **given: Any) -> list[Document]:
    return [dict(row) for row in connection.execute(text(statement), given).mappings()]


def scheme_versions(connection: Connection, key: str | None = None) -> list[Document]:
    """All stored versions, or those of one scheme, newest first."""
    return _rows(
        connection,
        "SELECT key, version, encode(digest, 'hex') AS sha256, issued_at FROM scheme"
        " WHERE CAST(:key AS text) IS NULL OR key = :key ORDER BY key, version DESC",
        key=key,
    )


_PERIODS = """
SELECT p.key, p.state, p.starts_on, p.ends_on, p.time_zone, p.demonstration, p.state_changed_at,
  p.open_until, s.key AS scheme, s.version AS scheme_version,
  (SELECT count(*) FROM period_unit u WHERE u.period_id = p.id) AS units,
  (SELECT max(revision) FROM assessment a WHERE a.period_id = p.id) AS revision
FROM period p JOIN scheme s ON s.id = p.scheme_id
"""


def periods(connection: Connection) -> list[Document]:
    """All periods, newest first."""
    return _rows(connection, f"{_PERIODS} ORDER BY p.id DESC")


def time_zone_of(connection: Connection, key: str) -> str | None:
    """The IANA name of a period's time zone, None where there is no such period."""
    zone: str | None = connection.execute(
        text("SELECT time_zone FROM period WHERE key = :key"), {"key": key}
    ).scalar_one_or_none()
    return zone


def period_document(connection: Connection, key: str, operator_id: int | None = None) -> Document:
    """One period with its channels, or those of one operator; Problem not_found where there is none."""
    found = _rows(connection, f"{_PERIODS} WHERE p.key = :key", key=key)
    if not found:
        raise not_found(zh=f"评议周期“{key}”", en=f"Period {key}")
    channels = _rows(
        connection,
        "SELECT c.key, c.plugin, o.name AS operator FROM channel c JOIN operator o ON o.id = c.operator_id"
        " JOIN period p ON p.id = c.period_id WHERE p.key = :key"
        " AND (CAST(:operator AS bigint) IS NULL OR o.id = :operator) ORDER BY c.position",
        key=key,
        operator=operator_id,
    )
    return {**found[0], "channels": channels}


def units(connection: Connection, period: PeriodRow) -> list[Document]:
    """The units of a period in the order of its list, each with all its other names."""
    return _rows(
        connection,
        """
        SELECT u.code, p.name, p.category, coalesce(above.code, '') AS parent, u.subordination, u.superior,
          coalesce((SELECT array_agg(n.name ORDER BY n.name) FROM unit_name n
                    WHERE n.unit_id = u.id AND n.name <> p.name), '{}') AS aliases
        FROM period_unit p JOIN unit u ON u.id = p.unit_id LEFT JOIN unit above ON above.id = u.parent_id
        WHERE p.period_id = :period ORDER BY p.position
        """,
        period=period.id,
    )


def rolls(connection: Connection, period: PeriodRow) -> list[Document]:
    """The counts known beforehand, by channel."""
    return _rows(
        connection,
        "SELECT c.key AS channel, r.name, r.stratum, r.count"
        " FROM roll r JOIN channel c ON c.id = r.channel_id"
        " WHERE c.period_id = :period ORDER BY c.position, r.name, r.stratum",
        period=period.id,
    )


def adjustments(connection: Connection, period: PeriodRow) -> list[Document]:
    """All adjustments, also the withdrawn ones."""
    return _rows(
        connection,
        "SELECT a.id, u.code AS unit, a.kind, a.points, a.reason, a.document, a.target, a.withdrawn_reason"
        " FROM adjustment a JOIN unit u ON u.id = a.unit_id WHERE a.period_id = :period ORDER BY a.id",
        period=period.id,
    )


def decisions(connection: Connection, period: PeriodRow) -> list[Document]:
    """All decisions in the order in which they were taken."""
    return _rows(
        connection,
        "SELECT d.id, d.kind, coalesce(u.code, '') AS unit, d.channel, d.category, d.choice, d.reason"
        " FROM decision d LEFT JOIN unit u ON u.id = d.unit_id WHERE d.period_id = :period ORDER BY d.id",
        period=period.id,
    )


def previous_results(connection: Connection, period: PeriodRow) -> list[Document]:
    """The earlier results that rules over consecutive periods look at."""
    return _rows(
        connection,
        "SELECT r.earlier AS period, u.code AS unit, r.category, r.total, r.rank, r.of"
        " FROM previous_result r JOIN unit u ON u.id = r.unit_id WHERE r.period_id = :period"
        " ORDER BY r.earlier, u.code",
        period=period.id,
    )


def progress(connection: Connection, period: PeriodRow) -> Document:
    """How far the assessment of a period is: `working` while a request for it is open."""
    found = read_progress(connection, ASSESS, period.id)
    revision = connection.execute(_NEWEST_REVISION, {"period": period.id}).scalar_one()
    steps = {"working": found.waiting, "done": found.done, "total": found.total, "error": found.error}
    return {"period": period.key, "state": period.state, **steps, "revision": revision}


def plugins() -> Document:
    """The channels that installed packages bring, and the packages that brought none, with the reason."""
    registry = current_registry()
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
    return {"plugins": channels, "broken": registry.broken}
