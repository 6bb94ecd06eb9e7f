"""The file of a backup: a ZIP archive whose last member names the SHA-256 of every other one."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pingyi.backups.messages import refusal
from pingyi.domain.canonical import canonical_json

FORMAT = "pingyi-backup-1"
CONTENTS, DUMP, CHECKPOINT, EVIDENCE = "backup.json", "database.dump", "checkpoint", "evidence/"
_EVIDENCE = re.compile(r"evidence/[0-9a-f]{64}")
_BLOCK = 1 << 20


@dataclass(slots=True)
class Writing:
    """A backup that is being written."""

    archive: zipfile.ZipFile
    digests: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, content: bytes) -> None:
        self.digests[name] = hashlib.sha256(content).hexdigest()
        self.archive.writestr(_member(name), content)

    def copy(self, name: str, source: IO[bytes]) -> None:
        """Take over everything that `source` still gives."""
        digest = hashlib.sha256()
        with self.archive.open(_member(name), "w", force_zip64=True) as member:
            while block := source.read(_BLOCK):
                digest.update(block)
                member.write(block)
        self.digests[name] = digest.hexdigest()

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Write the contents, without which the file is no backup."""
        contents = canonical_json({"format": FORMAT, "files": self.digests, **facts})
        self.archive.writestr(_member(CONTENTS), contents)


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o600 << 16
    return info


@contextmanager
def writing(path: Path) -> Iterator[Writing]:
    """A new file, 0600, that stands under its name only when it is whole; one that is there stays."""
    if path.exists():
        raise refusal("backup_exists", path=path)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                with zipfile.ZipFile(file, "w") as archive:
                    yield Writing(archive)
                file.flush()
                os.fsync(file.fileno())
            os.link(fresh, path)  # unlike a rename it leaves a file that came meanwhile
        finally:
            fresh.unlink()
        _sync(path.absolute().parent)
    except FileExistsError as error:
        raise refusal("backup_exists", path=path) from error
    except OSError as error:
        raise refusal("backup_unwritable", path=path, reason=error.strerror) from error


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup whose every byte was compared with its contents."""

    path: Path
    archive: zipfile.ZipFile
    contents: Mapping[str, Any]

    @property
    def evidence(self) -> list[str]:
        """The SHA-256 of each evidence file in it, in hexadecimal."""
        return [name.removeprefix(EVIDENCE) for name in self.contents["files"] if name.startswith(EVIDENCE)]

    def open(self, name: str) -> IO[bytes]:
        return self.archive.open(name)

    def read(self, name: str) -> bytes | None:
        """A small member's bytes; None where the backup has none of that name."""
        return self.archive.read(name) if name in self.contents["files"] else None


@contextmanager
def reading(path: Path) -> Iterator[Backup]:
    """Open and check a backup; Problem backup_foreign, backup_damaged, backup_unreadable."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield _checked(path, archive)
    except zipfile.BadZipFile as error:
        raise refusal("backup_foreign", path=path) from error
    except OSError as error:
        if error.filename is None or Path(error.filename) != path:
            raise
        raise refusal("backup_unreadable", path=path, reason=error.strerror) from error


def _checked(path: Path, archive: zipfile.ZipFile) -> Backup:
    try:
        contents = json.loads(archive.read(CONTENTS))
        files = contents["files"] if contents["format"] == FORMAT else None
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile, NotImplementedError) as error:
        raise refusal("backup_foreign", path=path) from error
    names = sorted(archive.namelist())
    if not isinstance(files, dict) or DUMP not in files:
        raise refusal("backup_foreign", path=path)
    if names != sorted([*files, CONTENTS]):
        raise refusal("backup_damaged", path=path, what=CONTENTS)
    for name, wanted in files.items():
        is_known = name in {DUMP, CHECKPOINT} or (_EVIDENCE.fullmatch(name) and name.endswith(wanted))
        if not is_known or _digest(archive, name) != wanted:
            raise refusal("backup_damaged", path=path, what=name)
    return Backup(path, archive, contents)


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    try:
        with archive.open(name) as member:
            while block := member.read(_BLOCK):
                digest.update(block)
    except (zipfile.BadZipFile, EOFError, NotImplementedError):
        return ""
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """The SHA-256 of a whole file; "" where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def pump(source: IO[bytes], sink: IO[bytes]) -> None:
    """Carry bytes into a pipe and close it; whoever stopped reading says himself why."""
    try:
        with sink:
            shutil.copyfileobj(source, sink, _BLOCK)
    except BrokenPipeError:
        return
