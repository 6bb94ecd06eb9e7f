"""Public bundles to check, and a way to check them as an outsider would."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.unit.verify.making import Maker, public_bundle

from pingyi.verify import verify

BUNDLES = Path(__file__).resolve().parents[2] / "bundles"


class Checked(NamedTuple):
    """What a check came to: exit status and its lines."""

    status: int
    said: str

    @property
    def wrong(self) -> list[str]:
        return [line for line in self.said.splitlines() if line.startswith(("[WRONG]", "[错误]"))]


@pytest.fixture(scope="session")
def zhenhai() -> Maker:
    """A small evaluation on the record; never changed by a test."""
    return public_bundle(BUNDLES / "zhenhai_2022")


@pytest.fixture
def maker(zhenhai: Maker) -> Maker:
    """The same, to be changed."""
    copied = replace(zhenhai, files=dict(zhenhai.files), snapshot=deepcopy(zhenhai.snapshot))
    copied.logs = {number: list(log) for number, log in zhenhai.logs.items()}
    copied.heads = [dict(head) for head in zhenhai.heads]
    return copied


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Callable[..., Checked]:
    def run(folder: Path, *pins: str, lang: str = "en", witnesses: Sequence[str] = ()) -> Checked:
        capsys.readouterr()
        status = verify(folder, pins, lang, witnesses)
        return Checked(status, capsys.readouterr().out)

    return run


@pytest.fixture
def written(zhenhai: Maker, tmp_path: Path) -> Path:
    """The small evaluation as a folder."""
    return zhenhai.write(tmp_path / "bundle")


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    return lambda folder: Path(shutil.copytree(folder, tmp_path / "copy"))
