"""Writes the names that a version knows to a file as JSON; run by the Python of that version, in its folder.

It imports nothing of the tests. Of the product it names only what keeps its place: `pingyi.app.create_app`,
`pingyi.settings`, `pingyi.channels`, and the jobs below `pingyi_workers.jobs` that waiting requests name.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib
import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import click

NOT_THE_PRODUCT = {"tests", "benchmarks", "docs", "var", "dist", "build"}
NOWHERE = {
    "PINGYI_STATE": "/nonexistent",
    "DATABASE_URL": "postgresql+psycopg://nobody@/nothing?host=/nonexistent",
    "REDIS_URL": "unix:///nonexistent",
    "PINGYI_SECRET_KEY": "a key that signs nothing, long enough for it",
}
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_/-]*")
DOTTED = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
JOBS = "pingyi_workers.jobs"


def sources(root: Path) -> list[Path]:
    """The product's Python files, wherever its packages stand."""
    found = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        if parts[0] not in NOT_THE_PRODUCT and not any(part.startswith(".") for part in parts):
            found.append(path)
    return found


def modules(root: Path, paths: list[Path]) -> set[str]:
    """Words that are names of modules, packages or folders: a move may change them."""
    return {Path(part).stem for path in paths for part in path.relative_to(root).parts}


class Names(ast.NodeVisitor):
    """Collects what the source spells out."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = {
            "problem codes": set(),
            "problem codes with status": set(),
            "keys of tables of sentences": set(),
            "sentences": set(),
            "leaf kinds and other dotted words": set(),
            "words of the code": set(),
            "tuples of words, such as counters": set(),
            "jobs sent to the queues": set(),
        }

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = _last_name(node.func)
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if called == "Problem":
            code = given.get("code", node.args[0] if node.args else None)
            status = given.get("status", node.args[1] if len(node.args) > 1 else None)
            self._code(code, status)
        elif "code" in given:
            self._code(given["code"], None)
        elif called == "Text" and {"zh", "en"} <= given.keys():
            self.found["sentences"].add(f"{_template(given['zh'])} / {_template(given['en'])}")
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        named = [*node.args.posonlyargs, *node.args.args]
        pairs = [*zip(reversed(named), reversed(node.args.defaults), strict=False)]
        pairs += [
            (one, value)
            for one, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if value is not None
        ]
        for argument, value in pairs:
            if argument.arg == "code":
                self._code(value, None)
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        if node.values and all(_says(value) for value in node.values):
            keys = [key for key in node.keys if isinstance(key, ast.Constant)]
            self.found["keys of tables of sentences"] |= {str(key.value) for key in keys}
        self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        words = [one.value if isinstance(one, ast.Constant) else None for one in node.elts]
        if len(words) > 1 and isinstance(words[0], str) and WORD.fullmatch(words[0]):
            told = "/".join(str(word) if isinstance(word, str | int) else "{}" for word in words)
            self.found["tuples of words, such as counters"].add(told)
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        template = _template(node)
        if template.startswith(JOBS):
            self.found["jobs sent to the queues"].add(template)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if not isinstance(value, str):
            return
        if value.startswith(f"{JOBS}."):
            self.found["jobs sent to the queues"].add(value)
        elif DOTTED.fullmatch(value) and not value.startswith("pingyi"):
            self.found["leaf kinds and other dotted words"].add(value)
        elif WORD.fullmatch(value) and not value.startswith(("pingyi_", "__")):
            self.found["words of the code"].add(value)

    def _code(self, code: ast.expr | None, status: ast.expr | None) -> None:
        if isinstance(code, ast.Constant) and isinstance(code.value, str):
            self.found["problem codes"].add(code.value)
            if isinstance(status, ast.Constant):
                self.found["problem codes with status"].add(f"{code.value} {status.value!r}")


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _template(node: ast.expr) -> str:
    """A string with {} for everything that is put into it; empty where it is none."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    return "..."


def _says(node: ast.expr) -> bool:
    """Whether a value of a table is a sentence, or has one."""
    if isinstance(node, ast.Tuple):
        return any(_says(one) for one in node.elts)
    return isinstance(node, ast.Call) and _last_name(node.func) == "Text"


