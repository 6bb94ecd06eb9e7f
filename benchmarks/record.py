"""The verifiable record: intake with and without it, sealing, exporting and checking a period."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure
from benchmarks.house import BALLOTS, House, open_period_of
from benchmarks.intake import ballot, post
from benchmarks.measuring import Spent, spent
from benchmarks.serving import OURS, Server, keep_busy, server
from pingyi.db import transaction
from pingyi.ledger.keys import ensure_key
from pingyi.ledger.sealing import seal
from pingyi.services.approvals.requests import BUNDLE, approve_all, request_release
from pingyi.services.bundles.export import export_public
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.people.api_keys import find_operator, new_operator_key
from pingyi.services.periods.periods import close_period, request_assessment
from pingyi.services.results.assess import assess_period
from pingyi.settings import Settings

WITHOUT = "benchmarks.servers.unrecorded:make"
BATCH, CLIENTS, ROUNDS, BATCHES = 500, 8, 7, 24
PERIOD, LOTS, LOT, REPEATS = "sealed", 5, 40_000, 5
SHARE_GOAL, SEAL_GOAL, CHECK_GOAL = 0.6, 25e-6, 100_000


def figures(house: House) -> list[Figure]:
    """Entries through the API with the ledger and without; then what becomes of 200,000 of them."""
    with tempfile.TemporaryDirectory(prefix="pingyi-") as folder:
        settings = replace(
            house.settings, state=Path(folder), sealer_database_url=house.endpoints.sealer_database_url
        )
        ensure_key(settings.sealer_key_file)
        return [*_after(house, settings, Path(folder)), *_intake(house, settings)]


def _intake(house: House, settings: Settings) -> list[Figure]:
    open_period_of("api", 84, [BALLOTS])
    with transaction() as connection:
        token = new_operator_key(connection, SHELL, find_operator(connection, "operator 0")).token
    numbers = itertools.count(1)
    found: dict[str, list[float]] = {"with": [], "without": []}

    def rate(there: Server) -> float:
        batches = [next(numbers) for _ in range(BATCHES)]
        return keep_busy(there, post(token, BATCH), batches, CLIENTS).per_second * BATCH

    with server(house, OURS) as ours, server(house, WITHOUT) as without:
        for _ in range(ROUNDS):
            with _sealing(settings):
                found["with"].append(rate(ours))
            found["without"].append(rate(without))
    best = median(found["without"])
    share = median(found["with"]) / best
    return [
        Figure("API without a ledger, 500 entries a request", f"{best:,.0f} entries / s", "1"),
        Figure("API with leaves, and a sealer at work", f"{median(found['with']):,.0f} entries / s",
               f"{share:.2f}", f">= {SHARE_GOAL}", share >= SHARE_GOAL),
    ]  # fmt: skip


@contextmanager
def _sealing(settings: Settings) -> Iterator[None]:
    """A sealer that works once a second meanwhile, as the process of that name does."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(1):
            seal(settings)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        seal(settings)


def _after(house: House, settings: Settings, folder: Path) -> list[Figure]:
    """Seal, export and check a period of 200,000 entries; the fastest of a few runs each."""
    period_id = open_period_of(PERIOD, 84, [BALLOTS])
    sealing = [_seal_some(house, settings, lot) for lot in range(LOTS)]
    with transaction() as connection:
        close_period(connection, SHELL, PERIOD)
        request_assessment(connection, SHELL, PERIOD)
    assess_period(period_id)
    with transaction() as connection:
        approve_all(connection, [request_release(connection, BUNDLE, PERIOD, "measured")])
    seal(settings)
    out = folder / "bundle"
    exports = [spent(lambda: export_public(PERIOD, out), house.postgres) for _ in range(REPEATS)]
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    checks = [_check(out) for _ in range(REPEATS)]
    entries, each = LOTS * LOT, min(one.wall for one in sealing) / LOT
    exporting, checking = min(one.wall for one in exports), min(one.wall for one in checks)
    speed = entries / checking
    return [
        Figure(f"sealing, in lots of {LOT:,} leaves", f"{each * 1e6:.1f} µs each", _cpu(sealing, LOT),
               f"< {SEAL_GOAL * 1e6:.0f} µs", each < SEAL_GOAL),
        Figure(f"export of {entries:,} entries, {size / 1e6:.0f} MB",
               f"{exporting:.2f} s, {exporting / entries * 1e6:.1f} µs each", _cpu(exports, entries)),
        Figure("verify.py, the whole bundle", f"{checking:.2f} s, {speed:,.0f} entries / s",
               _cpu(checks, entries), f">= {CHECK_GOAL:,}", speed >= CHECK_GOAL),
    ]  # fmt: skip


def _cpu(all_: list[Spent], entries: int) -> str:
    return f"{median(one.cpu for one in all_) / entries * 1e6:.1f} µs CPU each"


def _seal_some(house: House, settings: Settings, lot: int) -> Spent:
    """Deliver a lot of entries, then seal their leaves."""
    for number in range(lot * LOT // BATCH, (lot + 1) * LOT // BATCH):
        deliver(SHELL, ChannelRef(period=PERIOD, channel="c0"), [ballot(number, at) for at in range(BATCH)])
    return spent(lambda: seal(settings), house.postgres)


def _check(out: Path) -> Spent:
    """Run the bundle's own verifier; its processor time is that of processes that have ended."""
    before, begun = _ended(), time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the command is ours
        [sys.executable, "-I", out / "verify.py", out], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stdout)
    return Spent(time.perf_counter() - begun, _ended() - before)


def _ended() -> float:
    times = os.times()
    return times.children_user + times.children_system
