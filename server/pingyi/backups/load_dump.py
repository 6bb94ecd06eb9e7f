"""Loads a dump into a database in one transaction: all of it in place of what was there, or nothing."""

from __future__ import annotations

import subprocess
import threading

from pingyi.backups.archive import DUMP, Backup, pump
from pingyi.backups.postgres_clients import Clients, Running, find_clients

# Default rights would be added to those of the dump; they come back with it.
_BEGIN = b"BEGIN;\nSET client_min_messages = warning;\nDROP OWNED BY CURRENT_USER CASCADE;\n"
_BLOCK = 1 << 20
_OPENING = 1 << 14
_TO_SCRIPT = ("--file=-", "--no-password")
_PSQL = ("--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1")


def load(backup: Backup, url: str) -> None:
    """Put the backup's tables, rights, triggers and functions in the place of all that the owner has there.

    Raises Problem client_missing, client_failed; the database is then what it was.
    """
    clients = find_clients(url)
    with (
        backup.open(DUMP) as dump,
        clients.running("pg_restore", *_TO_SCRIPT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as source,
        clients.running(
            "psql", *_PSQL, "--file=-", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as target,
    ):
        feeding = threading.Thread(target=pump, args=(dump, source.process.stdin))
        feeding.start()
        try:
            _carry(clients, source, target)
        except BaseException:
            source.process.kill()
            raise
        finally:
            feeding.join()
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    with clients.running("psql", *_PSQL, "--command=ANALYZE", **silent) as analysing:
        analysing.finish()


def _carry(clients: Clients, source: Running, target: Running) -> None:
    """Give the script to psql; the COMMIT is ours and comes only after pg_restore ended well."""
    script, sink = source.process.stdout, target.process.stdin
    assert script is not None and sink is not None
    try:
        sink.write(_BEGIN)
        opening = script.read(_OPENING)
        if clients.server < 17:
            opening = opening.replace(b"SET transaction_timeout = 0;\n", b"")
        sink.write(opening)
        while block := script.read(_BLOCK):
            sink.write(block)
        source.finish()
        sink.write(b"COMMIT;\n")
        sink.close()
    except BrokenPipeError as error:
        raise target.failed() from error
    target.finish()
