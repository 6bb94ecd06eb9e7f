"""Bundles written by a test, and their replay on the engines of the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from pingyi.embedded.engines import Endpoints
from pingyi.registry import EXTENSION, load_registry
from pingyi.replay import replay_in
from pingyi.services.bundles.bundles import Bundle, read_bundle
from pingyi.services.results.result import Result, UnitResult

Rows = list[tuple[object, ...]]


@dataclass
class Draft:
    """A bundle of partner scores: every channel marks on the scale of its own points."""

    channels: dict[str, str]
    units: list[str]
    scores: dict[str, dict[str, str]]
    groups: dict[str, str] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)
    scales: dict[str, str] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    decimals: int = 2
    more: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def scheme(self) -> str:
        policies = {
            "missing": '"reallocate"',
            "min_coverage": '"50"',
            "ties": '"competition"',
            "tie_break": "[]",
            **self.policies,
        }
        parts = [
            'key = "draft"\n' + title("草案", "Draft") + f'full_marks = "100"\ndecimals = {self.decimals}\n'
        ]
        parts.append("[policies]\n" + "".join(f"{key} = {value}\n" for key, value in policies.items()))
        parts.append('[[categories]]\nkey = "all"\n' + title("全部", "All"))
        for key, parent in self.groups.items():
            parts.append(f'[[groups]]\nkey = "{key}"\n' + title(key, key) + named("parent", parent))
        for key, points in self.channels.items():
            parts.append(
                f'[[channels]]\nkey = "{key}"\nplugin = "partner_score"\noperator = "评分单位"\n'
                f'max_points = "{points}"\nsettings = {{ scale = "{self.scales.get(key, points)}" }}\n'
                + title(key, key)
                + named("group", self.inside.get(key, ""))
            )
        return "\n".join([*parts, self.more])

    def write(self, folder: Path) -> Path:
        (folder / "entries").mkdir(parents=True, exist_ok=True)
        files = {
            "scheme.toml": self.scheme(),
            "units.csv": table(
                ("code", "name", "category"), [(unit, f"单位{unit}", "all") for unit in self.units]
            ),
            **{
                f"entries/{key}.csv": table(("unit", "score"), list(scores.items()))
                for key, scores in self.scores.items()
            },
            **self.files,
        }
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder


def title(zh: str, en: str) -> str:
    return f'title = {{ zh = "{zh}", en = "{en}" }}\n'


def named(key: str, value: str) -> str:
    return f'{key} = "{value}"\n' if value else ""


def table(header: tuple[str, ...], rows: Rows) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in [header, *rows])


@pytest.fixture
def draft() -> type[Draft]:
    return Draft


@pytest.fixture
def replay(app: Flask, endpoints: Endpoints) -> Callable[[Path], Result]:
    """Replay a bundle on the session's engines."""
    return lambda bundle: replay_in(app, endpoints.redis_url, read_bundle(bundle), lambda _: None)


@pytest.fixture
def outcome(replay: Callable[[Path], Result], tmp_path: Path) -> Callable[[Draft], dict[str, UnitResult]]:
    """What becomes of a draft's units, by code."""

    def found(draft: Draft) -> dict[str, UnitResult]:
        return {unit.code: unit for unit in replay(draft.write(tmp_path / "bundle")).units}

    return found


@pytest.fixture(scope="module")
def registry() -> Iterator[Flask]:
    """An application with a registry and no engines: reading a bundle touches neither."""
    app = Flask("bundles")
    app.extensions[EXTENSION] = load_registry()
    with app.app_context():
        yield app


@pytest.fixture
def read(registry: Flask, draft: type, tmp_path: Path) -> Callable[..., Bundle]:
    """Read a right bundle in which the files given are replaced (None: removed)."""

    def found(files: dict[str, str | bytes | None], **changed: Any) -> Bundle:
        given = {"channels": {"x": "100"}, "units": ["a", "b"], "scores": {"x": {"a": "90.5", "b": "80"}}}
        folder = draft(**(given | changed)).write(tmp_path / "bundle")
        for name, content in files.items():
            if content is None:
                (folder / name).unlink()
            else:
                (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return read_bundle(folder)

    return found
