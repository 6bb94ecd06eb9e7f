"""Packages beside the core, and registries of what they bring; one that is broken is named and survived."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from flask import Flask, current_app, has_app_context
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, ProgrammingError

from pingyi.channels import Text
from pingyi.database_refusals import REFUSALS, Refusal, checked_refusals
from pingyi.domain.errors import FieldError, Problem
from pingyi.findings import Finding
from pingyi.navigation import HomePart, Link, check_links, check_parts
from pingyi.registry import Broken, named, origin_of, ours_first
from pingyi.roles import CORE_ROLES, RoleKind, checked_roles
from pingyi.settings import Settings, check_settings_class
from pingyi.topics import CORE_TOPICS, Topic, checked_topics

ENTRY_POINT_GROUP = "pingyi.apps"
EXTENSION = "pingyi.apps"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_log = logging.getLogger(__name__)


def _nothing_missing(_connection: Connection, _period_id: int) -> Sequence[FieldError]:
    return ()


def _nothing_to_do(_connection: Connection, _period_id: int) -> None:
    return None


def _nothing_to_say(_connection: Connection, _settings: Settings) -> Sequence[str]:
    return ()


def _nothing_to_check(_settings: Settings) -> Iterable[Finding]:
    return ()


def _nothing_periodic() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What such a package brings; `key` is its name in the application.

    `init_app` registers blueprints and keeps state in the application. `commands`: the shell's, each with the
    module that has it under this name. `topics`: work that it asks for through the outbox.
    `models`: the module that registers tables of its own when imported; `migrations`: the package with their
    history, in its folder `versions`. `refusals`: what its triggers refuse, by SQLSTATE.
    `settings`: a frozen dataclass whose fields are made by `pingyi.settings`; `Settings.read` gives it.
    `roles`: those that only it uses. `approval_kinds`: each a `services.approvals.kinds.ApprovalKind`.
    `document_kinds`: each a `services.documents.kinds.DocumentKind`.
    `links` lead to its pages; `home`: what waits for a person, on the page after signing in.
    `missing`: what still has to be done before a period can open. `closed` asks for the work that closing
    brings. `unfinished`: why a closed period cannot be assessed yet, or None. `sweep`: periodic work.
    `announced`: lines that `pingyi up` prints once the web answers. `checks`: what `pingyi doctor` asks it.
    """

    key: str
    init_app: Callable[[Flask], None]
    commands: Mapping[str, str] = field(default_factory=dict)
    topics: Sequence[Topic] = ()
    models: str = ""
    migrations: str = ""
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    settings: type[Any] | None = None
    roles: Sequence[RoleKind] = ()
    approval_kinds: Callable[[], Sequence[Any]] = tuple
    document_kinds: Callable[[], Sequence[Any]] = tuple
    links: Sequence[Link] = ()
    home: Sequence[HomePart] = ()
    missing: Callable[[Connection, int], Sequence[FieldError]] = _nothing_missing
    closed: Callable[[Connection, int], None] = _nothing_to_do
    unfinished: Callable[[Connection, int], Problem | None] = _nothing_to_do
    sweep: Callable[[], None] = _nothing_periodic
    announced: Callable[[Connection, Settings], Sequence[str]] = _nothing_to_say
    checks: Callable[[Settings], Iterable[Finding]] = _nothing_to_check


@dataclass(frozen=True, slots=True)
class RegisteredExtension:
    """An extension with the distribution and version that brought it."""

    extension: Extension
    distribution: str
    version: str

    def broken(self, error: BaseException) -> Broken:
        """The same package once it failed."""
        return Broken(self.extension.key, self.distribution, self.version, reason_of(error))


@dataclass(frozen=True, slots=True)
class Extensions:
    """The extensions of one application, topics and roles of core and extensions, and what failed."""

    working: tuple[RegisteredExtension, ...]
    topics: Mapping[str, Topic]
    roles: Mapping[str, RoleKind]
    broken: tuple[Broken, ...] = ()

    def asked(self) -> tuple[Extension, ...]:
        """Whoever is asked at the moments of a period; a stand-in speaks for every broken package."""
        return (*map(_guarded, self.working), *map(_stand_in, self.broken))


def load_extensions(points: Iterable[EntryPoint] | None = None) -> Extensions:
    """Load every extension that is installed in the order of their names, ours first."""
    working: list[RegisteredExtension] = []
    broken: list[Broken] = []
    installed = entry_points(group=ENTRY_POINT_GROUP) if points is None else points
    for point in sorted(installed, key=ours_first):
        try:
            extension = _checked(point.load(), _gathered(working, broken))
            working.append(RegisteredExtension(extension, *origin_of(point)))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a package may raise anything; it is named
            broken.append(Broken(point.name, *origin_of(point), reason_of(error)))
    return _gathered(working, broken)


def _gathered(working: Sequence[RegisteredExtension], broken: Sequence[Broken]) -> Extensions:
    brought = [one.extension for one in working]
    topics = (*CORE_TOPICS, *(topic for extension in brought for topic in extension.topics))
    roles = (*CORE_ROLES, *(role for extension in brought for role in extension.roles))
    return Extensions(
        tuple(working),
        {topic.key: topic for topic in topics},
        {role.key: role for role in roles},
        tuple(broken),
    )


