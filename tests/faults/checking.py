"""What must hold after any fault: everything acknowledged is stored and counted, once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from tests.faults.installation import Installation
from tests.faults.load import Acknowledged, Counters, call
from tests.waiting import wait_for

from pingyi.db import transaction
from pingyi.services.approvals.requests import BUNDLE, approve_all, request_release
from pingyi.services.bundles.offer import export_sealed


def violations(place: Installation, period: str, told: Acknowledged, expected: Counters) -> list[str]:
    """Sentences about acknowledged work that is missing, changed or counted more than once."""
    found = list(told.odd)
    with place.connect() as connection:
        stored = {
            str(key): (b"" if body is None else bytes.fromhex(str(body)), int(str(entries)))
            for key, body, entries in connection.execute(_STORED, {"period": period})
        }
        counters = {
            (str(channel), str(unit), str(name)): int(str(amount))
            for channel, unit, name, amount in connection.execute(_COUNTERS, {"period": period})
        }
        leaves = connection.execute(_LEAVES, {"period": period}).fetchone()
    for key, receipt in told.receipts.items():
        body, entries = stored.get(key, (b"", 0))
        wanted = sum(entry["verdict"] != "unchanged" for entry in json.loads(receipt)["entries"])
        if body != receipt:
            found.append(f"{key}: the receipt is gone")
        elif entries != wanted:
            found.append(f"{key}: {entries} entries are stored, {wanted} were acknowledged")
    found += [f"{key}: stored, never acknowledged" for key in stored.keys() - told.receipts.keys()]
    if leaves != (sum(entries for _, entries in stored.values()),):
        found.append("entries and leaves differ in number")
    cells = expected.keys() | counters.keys()
    wrong = [cell for cell in cells if expected.get(cell, 0) != counters.get(cell, 0)]
    found += [f"{cell}: counted {counters.get(cell, 0)}, expected {expected.get(cell, 0)}" for cell in wrong]
    return found


def wait_until_folded(place: Installation, seconds: float = 90) -> float:
    """Wait until no delivery and no request waits; the seconds it took."""
    begun = time.monotonic()

    def nothing_waits() -> bool:
        with place.connect() as connection:
            return connection.execute(_WAITING).fetchone() == (0, 0)

    wait_for(nothing_waits, "every delivery and request to be worked off", seconds)
    return time.monotonic() - begun


def result_bytes(place: Installation, period: str, token: str) -> bytes:
    """Close, assess and read results.json, through the API."""
    path = f"/api/v1/periods/{period}"
    for act in ("closing", "assessment"):
        status, answer = call(place.port, "POST", f"{path}/{act}", token)
        assert status in {200, 202}, answer

    def assessed() -> bool:
        progress = json.loads(call(place.port, "GET", f"{path}/progress", token)[1])
        return bool(progress["state"] == "assessed" and not progress["working"])

    wait_for(assessed, f"the assessment of {period}")
    status, answer = call(place.port, "GET", f"{path}/results", token)
    assert status == 200, answer
    return answer


def public_bundle(place: Installation, period: str, out: Path) -> Path:
    """Publish by two people and export as soon as the publication is sealed."""
    with place.application():
        with transaction() as connection:
            approve_all(connection, [request_release(connection, BUNDLE, period, "评议结束")])
        export_sealed(period, out)
    return out


def verdict(bundle: Path, pins: Iterable[str]) -> tuple[int, str]:
    """What an outsider's Python says of a bundle, given heads that were kept outside."""
    kept = bundle.parent / "pins.txt"
    kept.write_text("".join(f"{pin}\n" for pin in sorted(pins)), encoding="utf-8")
    command = [
        sys.executable,
        "-I",
        str(bundle / "verify.py"),
        str(bundle),
        "--pin",
        str(kept),
        "--lang",
        "en",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


_STORED = """
SELECT d.idempotency_key, encode(r.body, 'hex'), (SELECT count(*) FROM entry e WHERE e.delivery_id = d.id)
FROM delivery d JOIN period p ON p.id = d.period_id LEFT JOIN receipt r ON r.delivery_id = d.id
WHERE p.key = %(period)s
"""
_COUNTERS = """
SELECT c.key, coalesce(u.code, ''), n.key, n.value FROM counter k JOIN channel c ON c.id = k.channel_id
JOIN period p ON p.id = c.period_id LEFT JOIN unit u ON u.id = k.unit_id, json_each_text(k.counts) AS n
WHERE p.key = %(period)s AND k.standing = 'counted'
"""
_LEAVES = """
SELECT count(*) FROM leaf l JOIN period p ON p.id = l.period_id WHERE l.kind = 'entry' AND p.key = %(period)s
"""
_WAITING = "SELECT (SELECT count(*) FROM unfolded), (SELECT count(*) FROM outbox)"
