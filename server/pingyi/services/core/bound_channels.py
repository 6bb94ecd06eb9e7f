"""A channel ready to work: its plan, its plugin and its context, kept while the scheme cannot change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import Connection, Row, text

from pingyi.channels import Channel, Context, Period, Settings
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.scheme.values import ChannelPlan, Scheme
from pingyi.registry import Registry, check_settings, current_registry, load_context
from pingyi.services.core.errors import not_found

CACHE = "pingyi.schemes"
SETTINGS_CACHE = "pingyi.settings.loaded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRef:
    """A channel as an address names it: by the keys of its period, its own, and the plugin that scores it.

    Without `plugin`, whichever it is.
    """

    period: str
    channel: str
    plugin: str | None = None


@dataclass(frozen=True, slots=True)
class BoundChannel:
    """One channel of one period, with all that intake, folding and scoring need of it."""

    id: int
    key: str
    period_id: int
    period_key: str
    state: str
    operator_id: int
    plan: ChannelPlan
    plugin: Channel
    context: Context


def check_plan(registry: Registry, plan: ChannelPlan) -> list[Any]:
    """What is wrong with a plan's settings; a missing plugin raises Problem."""
    return check_settings(registry.channel(plan.plugin), plan.settings)


def issued_scheme(scheme_id: int, connection: Connection) -> Scheme:
    """The parsed scheme of a stored version; once per process, since an issued document never changes."""
    cache: dict[int, Scheme] = current_app.extensions.setdefault(CACHE, {})
    if scheme_id in cache:
        return cache[scheme_id]
    row = connection.execute(
        text("SELECT document, issued_at FROM scheme WHERE id = :id"), {"id": scheme_id}
    ).one()
    # Its settings were checked when it was stored: a plugin that broke since then blocks what needs it alone.
    scheme = parse_scheme(row.document)
    if row.issued_at is not None:
        cache[scheme_id] = scheme
    return scheme


def bound_channel(connection: Connection, ref: ChannelRef) -> BoundChannel:
    """The channel of a period; Problem not_found where there is none, or another plugin scores it."""
    row = connection.execute(
        text(f"{_CHANNELS} WHERE p.key = :period AND c.key = :channel"),
        {"period": ref.period, "channel": ref.channel},
    ).one_or_none()
    if row is None or ref.plugin not in {None, row.plugin}:
        raise not_found(
            zh=f"周期“{ref.period}”的渠道“{ref.channel}”", en=f"Channel {ref.channel} of period {ref.period}"
        )
    return _working(connection, row, {})


def channel_by_id(connection: Connection, channel_id: int) -> BoundChannel:
    """The channel with this id, with its rolls."""
    row = connection.execute(text(f"{_CHANNELS} WHERE c.id = :id"), {"id": channel_id}).one()
    return _working(connection, row, _rolls(connection, row.period_id).get(row.id, {}))


def period_channels(connection: Connection, period_id: int) -> list[BoundChannel]:
    """All channels of a period in the order of its scheme, with their rolls."""
    rows = connection.execute(
        text(f"{_CHANNELS} WHERE p.id = :id ORDER BY c.position"), {"id": period_id}
    ).all()
    rolls = _rolls(connection, period_id)
    return [_working(connection, row, rolls.get(row.id, {})) for row in rows]


_CHANNELS = """
SELECT c.id, c.key, c.operator_id, c.plugin, p.id AS period_id, p.key AS period_key, p.state, p.scheme_id,
  p.starts_on, p.ends_on, p.time_zone
FROM channel c JOIN period p ON p.id = c.period_id
"""


def _rolls(connection: Connection, period_id: int) -> dict[int, dict[tuple[str, str], int]]:
    rows = connection.execute(
        text(
            "SELECT r.channel_id, r.name, r.stratum, r.count AS amount FROM roll r"
            " JOIN channel c ON c.id = r.channel_id"
            " WHERE c.period_id = :id"
        ),
        {"id": period_id},
    )
    found: dict[int, dict[tuple[str, str], int]] = {}
    for row in rows:
        found.setdefault(row.channel_id, {})[row.name, row.stratum] = row.amount
    return found


def _working(connection: Connection, row: Row[Any], rolls: dict[tuple[str, str], int]) -> BoundChannel:
    plan = issued_scheme(row.scheme_id, connection).channel(row.key)
    if plan is None:
        raise LookupError(f"channel {row.key} is not in its scheme")
    plugin = current_registry().channel(row.plugin)
    period = Period(starts_on=row.starts_on, ends_on=row.ends_on, time_zone=row.time_zone)
    context = Context(_settings(row, plan, plugin), period, rolls)
    return BoundChannel(
        row.id, row.key, row.period_id, row.period_key, row.state, row.operator_id, plan, plugin, context
    )


def _settings(row: Row[Any], plan: ChannelPlan, plugin: Channel) -> Settings:
    cache: dict[tuple[int, str], Settings] = current_app.extensions.setdefault(SETTINGS_CACHE, {})
    subject = (row.scheme_id, row.key)
    if subject in cache:
        return cache[subject]
    settings = load_context(plugin, plan.settings, Period()).settings
    if row.scheme_id in current_app.extensions[CACHE]:
        cache[subject] = settings
    return settings
