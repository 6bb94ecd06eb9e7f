"""SQL stands in modules of queries, in the few that work on whole sets, and nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MOST = 80
QUERIES = re.compile(r"(\w+_)?queries\.py")
SET_BASED: Mapping[str, str] = {
    "server/pingyi/backups/load_dump.py": "a script for psql, which is no connection of ours",
    "server/pingyi/db.py": "makes statements of the strings that modules of queries hand over",
    "server/pingyi/embedded/database_roles.py": "roles and rights, which no model describes",
    "server/pingyi/ledger/sealing.py": "seals thousands of leaves with three statements",
    "server/pingyi/outbox.py": "leases many requests at once, past those that others hold",
    "server/pingyi/services/bundles/export_record.py": "leaves go out by COPY",
    "server/pingyi/services/bundles/export_tables.py": "entries go out by COPY",
    "server/pingyi/services/intake/dispositions.py": "disposes of many entries with one statement",
    "server/pingyi/services/intake/fold.py": "folds thousands of entries with one statement",
    "server/pingyi/services/intake/recount.py": "counts a channel's entries anew as one set",
    "server/pingyi/services/intake/store_entries.py": "stores a delivery with one statement",
    "server/pingyi/services/periods/store_units.py": "stores lists of thousands of units and their names",
    "server/pingyi/services/results/assess.py": "a row for every unit on every channel, by COPY",
    "server/pingyi/services/results/freeze.py": "reads whole periods, whose rows go into bytes as they come",
    "surveys/pingyi_surveys/casting/seal.py": "many ballots of one moment are one statement",
    "surveys/pingyi_surveys/counting/store_tally.py": "opinions go in by COPY, which no log shows",
}
"""Where SQL may stand besides modules of queries, and why."""
_LOUD = re.compile(
    r"""
    (SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|VALUES|COPY|TRUNCATE|LOCK|SET|RESET|SHOW|CREATE|ALTER|DROP
    |GRANT|REVOKE|LISTEN|NOTIFY|CALL|DO|DECLARE|FETCH|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|EXPLAIN|ANALYZE
    |VACUUM|REINDEX|REFRESH
    |FROM|((LEFT|FULL|CROSS|INNER)\s+)?JOIN|WHERE|AND|OR|(ORDER|GROUP)\s+BY|HAVING|UNION|LIMIT|RETURNING
    |ON\s+CONFLICT|FOR\s+UPDATE)(;|\s+[^\s/])  # no path: DELETE /api/… is a request
    |(SELECT|INSERT\s+INTO|DELETE\s+FROM)\s*\Z
    """,
    re.VERBOSE,
)
_COLUMN = r"[\w.]+(\([^()]*\))?(\s+as\s+\w+)?"
_QUIET = re.compile(
    rf"""
    select\s+(\*|{_COLUMN}(\s*,\s*{_COLUMN})*)\s+from\s+\w
    |select\s+\w+\(.*\)\s*\Z|insert\s+into\s+\w|update\s+\w+\s+set\s+\w+\s*=|delete\s+from\s+\w
    |with\s+\w+\s+as\s*\(|copy\s+\(?\w.*\s(from|to)\s+std|truncate\s+\w+\s*\Z|lock\s+table\s
    |set\s+\w+\s*(=|to)\s|(create|alter|drop)\s+(table|index|role|function|trigger|view)\s
    |(listen|notify)\s+\w+\s*\Z
    """,
    re.VERBOSE | re.DOTALL,
)
_TEXT_OF_SQL = {"text", "literal_column", "TextClause"}


@dataclass(frozen=True, slots=True)
class Sql:
    """One string of SQL: where it begins, and how."""

    line: int
    opening: str


def sql_strings(source: str) -> Iterator[Sql]:
    """Every string of a module that is SQL or a piece of it, whatever executes it."""
    yield from _below(ast.parse(source))


def _below(node: ast.AST) -> Iterator[Sql]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    said = _said(node)
    if said is None:
        for child in ast.iter_child_nodes(node):
            yield from _below(child)
        return
    opening = re.sub(r"\A(\s|\{\})+", "", said)
    if _LOUD.match(opening) or _QUIET.match(opening):
        yield Sql(getattr(node, "lineno", 0), " ".join(opening.split())[:60])


def _said(node: ast.AST) -> str | None:
    """The text of an expression that makes a string, {} for what is only known when it runs."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    if isinstance(node, ast.JoinedStr):
        return "".join(_said(part) or "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _together([node.left, node.right])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return _said(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 1:
        glue, parts = _said(node.func.value), node.args[0]
        if node.func.attr == "join" and glue is not None and isinstance(parts, ast.List | ast.Tuple):
            return _together(parts.elts, glue)
    return None


def _together(parts: Iterable[ast.expr], glue: str = "") -> str | None:
    said = [_said(part) for part in parts]
    return glue.join(one or "{}" for one in said) if any(one is not None for one in said) else None


def imports_text(source: str) -> bool:
    """Whether a module takes from SQLAlchemy what makes SQL of strings that begin with no verb."""
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").partition(".")[0] == "sqlalchemy"
        and _TEXT_OF_SQL & {name.name for name in node.names}
        for node in ast.walk(ast.parse(source))
    )


def sql_out_of_place(root: Path, paths: Iterable[Path], most: int = MOST) -> Iterator[str]:
    """SQL in other modules, places that hold none any more, and more of it than there may be."""
    total, used = 0, set()
    for path in paths:
        name = path.relative_to(root).as_posix()
        if "/migrations/" in name:
            continue
        source = path.read_text(encoding="utf-8")
        strings = list(sql_strings(source))
        total += len(strings)
        if name in SET_BASED:
            used.add(name)
            if not strings and not imports_text(source):
                yield f"{name}: holds no SQL any more; take it out of SET_BASED in tests/sql_places.py"
        elif not QUERIES.fullmatch(path.name):
            yield from (
                f"{name}:{one.line}: SQL outside a module of queries: {one.opening}" for one in strings
            )
            if imports_text(source) and path.parent.name != "models":  # conditions of indexes, defaults
                yield f"{name}: sqlalchemy's text outside a module of queries"
    yield from (f"{name}: is gone; take it out of SET_BASED" for name in sorted(SET_BASED.keys() - used))
    if total > most:
        yield f"{total} strings of SQL, {most} at most"
