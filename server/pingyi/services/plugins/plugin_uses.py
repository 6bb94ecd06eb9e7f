"""Every plugin with its state, and which schemes and periods use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from pingyi.channels import Text
from pingyi.domain.period_state import PeriodState
from pingyi.models import Channel, Document, Period, Progress
from pingyi.registry import Registry, current_registry
from pingyi.services.core.bound_channels import issued_scheme
from pingyi.services.intake.recount import REFOLD

_FAILURES = (
    select(Channel.plugin, Progress.error)
    .join(Progress, Progress.subject_id == Channel.id)
    .join(Period, Period.id == Channel.period_id)
    .where(Progress.topic == REFOLD, Progress.error != "", Period.state == PeriodState.OPEN)
    .order_by(Progress.updated_at)
)
_SCHEMES = (
    select(
        Document.id,
        Document.key,
        Document.version,
        Period.key.label("period"),
        Period.state,
    )
    .outerjoin(Period, Period.scheme_id == Document.id)
    .where(Document.kind == "scheme", Document.errors == 0)
    .order_by(Document.key, Document.version.desc(), Period.id.desc())
)


@dataclass(frozen=True, slots=True)
class PluginUse:
    """A scheme's version that names the plugin, for these channels; `period` is "" where it has none."""

    scheme: str
    version: int
    period: str
    state: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PluginLine:
    """A plugin by its key; `state`: ok, broken (`error` says why), or missing where only schemes name it.

    `failure`: why the installed version could not count the entries of an open period anew.
    """

    key: str
    title: Text | None
    family: str
    distribution: str
    version: str
    state: str
    error: str
    failure: Text | None
    uses: tuple[PluginUse, ...]


def plugin_lines(connection: Connection) -> list[PluginLine]:
    """All plugins, first what is broken or missing. A broken package stands under its entry point's name."""
    registry, uses = current_registry(), _uses(connection)
    failures = {row.plugin: _text(row.error) for row in connection.execute(_FAILURES)}
    lines = [*_broken(registry, uses), *_working(registry, uses, failures)]
    known = {line.key for line in lines}
    lines += [
        PluginLine(key, None, "", "", "", "missing", "", None, tuple(used))
        for key, used in uses.items()
        if key not in known
    ]
    return sorted(lines, key=lambda line: (line.state == "ok", line.key))


def _working(
    registry: Registry, uses: Mapping[str, list[PluginUse]], failures: Mapping[str, Text]
) -> list[PluginLine]:
    return [
        PluginLine(
            key,
            found.channel.title,
            found.channel.family,
            found.distribution,
            found.version,
            "ok",
            "",
            failures.get(key),
            tuple(uses.get(key, ())),
        )
        for key, found in registry.channels.items()
    ]


def _broken(registry: Registry, uses: Mapping[str, list[PluginUse]]) -> list[PluginLine]:
    """A package that failed over a key that another one brings blocks nothing of that key."""
    return [
        PluginLine(
            one.name,
            None,
            "",
            one.distribution,
            one.version,
            "broken",
            one.error,
            None,
            () if one.name in registry.channels else tuple(uses.get(one.name, ())),
        )
        for one in registry.broken
    ]


def _uses(connection: Connection) -> dict[str, list[PluginUse]]:
    found: dict[str, list[PluginUse]] = {}
    for row in connection.execute(_SCHEMES).all():
        channels: dict[str, list[str]] = {}
        for plan in issued_scheme(row.id, connection).channels:
            channels.setdefault(plan.plugin, []).append(plan.key)
        for plugin, keys in channels.items():
            use = PluginUse(row.key, row.version, row.period or "", row.state or "", tuple(keys))
            found.setdefault(plugin, []).append(use)
    return found


def _text(stored: str) -> Text:
    zh, _, en = stored.partition("\n")
    return Text(zh=zh, en=en)
