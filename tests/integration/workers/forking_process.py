"""Loads the application once, then forks a worker of the queues named on each line; the tests kill them."""

from __future__ import annotations

import os
import signal
import sys

from pingyi.app import create_app
from pingyi.settings import load_settings
from pingyi_workers.queues import connect
from pingyi_workers.work import make_worker, work_on


def main() -> None:
    settings = load_settings(os.environ)
    app = create_app(settings)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            work_on(make_worker(app, connect(settings), line.split(), settings))
            os._exit(0)
        print(pid, flush=True)
        while reaped():
            pass


def reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] > 0
    except ChildProcessError:
        return False


if __name__ == "__main__":
    main()
