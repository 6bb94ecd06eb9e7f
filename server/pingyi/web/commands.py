"""Commands that print what an installation has and who may do what, without engines."""

from __future__ import annotations

import click

from pingyi import shell
from pingyi.extensions import load_extensions
from pingyi.registry import load_registry
from pingyi.roles import not_held_with
from pingyi.web.policy import policies


@click.command()
def plugins() -> None:
    """插件 / One line per channel and extension: key, family, distribution, version, state."""
    registry, extensions = load_registry(), load_extensions()
    for key, found in sorted(registry.channels.items()):
        family = found.channel.family or "-"
        _line(key, family, found.distribution, found.version, "ok")
    for one in extensions.working:
        _line(one.extension.key, "extension", one.distribution, one.version, "ok")
    for family, failed in (("-", registry.broken), ("extension", extensions.broken)):
        for broken in failed:
            state = " ".join(f"broken: {broken.error}".split())
            _line(broken.name, family, broken.distribution, broken.version or "-", state)


@click.command()
def roles() -> None:
    """角色 / One line per role: key, title, roles that the same person may not hold."""
    known = load_extensions().roles
    for key, role in known.items():
        apart = not_held_with(key, known)
        _line(key, shell.words(role.title), "alone" if role.alone else " ".join(apart) or "-")


@click.command()
def routes() -> None:
    """权限 / One line per route and method: method, rule, who may call it."""
    app = click.get_current_context().meta[shell.UNATTACHED]()
    for method, rule, stated in policies(app):
        _line(method, rule, "undeclared" if stated is None else " ".join(sorted(stated)))


def _line(*parts: str) -> None:
    click.echo("\t".join(parts))
