"""The processes of an installation, said once: what `pingyi up` keeps running, and any Procfile."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pingyi.topics import Topic, worker_groups

Lines = tuple[tuple[str, str], ...]

ON_ONE_HOST: Lines = (
    ("web", "pingyi web"),
    ("background", "pingyi background"),
    ("sealers", "pingyi worker seal witness"),
)
# Also names by which a Procfile of an earlier version, or one for many hosts, calls them.
SEALING = frozenset({"sealers", "sealer", "witnesses", "seal", "witness"})


def apart(topics: Iterable[Topic]) -> Lines:
    """The same work with a line for every process, which may then run on hosts of its own."""
    groups = [[topic.key for topic in group] for group in worker_groups(topics)]
    workers = tuple((group[0], f"pingyi worker {' '.join(group)}") for group in groups)
    return (("web", "pingyi web"), *workers, ("relay", "pingyi relay"), ("scheduler", "pingyi scheduler"))


def as_procfile(lines: Lines) -> str:
    """The lines as a Procfile has them."""
    return "".join(f"{name}: {command}\n" for name, command in lines)


def read_procfile(path: Path) -> Lines:
    """The lines of a Procfile, or our own where there is none."""
    if not path.is_file():
        return ON_ONE_HOST
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition(":") for line in lines if line and not line.startswith("#"))
    return tuple((name.strip(), command.strip()) for name, _, command in pairs)
