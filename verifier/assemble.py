"""Assembles `verify.py`, the one file that travels, from the parts in `pingyi_verifier`.

    python verifier/assemble.py            writes server/pingyi/verify.py anew
    python verifier/assemble.py --check    says whether it is what the parts come to

The same parts give the same bytes. Parts import the standard library and names of each other, nothing else.
In one file they share what stands at their top, so a name may stand there in one part only.
"""

from __future__ import annotations

import ast
import builtins
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parent / "pingyi_verifier"
ASSEMBLED = Path(__file__).parents[1] / "server/pingyi/verify.py"
ORDER = (  # in which the file is read: a module uses what stands before it
    "report",
    "folder",
    "log",
    "formulas",
    "record",
    "entries",
    "snapshot",
    "result",
    "draws",
    "ballots",
    "reading",
    "checking",
    "command",
)
RULER = "# " + "-" * 105
NOTICE = "Assembled from the parts in verifier/pingyi_verifier, to be read from top to bottom: {rooms}."


class AssemblyError(Exception):
    """The parts cannot stand in one file; the message says which line of which part is to be changed."""


class Part(NamedTuple):
    """A module: its name, what its docstring says, its imports, and the rest of its text."""

    name: str
    says: str
    own: dict[str, set[str]]  # part -> names taken from it
    standard: set[tuple[str, str]]  # module and name; "" where the module itself is imported
    defined: set[str]
    text: str


def read_part(path: Path, package: Path) -> Part:
    """Read one module; AssemblyError where it does not stand by itself between the others."""
    name = ".".join(path.relative_to(package.parent).with_suffix("").parts)
    source = path.read_text(encoding="utf-8")
    body = ast.parse(source).body
    says = ast.get_docstring(ast.Module(body, [])) or ""
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    rest = body[len(imports) + bool(says) :]
    for inner in (inner for outer in rest for inner in ast.walk(outer)):
        if isinstance(inner, ast.Import | ast.ImportFrom):
            raise AssemblyError(f"{name}, line {inner.lineno}: imports stand at the top of a part")
    own: dict[str, set[str]] = {}
    standard: set[tuple[str, str]] = set()
    for module, word in (pair for node in imports for pair in imported(node, name)):
        if module.split(".")[0] == package.name:
            own.setdefault(module, set()).add(word)
        elif module != "__future__":
            standard.add((module, word))
    defined = {word for node in rest for word in names_of(node)}
    return Part(name, says, own, standard, defined, text_from(source, rest))


def imported(node: ast.Import | ast.ImportFrom, name: str) -> Iterator[tuple[str, str]]:
    """The module and the name of each thing that one import brings, which must be of the standard library."""
    for alias in node.names:
        module = alias.name if isinstance(node, ast.Import) else node.module or ""
        known = {*sys.stdlib_module_names, PACKAGE.name}
        bare = isinstance(node, ast.Import) and module.split(".")[0] == PACKAGE.name
        if alias.asname or bare or alias.name == "*" or module.split(".")[0] not in known:
            raise AssemblyError(
                f"{name}, line {node.lineno}: import names of the standard library or of other "
                "parts, as they are"
            )
        yield module, "" if isinstance(node, ast.Import) else alias.name


