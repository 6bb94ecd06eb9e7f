"""Owns the engines of one state folder until it is told to stop; the tests kill it in every way."""

import codecs
import dataclasses
import json
import os
import pwd
import signal
import sys
from pathlib import Path

from pingyi.domain.errors import Problem
from pingyi.embedded.engines import Engines
from pingyi.embedded.supervisor import Supervisor
from pingyi.settings import load_settings


def become(user: str, wheels: str) -> None:
    """Give up root; `wheels` is a folder with the engines' wheels that `user` can read.

    What Python still needs must be loaded before: its own folder may be out of reach afterwards.
    """
    for name in ("ascii", "latin_1", "idna"):
        codecs.lookup(name)
    account = pwd.getpwnam(user)
    sys.path.insert(0, wheels)
    os.chdir("/")
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def own(state: str, processes: list[tuple[str, str]]) -> None:
    with Engines(load_settings({"PINGYI_STATE": state})) as engines:
        crew = Supervisor(Path(state), engines.place.logs, dict(os.environ), engines.tend)
        try:
            crew.start(processes)
            print(json.dumps(dataclasses.asdict(engines.endpoints)), flush=True)
            crew.keep_until(lambda: False)
        finally:
            crew.stop()


def main() -> None:
    chosen = json.loads(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if chosen.get("user"):
        become(chosen["user"], chosen["wheels"])
    try:
        own(chosen["state"], [tuple(pair) for pair in chosen.get("processes", [])])
    except Problem as problem:
        print(problem.message.zh, problem.message.en, flush=True)
        sys.exit(3)


if __name__ == "__main__":
    main()