def _checked(brought: Any, known: Extensions) -> Extension:
    if not isinstance(brought, Extension):
        raise TypeError(f"expected an Extension, got {type(brought).__name__}")
    if not _KEY.fullmatch(brought.key):
        raise ValueError(f"{brought.key!r} is no key: letters in lower case, digits and _, a letter first")
    others = [one.extension for one in known.working]
    if any(brought.key == other.key for other in others):
        raise ValueError(f"there is an extension {brought.key} already")
    checked_topics(brought.topics, known.topics)
    checked_roles(brought.roles, known.roles)
    checked_refusals(brought.refusals, [code for other in others for code in other.refusals])
    check_settings_class(brought.settings, [other.settings for other in others])
    check_links(brought.links)
    check_parts(brought.home)
    return brought


def reason_of(error: BaseException) -> str:
    """Why a package is broken, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def prepare_extensions(
    app: Flask, approval_kinds: Collection[str] = (), document_kinds: Collection[str] = ()
) -> None:
    """Load what is installed and look whether it can be used here, before anything asks what it brings.

    `approval_kinds`, `document_kinds`: the keys that are taken.
    """
    settings: Settings = app.extensions["pingyi.configuration"]
    approvals, documents = set(approval_kinds), set(document_kinds)

    def prepare(extension: Extension) -> None:
        if extension.settings is not None:
            settings.read(extension.settings)
        _take_keys("approval kind", extension.approval_kinds(), approvals)
        _take_keys("kind of documents", extension.document_kinds(), documents)

    app.extensions[EXTENSION] = _still_working(load_extensions(), prepare)


def _take_keys(what: str, kinds: Iterable[Any], taken: set[str]) -> None:
    for kind in kinds:
        if kind.key in taken:
            raise ValueError(f"the {what} {kind.key} is already registered")
        taken.add(kind.key)


def start_extensions(app: Flask) -> None:
    """Have every extension of the application register what it brings; one that fails is broken from then on.

    What it had registered before it failed stays: Flask takes nothing back.
    """

    def start(extension: Extension) -> None:
        extension.init_app(app)
        for link in extension.links:
            given = {"period"} if link.takes_period else set()
            if not any(rule.arguments <= given for rule in app.url_map.iter_rules(link.endpoint)):
                raise ValueError(f"the link to {link.endpoint} lacks what its address needs")

    started = _still_working(app.extensions[EXTENSION], start)
    app.extensions[EXTENSION] = started
    brought = [one.extension.refusals for one in started.working]
    app.extensions[REFUSALS] = {code: refusal for each in brought for code, refusal in each.items()}


def _still_working(loaded: Extensions, act: Callable[[Extension], None]) -> Extensions:
    """Those with which `act` succeeds go on to work."""
    working: list[RegisteredExtension] = []
    broken = list(loaded.broken)
    for one in loaded.working:
        try:
            act(one.extension)
            working.append(one)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a package may raise anything; it is named
            broken.append(one.broken(error))
    return _gathered(working, broken)


def installed_extensions() -> Extensions:
    """The extensions of the running application, or of this installation where none runs."""
    running: Extensions | None = current_app.extensions.get(EXTENSION) if has_app_context() else None
    return running or load_extensions()


def current_extensions() -> tuple[Extension, ...]:
    """Whom the running application asks at the moments of a period."""
    running: Extensions | None = current_app.extensions.get(EXTENSION)
    return running.asked() if running else ()


def registered_roles() -> Mapping[str, RoleKind]:
    """The roles that accounts may be given, by their keys."""
    return installed_extensions().roles


def evidence_readers() -> frozenset[str]:
    """The roles that see the files which prove entries, whoever delivered them."""
    return frozenset(role.key for role in registered_roles().values() if role.reads_evidence)


def home_parts(roles: Collection[str]) -> list[tuple[RegisteredExtension, HomePart]]:
    """The parts of the home of whoever holds `roles`, each with the extension that brings it."""
    working = installed_extensions().working
    return [(one, part) for one in working for part in one.extension.home if part.roles & set(roles)]


def _guarded(one: RegisteredExtension) -> Extension:
    """The extension; where it fails at a moment of a period, a stand-in answers."""
    return replace(
        one.extension,
        missing=partial(_answer, one, "missing"),
        closed=partial(_answer, one, "closed"),
        unfinished=partial(_answer, one, "unfinished"),
    )


def _answer(one: RegisteredExtension, moment: str, connection: Connection, period_id: int) -> Any:
    try:
        with connection.begin_nested():
            return getattr(one.extension, moment)(connection, period_id)
    except Exception as error:
        of_database = isinstance(error, DBAPIError) and not isinstance(error, ProgrammingError)
        if of_database or isinstance(error, Problem):
            raise
        _log.exception("the extension %s failed", one.extension.key)
        return getattr(_stand_in(one.broken(error)), moment)(connection, period_id)


def _stand_in(broken: Broken) -> Extension:
    """Speaks for a broken package: nobody knows what it would still want before a period goes on."""
    message = not_working(broken)
    return Extension(
        key=broken.name,
        init_app=lambda _app: None,
        missing=lambda _connection, _period_id: (FieldError(code="extension_broken", message=message),),
        unfinished=lambda _connection, _period_id: Problem("extension_broken", 409, message),
    )


def not_working(broken: Broken) -> Text:
    """Why nothing is opened or assessed beside a broken package."""
    return _NOT_WORKING.format(**named(broken))


_NOT_WORKING = Text(
    zh="扩展“{name}”（{distribution} {version}）无法使用（{error}），"
    "无从得知它是否还有未完成的工作；请修复或卸载它。",
    en="The extension {name} ({distribution} {version}) does not work ({error}), so nobody knows what it "
    "still has to do; repair or uninstall it.",
)
