"""A channel ready to work: its plan, its plugin and its context, kept while the scheme cannot change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import current_app
from sqlalchemy import Connection, bindparam, select

from pingyi import models
from pingyi.channels import Channel, Context, Period, Settings
from pingyi.db import one_row, rows
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.scheme.values import ChannelPlan, Scheme
from pingyi.registry import current_registry, load_context
from pingyi.services.core.errors import not_found

CACHE = "pingyi.schemes"
SETTINGS_CACHE = "pingyi.settings.loaded"
_SCHEME = select(models.Document.toml, models.Document.issued_at).where(
    models.Document.id == bindparam("scheme")
)
_CHANNELS = select(
    models.Channel.id,
    models.Channel.key,
    models.Channel.operator_id,
    models.Channel.plugin,
    models.Channel.period_id,
    models.Period.key.label("period_key"),
    models.Period.state,
    models.Period.scheme_id,
    models.Period.starts_on,
    models.Period.ends_on,
    models.Period.time_zone,
    models.Period.names,
).join(models.Period, models.Period.id == models.Channel.period_id)
_OF_KEYS = _CHANNELS.where(
    models.Period.key == bindparam("period"), models.Channel.key == bindparam("channel")
)
_OF_ID = _CHANNELS.where(models.Channel.id == bindparam("channel"))
_OF_PERIOD = _CHANNELS.where(models.Channel.period_id == bindparam("period")).order_by(
    models.Channel.position
)
_ROLLS = (
    select(models.Roll.channel_id, models.Roll.name, models.Roll.stratum, models.Roll.count.label("amount"))
    .join(models.Channel, models.Channel.id == models.Roll.channel_id)
    .where(models.Channel.period_id == bindparam("period"))
)


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


@dataclass(frozen=True, slots=True)
class _ChannelRow:
    id: int
    key: str
    operator_id: int
    plugin: str
    period_id: int
    period_key: str
    state: str
    scheme_id: int
    starts_on: date | None
    ends_on: date | None
    time_zone: str
    names: str


def issued_scheme(scheme_id: int, connection: Connection) -> Scheme:
    """The parsed scheme of a stored version; once per process, since an issued document never changes."""
    cache: dict[int, Scheme] = current_app.extensions.setdefault(CACHE, {})
    if scheme_id in cache:
        return cache[scheme_id]
    row = connection.execute(_SCHEME, {"scheme": scheme_id}).one()
    # Its settings were checked when it was stored: a plugin that broke since then blocks what needs it alone.
    scheme = parse_scheme(row.toml)
    if row.issued_at is not None:
        cache[scheme_id] = scheme
    return scheme


def bound_channel(connection: Connection, ref: ChannelRef) -> BoundChannel:
    """The channel of a period; Problem not_found where there is none, or another plugin scores it."""
    row = one_row(connection, _ChannelRow, _OF_KEYS, period=ref.period, channel=ref.channel)
    if row is None or ref.plugin not in {None, row.plugin}:
        raise not_found(
            zh=f"周期“{ref.period}”的渠道“{ref.channel}”", en=f"Channel {ref.channel} of period {ref.period}"
        )
    return _working(connection, row, {})


def channel_by_id(connection: Connection, channel_id: int) -> BoundChannel:
    """The channel with this id, with its rolls."""
    (row,) = rows(connection, _ChannelRow, _OF_ID, channel=channel_id)
    return _working(connection, row, _rolls(connection, row.period_id).get(row.id, {}))


def period_channels(connection: Connection, period_id: int) -> list[BoundChannel]:
    """All channels of a period in the order of its scheme, with their rolls."""
    channels = rows(connection, _ChannelRow, _OF_PERIOD, period=period_id)
    rolls = _rolls(connection, period_id)
    return [_working(connection, row, rolls.get(row.id, {})) for row in channels]


def _rolls(connection: Connection, period_id: int) -> dict[int, dict[tuple[str, str], int]]:
    found: dict[int, dict[tuple[str, str], int]] = {}
    for row in connection.execute(_ROLLS, {"period": period_id}):
        found.setdefault(row.channel_id, {})[row.name, row.stratum] = row.amount
    return found


def _working(connection: Connection, row: _ChannelRow, rolls: dict[tuple[str, str], int]) -> BoundChannel:
    plan = issued_scheme(row.scheme_id, connection).channel(row.key)
    if plan is None:
        raise LookupError(f"channel {row.key} is not in its scheme")
    plugin = current_registry().channel(row.plugin)
    period = Period(
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        time_zone=row.time_zone,
        folds_names=row.names == "folded",
    )
    context = Context(_settings(row, plan, plugin), period, rolls)
    return BoundChannel(
        row.id, row.key, row.period_id, row.period_key, row.state, row.operator_id, plan, plugin, context
    )


def _settings(row: _ChannelRow, plan: ChannelPlan, plugin: Channel) -> Settings:
    cache: dict[tuple[int, str], Settings] = current_app.extensions.setdefault(SETTINGS_CACHE, {})
    subject = (row.scheme_id, row.key)
    if subject in cache:
        return cache[subject]
    settings = load_context(plugin, plan.settings, Period()).settings
    if row.scheme_id in current_app.extensions[CACHE]:
        cache[subject] = settings
    return settings
