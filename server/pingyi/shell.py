"""How the shell speaks: the reader's language, problems as sentences, one line of progress."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.extensions import load_extensions
from pingyi.registry import Broken, named

if TYPE_CHECKING:
    from flask import Flask

    from pingyi.settings import Settings

APPLICATION = "pingyi.application"
UNATTACHED = "pingyi.unattached"
ANNOUNCE = "pingyi.announce"
_ELSEWHERE = {
    **dict.fromkeys(("up", "doctor", "database", "procfile"), "pingyi.embedded.commands"),
    **dict.fromkeys(("backup", "restore", "drill"), "pingyi.backups.commands"),
    **dict.fromkeys(("plugins", "roles", "routes"), "pingyi.web.commands"),
}


class Commands(click.Group):
    """A group with commands of other packages, loaded when asked for; it prints problems as sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_elsewhere()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _elsewhere().get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        if module in _ELSEWHERE.values():
            own: click.Command = getattr(importlib.import_module(module), cmd_name)
            return own
        try:
            command: click.Command = getattr(importlib.import_module(module), cmd_name)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a package may raise anything; it is named
            reason = f"{type(error).__name__}: {error}"
            complain(_NO_COMMAND.format(command=cmd_name, module=module, error=reason))
            return None
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        ctx.obj = ctx.params.get("lang") or language_of(os.environ)
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            for broken in load_extensions().broken:
                complain(broken_extension(broken))
            raise

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Problem as problem:
            report(problem)
            raise SystemExit(1) from None


def _elsewhere() -> dict[str, str]:
    """The module of every command that is not the core's, by its name."""
    brought = (one.extension.commands for one in load_extensions().working)
    return {**_ELSEWHERE, **{name: module for each in brought for name, module in each.items()}}


_NO_COMMAND = Text(
    zh="命令“{command}”（{module}）无法载入：{error}",
    en="The command {command} of {module} cannot be loaded: {error}",
)


def broken_extension(broken: Broken) -> Text:
    """The sentence that names a broken extension."""
    sentence = Text(
        zh="扩展“{name}”（{distribution} {version}）无法载入：{error}",
        en="The extension {name} ({distribution} {version}) cannot be loaded: {error}",
    )
    return sentence.format(**named(broken))


def unmigrated_extension(broken: Broken) -> Text:
    """The sentence that names an extension whose migrations failed."""
    sentence = Text(
        zh="扩展“{name}”（{distribution} {version}）的数据表未能更新：{error}",
        en="The tables of the extension {name} ({distribution} {version}) could not be migrated: {error}",
    )
    return sentence.format(**named(broken))


def language_of(environ: Mapping[str, str]) -> str:
    """The language of the messages: English where the locale says so, otherwise Chinese."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "en" if locale.lower().startswith("en") else "zh"


def words(text: Text) -> str:
    """A message in the language chosen for this run."""
    context = click.get_current_context(silent=True)
    chosen = context.find_root().obj if context else "zh"
    return text.get(chosen if isinstance(chosen, str) else "zh")


def say(text: Text) -> None:
    """Print a line of the command's answer."""
    click.echo(words(text))


def complain(text: Text) -> None:
    """Print a line beside the answer."""
    click.echo(words(text), err=True)


def report(problem: Problem) -> None:
    """Print what is wrong, one line each, with its place; then the sentence that sums it up."""
    for error in problem.errors:
        click.echo(_line(error), err=True)
    complain(problem.message)


def _line(error: FieldError) -> str:
    """`file:row:column: message`; what is not known of the place is left out."""
    row = "" if error.row is None else str(error.row)
    place = [part for part in (error.file, row, error.column or error.pointer) if part]
    return f"{':'.join(place)}: {words(error.message)}" if place else words(error.message)


@contextmanager
def progress_line() -> Iterator[Callable[[Text], None]]:
    """One line on a terminal that says what is being done, gone at the end; nothing elsewhere."""
    terminal = sys.stderr.isatty()

    def show(text: Text) -> None:
        if terminal:
            click.echo(f"\r\033[K{words(text)}", nl=False, err=True)

    try:
        yield show
    finally:
        if terminal:
            click.echo("\r\033[K", nl=False, err=True)


@contextmanager
def running_installation() -> Iterator[tuple[Flask, Settings]]:
    """The application on the running engines, and its settings: for commands that other packages bring."""
    make = click.get_current_context().meta[APPLICATION]
    with make() as (app, settings):
        yield app, settings


@contextmanager
def running_application() -> Iterator[Flask]:
    """The same application, inside its context."""
    with running_installation() as (app, _), app.app_context():
        yield app
