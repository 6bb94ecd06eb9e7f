"""Public pages and downloads of a running installation, kept with what changes at every start put away."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from tests.same.comparing import Outcome
from tests.same.installation import Installation

MOST_PAGES = 260
SEEDS = ("/", "/check", "/draws", "/about-ballots", "/sign-in", "/api/v1/plugins")
DOWNLOADS = ("results.csv", "results.json", "record.json", "results.xlsx", "revisions", "ballots")
_LINK = re.compile(r'(?:href|src|action)="(/[^"#]*)')
# What may differ in a page, and why.
MASKS = (
    ("token of a form, random", re.compile(r'(name="csrf_token"[^>]*value=")[^"]+')),
    ("newest head, which goes on at every start", re.compile(r"()pingyi/[0-9a-f]{16}/\d+ \d+ [\w+/]{43}=")),
)
_GROWING = re.compile(r"^/ledger/")
INDEX = "index.json"


def keep_pages(there: Installation, period: str, folder: Path) -> int:
    """Follow the links of the public pages and keep what each address answers; how many there were."""
    folder.mkdir(parents=True, exist_ok=True)
    index: dict[str, str] = {}
    seeds = [*SEEDS, *(f"/periods/{period}/{name}" for name in DOWNLOADS)]
    waiting, known = deque(seeds), set(seeds)
    while waiting and len(index) < MOST_PAGES:
        path = waiting.popleft()
        told, _ = page(there, path)
        name = f"{len(index):03}"
        (folder / name).write_bytes(told)
        index[path] = name
        for link in _LINK.findall(told.decode(errors="ignore")):
            address = link.replace("&amp;", "&")
            if address not in known and not _GROWING.match(address) and not address.endswith("bundle.zip"):
                known.add(address)
                waiting.append(address)
    (folder / INDEX).write_text(json.dumps(index, ensure_ascii=False, indent=1), encoding="utf-8")
    return len(index)


def page(there: Installation, path: str) -> tuple[bytes, int]:
    """Status, type and body of an answer with what may differ put away, and how often that was."""
    answer = there.ask(path)
    kind = answer.headers.get("Content-Type", "")
    body, exceptions = answer.body, 0
    if kind.startswith(("text/html", "application/json")):
        text = body.decode().replace(there.address, "http://host")
        for _, pattern in MASKS:
            text, count = pattern.subn(r"\1*", text)
            exceptions += count
        body = text.encode()
    return f"{answer.status} {kind}\n".encode() + body, exceptions


def compare_pages(title: str, there: Installation, folder: Path) -> Outcome:
    """Ask for every kept address again."""
    index: dict[str, str] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    outcome = Outcome(title, f"{len(index)} addresses")
    for path, name in index.items():
        told, exceptions = page(there, path)
        outcome.exceptions += exceptions
        before = (folder / name).read_bytes()
        if told != before:
            outcome.differences.append(f"{path}: {next(_lines(before, told), 'other bytes')}")
    return outcome


def _lines(before: bytes, after: bytes) -> Iterator[str]:
    for old, new in zip(before.splitlines(), after.splitlines(), strict=False):
        if old != new:
            yield f"{old[:120]!r} became {new[:120]!r}"
