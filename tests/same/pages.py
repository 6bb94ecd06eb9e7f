"""Public pages and downloads of a running installation, kept with what changes at every start put away."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from tests.same.comparing import Outcome
from tests.same.installation import Installation
from tests.same.rules import RETITLED

MOST_PAGES = 260
SEEDS = ("/", "/check", "/draws", "/about-ballots", "/sign-in", "/api/v1/plugins")
DOWNLOADS = ("results.csv", "results.json", "record.json", "results.xlsx", "revisions", "ballots")
_LINK = re.compile(r'(?:href|src|action)="(/[^"#]*)')
# What may differ in the answer of an address, and why.
MASKS = (
    (r"", "token of a form, random", r'(name="csrf_token"[^>]*value=")[^"]+'),
    (r"", "newest head, which goes on at every start", r"()pingyi/[0-9a-f]{16}/\d+ \d+ [\w+/]{43}="),
    (r"/check", "the same head as a picture", r'(class="code">)<path[^>]*>'),
    (r".*\.xlsx", "when the workbook was made", r"(<dcterms:(?:created|modified)[^>]*>)[^<]+"),
)
_FACT = re.compile(r"<span>[^<]*</span>")
_FACTS = re.compile(r'<span class="facts">(?:<span>[^<]*</span>)*</span>')
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
    kind = answer.headers.get("content-type", "")
    body, exceptions = answer.body, 0
    if kind.startswith(("text/html", "application/json")) or path.partition("?")[0].endswith(".xlsx"):
        text = body.decode() if not body.startswith(b"PK") else unpacked(body)
        for where, _, pattern in MASKS:
            if re.match(where, path):
                text, count = re.subn(pattern, r"\1*", text)
                exceptions += count
        body = text.encode()
    return f"{answer.status} {kind}\n".encode() + body, exceptions


def unpacked(body: bytes) -> str:
    """The parts of a workbook, one after the other."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = [(name, archive.read(name).decode(errors="backslashreplace")) for name in archive.namelist()]
    return "\n".join(f"{name}\n{text}" for name, text in parts)


def compare_pages(title: str, there: Installation, folder: Path) -> Outcome:
    """Ask for every kept address again."""
    index: dict[str, str] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    outcome = Outcome(title, f"{len(index)} addresses")
    for path, name in index.items():
        told, exceptions = page(there, path)
        outcome.exceptions += exceptions
        before, told = retitled(path, (folder / name).read_bytes()), in_order(told)
        if told != before:
            outcome.differences.append(f"{path}: {next(_lines(before, told), 'other bytes')}")
    return outcome


def retitled(path: str, before: bytes) -> bytes:
    """A kept page as it is now: Chinese titles of facts that have changed on purpose, facts in order."""
    text = before.decode(errors="surrogateescape")
    if "lang=en" not in path:
        for old, new in RETITLED.items():
            text = text.replace(f"<span>{old} ", f"<span>{new} ")
    return in_order(text.encode(errors="surrogateescape"))


def in_order(content: bytes) -> bytes:
    """A page with the facts of each score in alphabetical order."""
    text = content.decode(errors="surrogateescape")
    return _FACTS.sub(lambda found: "".join(sorted(_FACT.findall(found[0]))), text).encode(
        errors="surrogateescape"
    )


def _lines(before: bytes, after: bytes) -> Iterator[str]:
    for old, new in zip(before.splitlines(), after.splitlines(), strict=False):
        if old != new:
            yield f"{old[:120]!r} became {new[:120]!r}"
