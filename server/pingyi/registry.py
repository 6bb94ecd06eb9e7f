"""Finds the channels that installed packages bring; a broken one is named and blocks only what needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

import pluggy
from flask import current_app
from marshmallow import ValidationError

from pingyi.channels import Channel, ChannelSpecs, Context, Period, Text
from pingyi.channels.hookspecs import ENTRY_POINT_GROUP, PROJECT
from pingyi.channels.messages import translate
from pingyi.domain.errors import FieldError, Problem

EXTENSION = "pingyi.registry"


@dataclass(frozen=True, slots=True)
class Registered:
    """A channel with the distribution and version that brought it."""

    channel: Channel
    distribution: str
    version: str


@dataclass(frozen=True, slots=True)
class Broken:
    """An entry point that brought nothing, and why."""

    name: str
    distribution: str
    version: str
    error: str


@dataclass(frozen=True, slots=True)
class Registry:
    """All channels of one application."""

    channels: Mapping[str, Registered]
    broken: tuple[Broken, ...] = ()

    def channel(self, key: str) -> Channel:
        """The channel `key`; Problem plugin_missing when no working package brings it."""
        if key not in self.channels:
            raise Problem(
                code="plugin_missing",
                status=409,
                message=Text(
                    zh="没有安装提供渠道“{key}”的插件。{broken}",
                    en="No working plugin brings channel {key}. {broken}",
                ).format(
                    key=key, broken="; ".join(f"{b.distribution} {b.version}: {b.error}" for b in self.broken)
                ),
            )
        return self.channels[key].channel

    def version(self, key: str) -> str:
        """Distribution and version that bring `key`."""
        found = self.channels[key]
        return f"{found.distribution} {found.version}"


def current_registry() -> Registry:
    """The registry of the running application."""
    registry: Registry = current_app.extensions[EXTENSION]
    return registry


def load_registry(points: Iterable[EntryPoint] | None = None) -> Registry:
    """Load every entry point of the group, bundled and foreign alike, in the order of their names."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(ChannelSpecs)
    found: dict[str, Registered] = {}
    broken: list[Broken] = []
    for point in sorted(
        entry_points(group=ENTRY_POINT_GROUP) if points is None else points, key=lambda p: p.name
    ):
        try:
            _register(manager, point, found)
        except Exception as error:  # noqa: BLE001 - a foreign package may raise anything; it is named, not trusted
            broken.append(Broken(point.name, *_origin(point), f"{type(error).__name__}: {error}"))
    return Registry(found, tuple(broken))


def _register(manager: pluggy.PluginManager, point: EntryPoint, found: dict[str, Registered]) -> None:
    plugin = point.load()
    name = manager.register(plugin, point.name)
    if name is None:
        raise TypeError(f"entry point {point.name} is blocked")
    manager.check_pending()
    callers = manager.get_hookcallers(plugin) or []
    if not callers:
        raise TypeError("the package implements no hook of ours")
    implementations = [hook for caller in callers for hook in caller.get_hookimpls() if hook.plugin is plugin]
    brought = [channel for hook in implementations for channel in cast("Iterable[Any]", hook.function())]
    for channel in brought:
        _check(channel, found)
    found.update({channel.key: Registered(channel, *_origin(point)) for channel in brought})


def _check(channel: Any, found: Mapping[str, Registered]) -> None:
    if not isinstance(channel, Channel):
        raise TypeError(f"expected a Channel, got {type(channel).__name__}")
    if channel.key in found:
        other = found[channel.key]
        raise ValueError(f"channel {channel.key} is already brought by {other.distribution} {other.version}")


def _origin(point: EntryPoint) -> tuple[str, str]:
    return (point.dist.name, point.dist.version) if point.dist else ("unknown", "")


def load_context(
    channel: Channel,
    settings: Mapping[str, Any],
    period: Period,
    rolls: Mapping[tuple[str, str], int] | None = None,
) -> Context:
    """The channel's context with its settings loaded; Problem settings_invalid where they cannot score."""
    problems = check_settings(channel, settings)
    if problems:
        raise Problem(
            code="settings_invalid",
            status=422,
            message=Text(zh="渠道设置不符合要求。", en="The channel's settings are not valid."),
            errors=problems,
        )
    return Context(channel.settings_schema().load(settings), period, rolls or {})


def check_settings(channel: Channel, settings: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with a channel's settings; pointers are relative to the settings."""
    try:
        channel.settings_schema().load(settings)
    except ValidationError as error:
        return list(field_errors(error.messages_dict, ""))
    return []


def field_errors(messages: Any, pointer: str, code: str = "invalid") -> Iterable[FieldError]:
    """Flatten marshmallow's nested messages into one FieldError each, with JSON pointers."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            inner = (
                pointer if key == "_schema" else f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
            )
            yield from field_errors(below, inner, code)
    elif isinstance(messages, list):
        for message in messages:
            yield from field_errors(message, pointer, code)
    else:
        yield FieldError(code=code, pointer=pointer, message=translate(str(messages)))
