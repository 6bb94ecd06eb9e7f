"""One Valkey server on a socket, below one state folder."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path

from pingyi.embedded.engine_programs import Programs
from pingyi.embedded.messages import refusal
from pingyi.embedded.postgres import tail_of
from pingyi.embedded.processes import end, log_file, spawn, stop_child, working_in
from pingyi.embedded.state_folder import StateFolder, engine_folder

SOCKET = "valkey.sock"
STOP = ((signal.SIGTERM, 10.0),)


def start(place: StateFolder, programs: Programs, sockets: Path, *, durable: bool) -> subprocess.Popen[bytes]:
    """Start the server over whatever an earlier one left behind; see `wait_ready`."""
    engine_folder(place, place.valkey)
    end(working_in(place.valkey, "valkey-server"), (signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
    (sockets / SOCKET).unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(sockets / SOCKET),
        "unixsocketperm": "700",
        "dir": str(place.valkey),
        "appendonly": "yes",
        "appendfsync": "everysec" if durable else "no",
        "maxmemory-policy": "noeviction",
        "save": "",
    }
    command = [str(programs.valkey)]
    command += [part for name, value in options.items() for part in (f"--{name}", value)]
    with log_file(place.logs / "valkey.log") as log:
        return spawn(
            command,
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
            output=log,
            account=place.account,
            when_owner_dies=signal.SIGTERM,
        )


def wait_ready(place: StateFolder, process: subprocess.Popen[bytes], sockets: Path) -> None:
    """Wait until the server answers; loading its append-only file may take as long as it needs."""
    while process.poll() is None:
        if _answers(sockets / SOCKET):
            return
        time.sleep(0.01)
    log = place.logs / "valkey.log"
    raise refusal("engine_failed", engine="Valkey", log=log, tail=tail_of(log))


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """Shut the server down after it has written its file."""
    stop_child(process, *STOP)
