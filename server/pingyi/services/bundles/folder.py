"""The folder of a public bundle: files written with their SHA-256, put in place whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pingyi.channels import Text
from pingyi.domain.canonical import canonical_json
from pingyi.domain.errors import Problem

FORMAT = "pingyi-public-bundle-1"
MANIFEST = "manifest.json"
PUBLIC_FILES = (
    "snapshot.json",
    "leaves",
    "heads.jsonl",
    "epochs.json",
    "results.csv",
    "results.json",
    "record.json",
    "revisions",
    "draws",
    "verify.py",
    MANIFEST,
)
OF_A_REPLAY = frozenset({"results.csv", "results.json", "record.json"})
PIECE_BYTES = 1 << 20
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16


class BundleFolder:
    """Files of a bundle in the making, below `folder`; `finish` writes the manifest, last of all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._digests: dict[str, str] = {}

    def put(self, name: str, content: bytes) -> None:
        """Write one file."""
        self.stream(name, [content])

    def stream(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write one file piece by piece, about a megabyte at a time in memory."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with path.open("wb") as file:
            for block in _blocks(pieces):
                digest.update(block)
                file.write(block)
        self._digests[name] = digest.hexdigest()

    def finish(self, period: str) -> None:
        """The manifest: the SHA-256 of every other file."""
        content = {"format": FORMAT, "period": period, "files": self._digests}
        self.put(MANIFEST, canonical_json(content) + b"\n")


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= PIECE_BYTES:
            yield bytes(block)
            block.clear()
    yield bytes(block)


@contextmanager
def placed(out: Path) -> Iterator[BundleFolder]:
    """A folder that takes the place of `out` once all of it is written; nothing is there of a failed one.

    An earlier bundle at that place is replaced. Raises Problem out_foreign, out_unwritable.
    """
    place = Path(os.path.realpath(out))
    require_replaceable(place)
    fresh, old = (place.with_name(f".{place.name}.{os.getpid()}.{word}") for word in ("new", "old"))
    try:
        fresh.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        yield BundleFolder(fresh)
        if place.exists():
            place.replace(old)
        fresh.replace(place)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Problem("out_unwritable", 500, _UNWRITABLE.format(out=out, reason=reason)) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


_UNWRITABLE = Text(
    zh="无法写入文件夹 {out}（{reason}）。", en="The folder {out} cannot be written ({reason})."
)
_FOREIGN = Text(
    zh="文件夹 {out} 里有不属于先前数据包的文件（{file}），不予覆盖；请另选一个文件夹。",
    en="The folder {out} holds a file that is not of an earlier bundle ({file}); name another folder.",
)


def require_replaceable(out: Path) -> None:
    """Problem out_foreign unless `out` is not there, empty, or nothing but an earlier bundle or replay."""
    if out.exists() and not out.is_dir():
        raise Problem("out_foreign", 409, _FOREIGN.format(out=out, file=out.name))
    known = _listed(out) | {MANIFEST} if is_public(out) else OF_A_REPLAY
    for place, folders, files in os.walk(out):
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in sorted(files + links):
            relative = Path(place, name).relative_to(out).as_posix()
            if relative not in known:
                raise Problem("out_foreign", 409, _FOREIGN.format(out=out, file=relative))


def is_public(folder: Path) -> bool:
    """Whether the folder says that it is a public bundle."""
    return _manifest(folder).get("format") == FORMAT


def _listed(folder: Path) -> frozenset[str]:
    files = _manifest(folder).get("files")
    return frozenset(files if isinstance(files, dict) else ())


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        found = msgspec.json.decode((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def zip_folder(folder: Path, path: Path, top: str) -> None:
    """The folder as a ZIP file below the folder `top`: the same bytes for the same files."""
    names = sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            entry = zipfile.ZipInfo(f"{top}/{name}", _LONG_AGO)
            entry.compress_type, entry.external_attr, entry.create_system = (
                zipfile.ZIP_DEFLATED,
                _PLAIN_FILE,
                3,
            )
            entry.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, PIECE_BYTES)
