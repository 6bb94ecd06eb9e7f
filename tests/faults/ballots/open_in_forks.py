"""Opens boxes in forks of a process of its own, as a worker does, and says what became of them."""

from __future__ import annotations

import os
import sys

from pingyi.app import create_app
from pingyi.db import db
from pingyi.settings import load_settings


def main() -> None:
    """A line `period id` in gives `started PID`, then `ended STATUS`; the status of a kill is -9."""
    app = create_app(load_settings(os.environ))
    with app.app_context():
        from pingyi_surveys.counting.open_boxes import open_by_itself

        print("ready", flush=True)
        for line in sys.stdin:
            db.session.remove()
            db.engine.dispose()
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    status = 0 if open_by_itself(int(line)) else 2
                finally:
                    os._exit(status)
            print("started", child, flush=True)
            print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