def names_in_source(root: Path) -> dict[str, set[str]]:
    """What the source spells out; words that are names of modules are left out."""
    paths = sources(root)
    names = Names()
    for path in paths:
        names.visit(ast.parse(path.read_text(encoding="utf-8")))
    names.found["names of modules"] = modules(root, paths)
    return names.found


def commands(command: click.Command, words: str = "pingyi") -> Iterator[str]:
    """Every command with its parameters, one line each."""
    for each in command.params:
        facts = [each.name, each.opts, each.secondary_opts, each.type.name, each.nargs, each.required]
        facts += [each.envvar, getattr(each, "multiple", None), getattr(each, "is_flag", None)]
        choices = getattr(each.type, "choices", None)
        yield f"{words} {facts} {list(choices) if choices else ''} {getattr(each, 'help', None)}"
    yield f"{words}: {command.help}"
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, name
            yield from commands(found, f"{words} {name}")


def channels() -> Iterator[str]:
    """What every installed channel declares, found by its entry point."""
    for point in distribution("pingyi").entry_points.select(group="pingyi.channels"):
        for channel in point.load().pingyi_channels():
            facts = f"{channel.key} {channel.family} {channel.title.zh} {channel.title.en}"
            yield facts
            yield from (f"{channel.key} entry {name}" for name in channel.entry_schema().fields)
            yield from (f"{channel.key} setting {name}" for name in channel.settings_schema().fields)
            presets = getattr(channel.settings_schema, "presets", {})
            yield from (f"{channel.key} preset {name} {value!r}" for name, value in presets.items())


def settings() -> Iterator[str]:
    working = importlib.import_module("pingyi.extensions").load_extensions()
    brought = (getattr(one.extension, "settings", None) for one in getattr(working, "working", ()))
    for kind in (importlib.import_module("pingyi.settings").Settings, *filter(None, brought)):
        for each in (each for each in dataclasses.fields(kind) if "env" in each.metadata):
            default = "" if each.default is dataclasses.MISSING else each.default
            yield f"{each.metadata['env']} {default!r} {each.metadata['about']}"


def procfile(root: Path) -> list[str]:
    return (root / "Procfile").read_text(encoding="utf-8").splitlines()


def jobs(root: Path) -> Iterator[str]:
    """The functions that requests in a queue name, for every topic, or queue of the Procfile before those."""
    try:
        found = importlib.import_module(JOBS)
    except ModuleNotFoundError:
        return
    topics = [line.split(" worker ")[1].strip() for line in procfile(root) if " worker " in line]
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("pingyi.topics")
        topics = list(importlib.import_module("pingyi.extensions").load_extensions().topics)
    yield from (f"{JOBS}.{topic}" for topic in [*topics, "sweep"] if callable(getattr(found, topic, None)))


def application() -> Any:
    """The application upon engines that are not there: routes and wire need none."""
    from pingyi.app import create_app
    from pingyi.settings import load_settings

    return create_app(load_settings(NOWHERE))


def names(root: Path, app: Any) -> dict[str, list[str]]:
    """Every kind of name that may be met from outside."""
    points = distribution("pingyi").entry_points
    shell = next(point for point in points.select(group="console_scripts") if point.name == "pingyi")
    contract = importlib.import_module("pingyi.channels")
    found: dict[str, Any] = {
        **names_in_source(root),
        "settings": settings(),
        "commands": commands(shell.load()),
        "jobs": jobs(root),
        "processes": procfile(root),
        "entry points": [f"{point.group} {point.name}" for point in points],
        "contract of channels": contract.__all__,
        "channels": channels(),
        "routes": [f"{rule.rule} {sorted(rule.methods or ())}" for rule in app.url_map.iter_rules()],
    }
    return {kind: sorted(each) for kind, each in found.items()}


if __name__ == "__main__":
    made = application()
    wire = made.test_client().get("/api/openapi.json").get_data(as_text=True)
    told = {"names": names(Path.cwd(), made), "openapi": wire}
    Path(sys.argv[1]).write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
