"""Packages beside the core that bring pages, commands and work of their own, found by their entry points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Connection

from pingyi.domain.errors import FieldError, Problem
from pingyi.settings import Settings

ENTRY_POINT_GROUP = "pingyi.apps"
EXTENSION = "pingyi.apps"


def _nothing_missing(_connection: Connection, _period_id: int) -> Sequence[FieldError]:
    return ()


def _nothing_to_do(_connection: Connection, _period_id: int) -> None:
    return None


def _nothing_to_say(_connection: Connection, _settings: Settings) -> Sequence[str]:
    return ()


def _nothing_found() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """What such a package brings; `key` is its name in the application.

    `init_app` registers blueprints and keeps state in the application. `commands`: the shell's, each with the
    module that has it under this name.
    `missing`: what still has to be done before a period can open. `closed` asks for the work that closing
    brings. `unfinished`: why a closed period cannot be assessed yet, or None. `work`: jobs by topic of the
    outbox. `sweep`: periodic work. `approval_kinds`: each a `services.approvals.kinds.ApprovalKind`.
    `announced`: lines that `pingyi up` prints once the web answers.
    """

    key: str
    init_app: Callable[[Flask], None]
    commands: Mapping[str, str] = field(default_factory=dict)
    missing: Callable[[Connection, int], Sequence[FieldError]] = _nothing_missing
    closed: Callable[[Connection, int], None] = _nothing_to_do
    unfinished: Callable[[Connection, int], Problem | None] = _nothing_to_do
    work: Callable[[str, int], Any] | None = None
    sweep: Callable[[], None] = _nothing_found
    approval_kinds: Callable[[], Sequence[Any]] = tuple
    announced: Callable[[Connection, Settings], Sequence[str]] = _nothing_to_say


def load_extensions(points: Iterable[EntryPoint] | None = None) -> tuple[Extension, ...]:
    """Every extension that is installed, in the order of their names."""
    found = entry_points(group=ENTRY_POINT_GROUP) if points is None else points
    return tuple(point.load() for point in sorted(found, key=lambda point: point.name))


def current_extensions() -> tuple[Extension, ...]:
    """The extensions of the running application."""
    extensions: tuple[Extension, ...] = current_app.extensions.get(EXTENSION, ())
    return extensions
