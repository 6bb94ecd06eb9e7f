"""Finds the channels that installed packages bring; a broken one is named and blocks only what needs it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

import pluggy
from flask import current_app
from marshmallow import Schema, ValidationError

from pingyi.channels import Channel, ChannelSpecs, Context, EntrySchema, Period, Text
from pingyi.channels.hookspecs import ENTRY_POINT_GROUP, PROJECT
from pingyi.channels.listed import clashing_titles
from pingyi.channels.messages import bilingual, text_of
from pingyi.domain.document_reading import schema_errors
from pingyi.domain.errors import FieldError, Problem

EXTENSION = "pingyi.registry"
OWN = "pingyi"
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


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


def named(broken: Broken) -> dict[str, str]:
    """What a sentence says of a broken package."""
    return asdict(broken)


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

    def installed(self, key: str) -> Channel | None:
        """The channel `key`; None when no working package brings it."""
        return self.channels[key].channel if key in self.channels else None

    def version(self, key: str) -> str:
        """Distribution and version that bring `key`; Problem plugin_missing when no working package does."""
        self.channel(key)
        found = self.channels[key]
        return f"{found.distribution} {found.version}"


def current_registry() -> Registry:
    """The registry of the running application."""
    registry: Registry = current_app.extensions[EXTENSION]
    return registry


def load_registry(points: Iterable[EntryPoint] | None = None) -> Registry:
    """Load every entry point of the group in the order of their names, ours first: nobody takes our keys."""
    found: dict[str, Registered] = {}
    broken: list[Broken] = []
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP) if points is None else points, key=ours_first):
        try:
            found.update(_brought(point, found))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a foreign package may raise anything; it is named
            broken.append(Broken(point.name, *origin_of(point), f"{type(error).__name__}: {error}"))
    return Registry(found, tuple(broken))


def _brought(point: EntryPoint, found: Mapping[str, Registered]) -> dict[str, Registered]:
    """All channels of one package, each checked; a manager of its own, so that no package spoils the next."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(ChannelSpecs)
    plugin = point.load()
    manager.register(plugin, point.name)
    manager.check_pending()
    callers = manager.get_hookcallers(plugin) or []
    if not callers:
        raise TypeError("the package implements no hook of ours")
    implementations = [hook for caller in callers for hook in caller.get_hookimpls()]
    brought: dict[str, Registered] = {}
    for channel in (one for hook in implementations for one in cast("Iterable[Any]", hook.function())):
        _check(channel, {**found, **brought})
        brought[channel.key] = Registered(channel, *origin_of(point))
    return brought


def _check(channel: Any, found: Mapping[str, Registered]) -> None:
    if not isinstance(channel, Channel):
        raise TypeError(f"expected a Channel, got {type(channel).__name__}")
    if not (isinstance(channel.key, str) and _KEY.fullmatch(channel.key)):
        raise ValueError(f"{channel.key!r} is no key: letters, digits, _ and -, a letter first")
    if not isinstance(channel.title, Text):
        raise TypeError(f"the title of channel {channel.key} is no Text")
    for name, base in (("entry_schema", EntrySchema), ("settings_schema", Schema)):
        schema = getattr(channel, name)
        if not (isinstance(schema, type) and issubclass(schema, base)):
            raise TypeError(f"{name} of channel {channel.key} is no class below {base.__name__}")
        schema()
    for name in ("tally", "score", "needs"):
        if not callable(getattr(channel, name)):
            raise TypeError(f"{name} of channel {channel.key} cannot be called")
    _check_words(channel)
    places = [*(page.path for page in channel.pages), *(f"tasks-{task.key}" for task in channel.tasks)]
    if len(set(places)) < len(places) or not all(map(_KEY.fullmatch, places)):
        raise ValueError(f"pages and tasks of channel {channel.key} need keys of their own, got {places}")
    if channel.key in found:
        other = found[channel.key]
        raise ValueError(f"channel {channel.key} is already brought by {other.distribution} {other.version}")


def _check_words(channel: Channel) -> None:
    for name in ("fact_titles", "words"):
        if not all(isinstance(title, Text) for title in getattr(channel, name).values()):
            raise TypeError(f"{name} of channel {channel.key} is no table of Text")


def ours_first(point: EntryPoint) -> tuple[bool, str]:
    """The order in which packages are loaded: nobody takes a key of ours."""
    return origin_of(point)[0] != OWN, point.name


def origin_of(point: EntryPoint) -> tuple[str, str]:
    """The distribution and version of an entry point."""
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
    schema = bilingual(channel.settings_schema())
    try:
        loaded = schema.load(settings)
    except ValidationError as error:
        return list(schema_errors(schema, error.messages_dict))
    return list(schema_errors(schema, clashing_titles(channel, loaded)))


def check_channel(registry: Registry, plugin: str, settings: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with the plugin and the settings of a scheme's channel; pointers begin at the channel."""
    try:
        channel = registry.channel(plugin)
    except Problem as problem:
        return [FieldError(code=problem.code, message=problem.message, pointer="/plugin")]
    errors = check_settings(channel, settings)
    return [replace(error, pointer=f"/settings{error.pointer}") for error in errors]


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
        yield FieldError(code=code, pointer=pointer, message=text_of(messages))
