"""The page on architecture names files that exist and every room there is."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from tests.docs.reading import ROOT, text_of

from pingyi.migrations import described_tables

PRODUCT = ("server", "surveys", "workers", "plugins", "demonstration", "verifier")
PAGE = "docs/architecture.md"


def modules() -> list[str]:
    return [str(path.relative_to(ROOT)) for folder in PRODUCT for path in (ROOT / folder).rglob("*.py")]


def rooms() -> set[str]:
    """Folders with modules; a bundled channel and a migration are no rooms of their own."""
    folders = {Path(module).parent for module in modules() if not module.endswith("__init__.py")}
    return {folder.name for folder in folders if folder.name != "versions"}


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:[a-z_…]+/)+[a-z_]+\.py)`", text_of(PAGE)))
    assert len(named) > 30
    paths = modules()
    missing = [
        name
        for name in named
        if not any(fnmatch(f"/{path}", f"*/{name.replace('…', '*')}") for path in paths)
    ]
    assert not missing


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`([a-z_/]+/test_[a-z_]+\.py)`", text_of("docs/threat-model.md")))
    places = {f"tests/{re.sub('^surveys/', 'integration/surveys/', name)}" for name in named}
    assert len(named) > 10
    assert not [place for place in places if not (ROOT / place).exists()]


@pytest.mark.parametrize("room", sorted(rooms()))
def test_every_room_stands_in_the_tree(room: str) -> None:
    tree = text_of(PAGE).partition("## The house")[2].partition("```\n")[2].partition("```")[0]
    assert re.search(rf"(^|[\s/]){room}/", tree)


def test_every_table_stands_among_the_tables() -> None:
    section = text_of(PAGE).partition("### Tables\n")[2].partition("###")[0]
    named = [name for line in section.splitlines() for name in re.findall(r"`(\w+)`", _first_cell(line))]
    assert sorted(named) == sorted(described_tables().tables)


def _first_cell(line: str) -> str:
    return line.split("|")[1] if line.startswith("|") else ""
