"""The shell's commands on the session's engines: in this process, or at a terminal of their own."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from click.testing import CliRunner, Result

from pingyi import cli
from pingyi.db import db
from pingyi.settings import Settings

SECONDS = 60


def variables(settings: Settings) -> dict[str, str]:
    """The environment of a shell that works on these engines, in English."""
    return {
        "DATABASE_URL": settings.database_url,
        "OWNER_DATABASE_URL": settings.owner_database_url,
        "SEALER_DATABASE_URL": settings.sealer_database_url,
        "REDIS_URL": settings.redis_url,
        "PINGYI_STATE": str(settings.state),
        "PINGYI_SECRET_KEY": settings.secret_key,
        "LC_ALL": "en_GB.UTF-8",
    }


def run(settings: Settings, *arguments: object, given: str = "") -> Result:
    """Run a command in this process; `given` is what a person types."""
    db.session.remove()
    db.engine.dispose()
    environment = variables(settings)
    return CliRunner().invoke(cli.main, [str(each) for each in arguments], input=given, env=environment)


class Terminal:
    """A command at a pseudo terminal, read and typed to as it runs."""

    def __init__(self, environment: Mapping[str, str], *arguments: object) -> None:
        own, other = pty.openpty()
        program = str(Path(sys.executable).parent / "pingyi")
        self.process = subprocess.Popen(
            [program, *map(str, arguments)],
            stdin=other,
            stdout=other,
            stderr=other,
            env={"PATH": os.environ["PATH"], "TERM": "xterm", **environment},
            start_new_session=True,
        )
        os.close(other)
        self._own = own
        self.screen = ""

    def wait_for(self, words: str) -> str:
        """All that was written up to these words, which are taken off the screen."""
        until = time.monotonic() + SECONDS
        while words not in self.screen:
            assert time.monotonic() < until, self.screen
            if not self._read():
                break
        before, found, self.screen = self.screen.partition(words)
        assert found, before
        return before

    def type(self, line: str) -> None:
        os.write(self._own, f"{line}\n".encode())

    def end(self) -> tuple[int, str]:
        """Exit status and the rest of the screen."""
        while self._read():
            pass
        os.close(self._own)
        return self.process.wait(SECONDS), self.screen

    def _read(self) -> bool:
        select.select([self._own], [], [], 1)
        got = b""
        with suppress(OSError):  # a terminal without a process
            got = os.read(self._own, 65536)
        self.screen += got.decode(errors="replace")
        return bool(got)