def names_of(node: ast.stmt) -> set[str]:
    """What a statement at the top of a module defines."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    inner = [one for target in targets if target for one in ast.walk(target)]
    return {one.id for one in inner if isinstance(one, ast.Name)}


def text_from(source: str, nodes: Sequence[ast.stmt]) -> str:
    """The text from the first of these statements on, with the comments above it."""
    if not nodes:
        return ""
    lines = source.splitlines(keepends=True)
    first = min([nodes[0].lineno, *(one.lineno for one in getattr(nodes[0], "decorator_list", []))]) - 1
    while lines[first - 1].startswith("#"):
        first -= 1
    return "".join(lines[first:])


def parts_of(package: Path) -> Iterator[tuple[str, list[Part]]]:
    """Each room, or module beside the rooms, with what it says and its parts, each behind those it uses."""
    placed: set[str] = set()
    for room in ORDER:
        folder = package / room
        paths = sorted(folder.glob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]
        parts = [read_part(path, package) for path in paths if path.name != "__init__.py"]
        says = read_part(folder / "__init__.py", package).says if folder.is_dir() else parts[0].says
        ready: list[Part] = []
        while waiting := [part for part in parts if part.name not in placed]:
            following = [part for part in waiting if part.own.keys() <= placed]
            if not following:
                raise AssemblyError(f"{waiting[0].name} uses a part that stands behind it or does not exist")
            ready.append(following[0])
            placed.add(following[0].name)
        yield says, ready
    everything = {
        ".".join(path.relative_to(package.parent).with_suffix("").parts)
        for path in package.rglob("*.py")
        if path.name != "__init__.py"
    }
    if left := everything - placed:
        raise AssemblyError(f"{min(left)} stands in no room of ORDER")


def refuse_clashes(parts: Sequence[Part]) -> None:
    """Every name is one thing in the whole file, and every name taken from a part is there."""
    owners: dict[str, str] = dict.fromkeys(dir(builtins), "Python itself")
    owners |= {word or module: "the standard library" for part in parts for module, word in part.standard}
    for part in parts:
        for word in sorted(part.defined):
            if word in owners:
                raise AssemblyError(f"{part.name} defines {word}, which is a name of {owners[word]}")
            owners[word] = part.name
        for module, words in part.own.items():
            if lacking := sorted(word for word in words if owners.get(word) != module):
                raise AssemblyError(f"{part.name} imports {lacking[0]}, which {module} does not define")


def imports_of(parts: Sequence[Part]) -> str:
    """The imports of all parts, sorted as a linter wants them."""
    every = {pair for part in parts for pair in part.standard}
    lines = [f"import {module}\n" for module in sorted({module for module, word in every if not word})]
    for module in sorted({module for module, word in every if word}):
        words = sorted((word for one, word in every if one == module and word), key=in_order)
        lines.append(f"from {module} import {', '.join(words)}\n")
    return "".join(lines)


def in_order(word: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest."""
    return (0 if word.isupper() else 1 if word[0].isupper() else 2, word)


def assembled(package: Path = PACKAGE) -> str:
    """The whole file."""
    rooms = list(parts_of(package))
    every = [part for _, parts in rooms for part in parts]
    refuse_clashes(every)
    titles = [f"{number} {says.split(':')[0].lower()}" for number, (says, _) in enumerate(rooms, 1)]
    notice = textwrap.fill(NOTICE.format(rooms=", ".join(titles)), 105)
    start = read_part(package / "__init__.py", package).says
    head = f'"""{start}\n\n{notice}\n"""\n\nfrom __future__ import annotations\n\n{imports_of(every)}'
    sections = [
        f"{RULER}\n{comment(f'{number}. {says}')}" + "".join(section_part(part, says) for part in parts)
        for number, (says, parts) in enumerate(rooms, 1)
    ]
    return head + "\n" + "\n\n".join(sections)


def section_part(part: Part, room_says: str) -> str:
    """A part under its name and what it says, unless its room says the same."""
    told = "" if part.says == room_says else comment(part.says)
    gap = "\n\n" if part.text.startswith(("def ", "class ", "@")) else "\n"
    return f"\n\n# ---------------- {part.name.partition('.')[2]}\n{told}{gap}{part.text}"


def comment(text: str) -> str:
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def main(arguments: Sequence[str]) -> int:
    try:
        whole = assembled()
    except AssemblyError as refusal:
        sys.stderr.write(f"verify.py cannot be assembled: {refusal}.\n")
        return 1
    if arguments != ["--check"]:
        ASSEMBLED.write_text(whole, encoding="utf-8")
    elif ASSEMBLED.read_text(encoding="utf-8") != whole:
        sys.stderr.write("server/pingyi/verify.py is not what its parts come to: make verifier.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
