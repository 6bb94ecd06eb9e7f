"""The database that a command works on: one that is configured, one that runs, or one started for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pingyi.backups.messages import refusal
from pingyi.embedded.engines import Engines, attach
from pingyi.embedded.messages import refusal as engine_refusal
from pingyi.embedded.state_folder import is_owned
from pingyi.settings import Settings


@contextmanager
def running(settings: Settings) -> Iterator[Settings]:
    """Settings with the owner's URL, of engines that run or are started over a state folder that is there."""
    if _is_elsewhere(settings):
        yield settings
    elif is_owned(settings.state):
        yield attach(settings)
    elif (settings.state / "postgres").exists():
        with Engines(settings) as engines:
            yield engines.settings()
    else:
        raise engine_refusal("not_running", state=settings.state)


@contextmanager
def unused(settings: Settings) -> Iterator[Settings]:
    """The same for a restore: embedded engines are started for it alone; Problem restore_living."""
    if _is_elsewhere(settings):
        yield settings
        return
    if is_owned(settings.state):
        raise refusal("restore_living")
    with Engines(settings) as engines:
        yield engines.settings()


def beside(settings: Settings) -> Settings | None:
    """Settings of a living house, None where there is none to be reached."""
    if settings.database_url:
        return settings
    return attach(settings) if is_owned(settings.state) else None


def _is_elsewhere(settings: Settings) -> bool:
    if settings.database_url and not settings.owner_database_url:
        raise engine_refusal("no_owner_url")
    return bool(settings.owner_database_url)
