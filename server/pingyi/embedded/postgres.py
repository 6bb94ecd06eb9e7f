"""One PostgreSQL server on a socket, below one state folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pingyi.embedded.engine_programs import Programs
from pingyi.embedded.messages import refusal
from pingyi.embedded.processes import end, log_file, run, spawn, stop_child, working_in
from pingyi.embedded.state_folder import StateFolder, engine_folder, write_private

SUPERUSER = "postgres"
_LOCALES = (
    ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C.UTF-8"],
    ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C"],
)
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
_FIXED = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal"}
_THROWAWAY |= {"max_wal_senders": "0", "autovacuum_naptime": "5min"}
STOP = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))


def initialise(place: StateFolder, programs: Programs, password: str, *, durable: bool) -> None:
    """Make the data folder if there is none; one of another major version is refused."""
    (place.state / "first-password").unlink(missing_ok=True)
    if (place.postgres / "PG_VERSION").exists():
        _check_version(place, programs)
        return
    unfinished = place.state / "postgres.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    engine_folder(place, unfinished)
    with _password_file(place, password) as path:
        _initdb(place, programs, unfinished, path, durable=durable)
    hba = unfinished / "pg_hba.conf"
    hba.write_text("local all all scram-sha-256\n", encoding="ascii")
    unfinished.rename(place.postgres)


@contextmanager
def _password_file(place: StateFolder, password: str) -> Iterator[Path]:
    path = place.state / "first-password"
    write_private(path, password)
    if place.account:
        os.chown(path, place.account.uid, place.account.gid)
    try:
        yield path
    finally:
        path.unlink()


def _initdb(
    place: StateFolder, programs: Programs, folder: Path, password_file: Path, *, durable: bool
) -> None:
    output = ""
    for locale in _LOCALES:
        command = [str(programs.initdb), "-D", str(folder), "-U", SUPERUSER, "-A", "scram-sha-256"]
        command += [f"--pwfile={password_file}", "--encoding=UTF8", "--no-instructions", *locale]
        command += [] if durable else ["--no-sync"]
        status, output = run(command, env=_ENVIRONMENT, account=place.account)
        if status == 0:
            return
    write_private(place.logs / "initdb.log", output.encode("ascii", "replace").decode("ascii"))
    raise refusal("engine_failed", engine="initdb", log=place.logs / "initdb.log", tail=output.strip()[-300:])


def _check_version(place: StateFolder, programs: Programs) -> None:
    found = (place.postgres / "PG_VERSION").read_text(encoding="ascii").strip()
    _, answer = run([str(programs.postgres), "--version"], env=_ENVIRONMENT)
    wanted = answer.split()[-1].partition(".")[0]
    if found != wanted:
        raise refusal("other_version", folder=place.postgres, found=found, wanted=wanted)


def start(place: StateFolder, programs: Programs, sockets: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    """Start the server over whatever an earlier one left behind; see `wait_ready`."""
    environment = _ENVIRONMENT | _stale_pid(place)
    for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
        (sockets / name).unlink(missing_ok=True)
    chosen = _FIXED | ({} if durable else _THROWAWAY) | {"unix_socket_directories": str(sockets)}
    command = [str(programs.postgres), "-D", str(place.postgres)]
    command += [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    with log_file(place.logs / "postgres.log") as log:
        return spawn(
            command, env=environment, output=log, account=place.account, when_owner_dies=signal.SIGINT
        )


def _stale_pid(place: StateFolder) -> dict[str, str]:
    """End what still works in our data folder; for a pid that another process has now, tell PostgreSQL so.

    PG_GRANDPARENT_PID makes it overlook that one pid in its lock file. Unlinking the file would take
    away its own test for orphaned backends.
    """
    noted = _noted_pid(place)
    left = working_in(place.postgres, "postgres")
    if noted in left:
        end([noted], (signal.SIGINT, 60.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
    deadline = time.monotonic() + 5
    while (left := working_in(place.postgres, "postgres")) and time.monotonic() < deadline:
        time.sleep(0.02)
    end(left, (signal.SIGKILL, 5.0))
    return {"PG_GRANDPARENT_PID": str(noted)} if noted else {}


def _noted_pid(place: StateFolder) -> int:
    try:
        first = (place.postgres / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
    except OSError:
        return 0
    return abs(int(first)) if first.lstrip("-").isdigit() else 0


def wait_ready(place: StateFolder, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections; recovery after a crash may take as long as it needs."""
    while process.poll() is None:
        if _says_ready(place, process.pid):
            return
        time.sleep(0.01)
    log = place.logs / "postgres.log"
    raise refusal("engine_failed", engine="PostgreSQL", log=log, tail=tail_of(log))


def _says_ready(place: StateFolder, pid: int) -> bool:
    try:
        lines = (place.postgres / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def stop(process: subprocess.Popen[bytes]) -> None:
    """Shut the server down: connections are cut, committed work is kept."""
    stop_child(process, *STOP)


def tail_of(log: Path, characters: int = 300) -> str:
    """The last words of a log file, for a sentence that names it."""
    try:
        return log.read_text(encoding="utf-8", errors="replace").strip()[-characters:]
    except OSError:
        return ""
