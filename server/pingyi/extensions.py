"""Packages beside the core that bring pages, commands and work; one that is broken is named and survived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from flask import Flask, current_app, has_app_context
from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.registry import Broken, origin_of
from pingyi.settings import Settings
from pingyi.topics import CORE_TOPICS, Topic, checked_topics

ENTRY_POINT_GROUP = "pingyi.apps"
EXTENSION = "pingyi.apps"


def _nothing_missing(_connection: Connection, _period_id: int) -> Sequence[FieldError]:
    return ()


def _nothing_to_do(_connection: Connection, _period_id: int) -> None:
    return None


def _nothing_to_say(_connection: Connection, _settings: Settings) -> Sequence[str]:
    return ()


def _nothing_periodic() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What such a package brings; `key` is its name in the application.

    `init_app` registers blueprints and keeps state in the application. `commands`: the shell's, each with the
    module that has it under this name. `topics`: work that it asks for through the outbox.
    `models`: the module that registers tables of its own when imported.
    `missing`: what still has to be done before a period can open. `closed` asks for the work that closing
    brings. `unfinished`: why a closed period cannot be assessed yet, or None. `sweep`: periodic work.
    `approval_kinds`: each a `services.approvals.kinds.ApprovalKind`.
    `announced`: lines that `pingyi up` prints once the web answers.
    """

    key: str
    init_app: Callable[[Flask], None]
    commands: Mapping[str, str] = field(default_factory=dict)
    topics: Sequence[Topic] = ()
    models: str = ""
    missing: Callable[[Connection, int], Sequence[FieldError]] = _nothing_missing
    closed: Callable[[Connection, int], None] = _nothing_to_do
    unfinished: Callable[[Connection, int], Problem | None] = _nothing_to_do
    sweep: Callable[[], None] = _nothing_periodic
    approval_kinds: Callable[[], Sequence[Any]] = tuple
    announced: Callable[[Connection, Settings], Sequence[str]] = _nothing_to_say


@dataclass(frozen=True, slots=True)
class RegisteredExtension:
    """An extension with the distribution and version that brought it."""

    extension: Extension
    distribution: str
    version: str


@dataclass(frozen=True, slots=True)
class Extensions:
    """All extensions of one application, the topics of core and extensions, and the packages that failed."""

    working: tuple[RegisteredExtension, ...]
    topics: Mapping[str, Topic]
    broken: tuple[Broken, ...] = ()

    def asked(self) -> tuple[Extension, ...]:
        """Whoever is asked at the moments of a period; a stand-in speaks for every broken package."""
        return (*(one.extension for one in self.working), *map(_stand_in, self.broken))


def load_extensions(points: Iterable[EntryPoint] | None = None) -> Extensions:
    """Load every extension that is installed, in the order of their names."""
    working: list[RegisteredExtension] = []
    topics = {topic.key: topic for topic in CORE_TOPICS}
    broken: list[Broken] = []
    installed = entry_points(group=ENTRY_POINT_GROUP) if points is None else points
    for point in sorted(installed, key=lambda point: point.name):
        try:
            extension = _checked(point.load(), working)
            topics.update(checked_topics(extension.topics, topics))
            working.append(RegisteredExtension(extension, *origin_of(point)))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a package may raise anything; it is named
            broken.append(Broken(point.name, *origin_of(point), f"{type(error).__name__}: {error}"))
    return Extensions(tuple(working), topics, tuple(broken))


def _checked(brought: Any, working: Sequence[RegisteredExtension]) -> Extension:
    if not isinstance(brought, Extension):
        raise TypeError(f"expected an Extension, got {type(brought).__name__}")
    if any(brought.key == one.extension.key for one in working):
        raise ValueError(f"there is an extension {brought.key} already")
    return brought


def start_extensions(app: Flask) -> None:
    """Have every extension register what it brings; one that fails counts as broken from then on.

    What it had registered before it failed stays: Flask takes nothing back.
    """
    loaded = load_extensions()
    app.extensions[EXTENSION] = loaded
    working: list[RegisteredExtension] = []
    broken = list(loaded.broken)
    for one in loaded.working:
        try:
            one.extension.init_app(app)
            working.append(one)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
            reason = f"{type(error).__name__}: {error}"
            broken.append(Broken(one.extension.key, one.distribution, one.version, reason))
    lost = {topic.key for one in loaded.working if one not in working for topic in one.extension.topics}
    topics = {key: topic for key, topic in loaded.topics.items() if key not in lost}
    app.extensions[EXTENSION] = Extensions(tuple(working), topics, tuple(broken))


def installed_extensions() -> Extensions:
    """The extensions of the running application, or of this installation where none runs."""
    running: Extensions | None = current_app.extensions.get(EXTENSION) if has_app_context() else None
    return running or load_extensions()


def current_extensions() -> tuple[Extension, ...]:
    """Whom the running application asks at the moments of a period."""
    running: Extensions | None = current_app.extensions.get(EXTENSION)
    return running.asked() if running else ()


def _stand_in(broken: Broken) -> Extension:
    """Speaks for a broken package: nobody knows what it would still want before a period goes on."""
    named = {"name": broken.name, "distribution": broken.distribution, "version": broken.version}
    message = _CANNOT_BE_ASKED.format(**named, error=broken.error)
    return Extension(
        key=broken.name,
        init_app=lambda _app: None,
        missing=lambda _connection, _period_id: (FieldError(code="extension_broken", message=message),),
        unfinished=lambda _connection, _period_id: Problem("extension_broken", 409, message),
    )


_CANNOT_BE_ASKED = Text(
    zh="扩展“{name}”（{distribution} {version}）无法载入（{error}），"
    "无从得知它是否还有未完成的工作；请修复或卸载它。",
    en="The extension {name} ({distribution} {version}) cannot be loaded ({error}), so nobody knows what it "
    "still has to do; repair or uninstall it.",
)
