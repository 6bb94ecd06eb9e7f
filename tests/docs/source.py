"""Finds in the source what the reference must name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.docs.reading import ROOT, text_of

from pingyi.backups.messages import _MESSAGES as BACKUPS
from pingyi.domain.scheme.messages import MESSAGES
from pingyi.embedded.doctor_messages import _REMARKS as REMARKS
from pingyi.embedded.messages import _MESSAGES as REFUSALS
from pingyi.ledger.messages import _MESSAGES as SEALING
from pingyi.services.bundles.messages import _MESSAGES as FAULTS
from pingyi.web.error_titles import _OF_STATUS as OF_STATUS


def trees() -> Iterator[ast.Module]:
    for folder in ("server", "surveys", "workers", "plugins", "demonstration"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text(encoding="utf-8"))


def problem_codes() -> set[str]:
    """The codes of all Problems and FieldErrors, written out or taken from a table of messages."""
    tables = {
        *MESSAGES,
        *REFUSALS,
        *SEALING,
        *BACKUPS,
        *REMARKS,
        *FAULTS,
        *(code for code, _ in OF_STATUS.values()),
    }
    return tables | {code for tree in trees() for node in ast.walk(tree) for code in _codes(node)}


def _codes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        given = [keyword.value for keyword in node.keywords if keyword.arg in {"code", "invalid"}]
        if isinstance(node.func, ast.Name) and node.func.id == "Problem" and node.args:
            given.append(node.args[0])
        yield from _words(given)
    elif isinstance(node, ast.FunctionDef):
        named = [*node.args.args, *node.args.kwonlyargs]
        defaults = [None] * (len(node.args.args) - len(node.args.defaults)) + [
            *node.args.defaults,
            *node.args.kw_defaults,
        ]
        yield from _words(
            [
                value
                for one, value in zip(named, defaults, strict=True)
                if one.arg == "code" and value is not None
            ]
        )


def _words(values: list[ast.expr]) -> Iterator[str]:
    return (
        value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)
    )


def problem_statuses() -> set[tuple[str, int]]:
    """Code and status of every Problem that gives both in figures."""
    found = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                keywords = {one.arg: one.value for one in node.keywords}
                given = [*node.args[:2], keywords.get("code"), keywords.get("status")]
                match [one.value for one in given if isinstance(one, ast.Constant)]:
                    case [str(code), int(status)]:
                        found.add((code, status))
    return found


def make_targets() -> set[str]:
    phony = re.search(r"^\.PHONY: (.*)$", text_of("Makefile"), re.MULTILINE)
    assert phony
    return set(phony[1].split())


def procfile() -> dict[str, str]:
    lines = [line.partition(":") for line in text_of("Procfile").splitlines() if line.strip()]
    return {name: command.strip() for name, _, command in lines}


def tracked_texts() -> Iterator[Path]:
    """Every text file of the repository, without what is generated or installed."""
    left_out = {".git", ".venv", ".pingyi", "__pycache__", "dist", ".hypothesis"}
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if (
            path.is_file()
            and not left_out & set(parts)
            and not any(part.endswith("_cache") for part in parts)
        ):
            yield path
