"""Reads what the documents say: their text and the blocks marked for execution."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^<!-- (?P<mark>.+?) -->\n```[a-z]*\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block below a comment `<!-- kind: argument -->`."""

    kind: str
    argument: str
    body: str


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def blocks_of(path: str) -> list[Block]:
    found = []
    for match in _BLOCK.finditer(text_of(path)):
        kind, _, argument = match["mark"].partition(": ")
        found.append(Block(kind, argument, match["body"]))
    return found


def in_code(path: str) -> set[str]:
    """Every piece of inline code of a document."""
    prose = re.sub(r"^```.*?^```$", "", text_of(path), flags=re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", prose))
