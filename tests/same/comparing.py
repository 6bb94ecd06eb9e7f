"""Compares what two versions made: bytes, names, folders; says how much was compared and what differs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.same.rules import RULES, Files, Rule, fields, masked

SHOWN, WIDEST = 8, 300


@dataclass(slots=True)
class Outcome:
    """One comparison: what it is about, how much was compared, what differs; `absent`: no such baseline."""

    title: str
    compared: str = ""
    exceptions: int = 0
    differences: list[str] = field(default_factory=list)
    absent: bool = False

    def line(self) -> str:
        """One line, and the first differences below it."""
        state = "absent" if self.absent else "DIFFERENT" if self.differences else "same"
        told = f"{state:9} {self.title}: {self.compared}"
        if not self.absent:
            told += f", {self.exceptions:,} exceptions"
        more = len(self.differences) - SHOWN
        listed = [*self.differences[:SHOWN], *([f"and {more} more"] if more > 0 else [])]
        return "\n".join(
            [told, *(f"            {' | '.join(each.splitlines())[:WIDEST]}" for each in listed)]
        )


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def compare_files(title: str, before: Files, after: Files, rules: tuple[Rule, ...] = RULES) -> Outcome:
    """Compare two folders of files: the same names, and the same bytes but for what a rule names."""
    outcome = Outcome(title)
    outcome.differences += [f"{name} is gone" for name in sorted(before.keys() - after.keys())]
    outcome.differences += [f"{name} is new" for name in sorted(after.keys() - before.keys())]
    count = 0
    for name in sorted(before.keys() & after.keys()):
        old, new = _masked(name, before, rules), _masked(name, after, rules)
        outcome.exceptions += new[1]
        count += how_many(name, new[0])
        if old[0] != new[0]:
            outcome.differences.append(f"{name}: {first_difference(name, old[0], new[0])}")
    outcome.compared = f"{len(before):,} files, {count:,} fields"
    return outcome


def _masked(name: str, files: Files, rules: tuple[Rule, ...]) -> tuple[bytes, int]:
    try:
        found = masked(name, files, rules)
    except ValueError:
        return files[name], 0
    return found.content, found.exceptions


def compare_names(title: str, before: Collection[str], after: Collection[str]) -> Outcome:
    """Compare two sets of names."""
    outcome = Outcome(title, f"{len(set(before)):,} names")
    outcome.differences += [f"gone: {name}" for name in sorted(set(before) - set(after))]
    outcome.differences += [f"new: {name}" for name in sorted(set(after) - set(before))]
    return outcome


def how_many(name: str, content: bytes) -> int:
    """How many fields a file has: values of JSON, cells of CSV, lines of anything else."""
    try:
        if name.endswith(".json"):
            return sum(1 for _ in fields(json.loads(content)))
        if name.endswith(".csv"):
            return sum(len(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        if name.endswith((".txt", ".jsonl")):
            lines = [line for line in content.decode().split("\n") if line]
            return sum(how_many("x.json", line.encode()) if line[0] == "{" else 1 for line in lines)
        return content.decode().count("\n")
    except ValueError:
        return 1


def first_difference(name: str, before: bytes, after: bytes) -> str:
    """Where two files differ first, in words of their own format."""
    try:
        if name.endswith(".json"):
            return _in_json(json.loads(before), json.loads(after)) or _in_bytes(before, after)
        if name.endswith(".csv"):
            return _in_csv(before.decode("utf-8-sig"), after.decode("utf-8-sig")) or _in_bytes(before, after)
        return _in_lines(before.decode().split("\n"), after.decode().split("\n"))
    except ValueError:
        return _in_bytes(before, after)


def _in_bytes(before: bytes, after: bytes) -> str:
    at = next((i for i, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), None)
    place = min(len(before), len(after)) if at is None else at
    old, new = before[place : place + 40], after[place : place + 40]
    return f"spelling or order differs from byte {place} on: {old!r} became {new!r}"


def _in_json(before: Any, after: Any, path: str = "") -> str:
    """The first place where two documents differ; empty where they are equal."""
    if isinstance(before, dict) and isinstance(after, dict):
        if before.keys() != after.keys():
            gone, new = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
            return f"at {path or 'the top'}: keys gone {gone[:3]}, keys new {new[:3]}"
        found = (_in_json(before[key], after[key], f"{path}.{key}") for key in before)
        return next((place for place in found if place), "")
    if isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            return f"at {path}: {len(before)} became {len(after)} items"
        found = (_in_json(*pair, f"{path}[{at}]") for at, pair in enumerate(zip(before, after, strict=True)))
        return next((place for place in found if place), "")
    same = type(before) is type(after) and before == after
    return "" if same else f"at {path}: {before!r} became {after!r}"


def _in_csv(before: str, after: str) -> str:
    old, new = list(csv.reader(io.StringIO(before))), list(csv.reader(io.StringIO(after)))
    if old and new and old[0] != new[0]:
        return f"columns {old[0]} became {new[0]}"
    for number, (row, other) in enumerate(zip(old, new, strict=False), start=1):
        for column, cell, instead in zip(old[0], row, other, strict=False):
            if cell != instead:
                return f"row {number}, column {column}: {cell!r} became {instead!r}"
    return f"{len(old)} became {len(new)} rows" if len(old) != len(new) else ""


def _in_lines(before: list[str], after: list[str]) -> str:
    for number, (old, new) in enumerate(zip(before, after, strict=False), start=1):
        if old != new:
            if old.startswith("{") and new.startswith("{"):
                where = _in_json(json.loads(old), json.loads(new)) or _in_bytes(old.encode(), new.encode())
                return f"line {number}, {where}"
            return f"line {number}: {old[:120]!r} became {new[:120]!r}"
    return f"{len(before)} became {len(after)} lines"
