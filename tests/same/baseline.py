"""What a baseline folder holds, whether it is a whole one or only has results and bundles."""

from __future__ import annotations

import gzip
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.same.comparing import read_folder

PUBLISHED_PERIOD, OPEN_PERIOD = "maanshan-2017", "maanshan-next"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The folder that `python -m tests.same make` writes; every part of it may be missing."""

    folder: Path

    @property
    def bundles(self) -> Path:
        return self.folder / "bundles"

    @property
    def state(self) -> Path:
        return self.folder / "state.tar.gz"

    @property
    def backup(self) -> Path:
        return self.folder / "backup.zip"

    @property
    def record(self) -> Path:
        return self.folder / "record"

    @property
    def pages(self) -> Path:
        return self.folder / "pages"

    @property
    def zipped(self) -> Path:
        return self.folder / f"published-{PUBLISHED_PERIOD}.zip"

    def replayed(self, name: str) -> dict[str, bytes]:
        """The public bundle of a replay, or the results alone where that is all there is."""
        if (self.folder / "replays" / name).is_dir():
            return read_folder(self.folder / "replays" / name)
        found = read_folder(self.folder / "results" / name)
        return {
            path.removesuffix(".gz"): gzip.decompress(content) if path.endswith(".gz") else content
            for path, content in found.items()
        }

    def names(self) -> dict[str, list[str]] | None:
        path = self.folder / "names.json"
        found: dict[str, list[str]] | None = json.loads(path.read_bytes()) if path.is_file() else None
        return found

    def wire(self) -> Any:
        path = self.folder / "openapi.json.gz"
        return json.loads(gzip.decompress(path.read_bytes())) if path.is_file() else None

    def published(self) -> dict[str, bytes] | None:
        """The public bundle that the running demonstration offered."""
        return read_zip(self.zipped) if self.zipped.is_file() else None


def read_zip(path: Path) -> dict[str, bytes]:
    """The files of a public bundle's ZIP file, without the folder that they stand in."""
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def write_files(files: dict[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder
