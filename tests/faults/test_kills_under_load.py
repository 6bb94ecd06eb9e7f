"""Kill -9 of any process at any moment: the acknowledged counts once, and the result is the same bytes."""

from __future__ import annotations

import base64
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis, RedisError
from tests.faults.checking import public_bundle, result_bytes, verdict, violations, wait_until_folded
from tests.faults.installation import Installation, installation
from tests.faults.killing import kill_all, kill_one
from tests.faults.load import Clients, Request, expected_counters, prepare, requests
from tests.faults.pins import pinned_heads, wait_for_more

ENTRIES, CORRECTIONS = 20_000, 500
ROLES = ("web", "background", "worker", "sealers", "sealer", "relay", "scheduler", "valkey", "postgres")
KILLS_EACH = 4 if not os.environ.get("PINGYI_SOAK") else 40
RECOVERED_SECONDS = 60


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    with installation() as running:
        yield running


@pytest.fixture(scope="module")
def calm(place: Installation) -> bytes:
    """The result of the same load without any fault."""
    operator, office = prepare(place, "calm")
    wanted = requests(ENTRIES, CORRECTIONS, seed=1)
    clients = Clients(place.port, "calm", operator)
    for part in parts(wanted, 12):
        clients.post(part)
        clients.wait_until_left(len(part) // 4, RECOVERED_SECONDS)
    told = clients.finish()
    wait_until_folded(place)
    assert violations(place, "calm", told, expected_counters(wanted)) == []
    assert told.retries == 0
    return result_bytes(place, "calm", office)


@pytest.mark.timeout(600)
def test_kills_of_every_process_lose_nothing_and_count_nothing_twice(
    place: Installation, calm: bytes, tmp_path: Path
) -> None:
    operator, office = prepare(place, "storm")
    wanted = requests(ENTRIES, CORRECTIONS, seed=1)
    draw = random.Random(2)
    schedule = draw.sample(list(ROLES) * KILLS_EACH, len(ROLES) * KILLS_EACH)
    clients = Clients(place.port, "storm", operator)
    killed: Counter[str] = Counter()
    with pinned_heads(place.port) as pins:
        for number, (role, part) in enumerate(zip(schedule, parts(wanted, len(schedule)), strict=True)):
            known = len(pins)
            clients.post(part)
            time.sleep(draw.uniform(0.02, 0.3))
            killed[role] += kill_one(place, role, draw)
            clients.wait_until_left(len(part) // 4, RECOVERED_SECONDS)
            if number % (len(schedule) // 4) == 0:  # how often the sealer gets to sign depends on the machine
                wait_for_more(pins, known)
        told = clients.finish()
        wait_until_folded(place, RECOVERED_SECONDS)
    assert violations(place, "storm", told, expected_counters(wanted)) == []
    assert result_bytes(place, "storm", office) == calm
    assert min(killed[role] for role in ROLES) >= KILLS_EACH - 1
    assert told.retries > 0
    assert_outsiders_agree(public_bundle(place, "storm", tmp_path / "bundle"), pins)


def assert_outsiders_agree(bundle: Path, pins: set[str]) -> None:
    """Every head that was kept outside during the run is one of the record's; a forged one is found."""
    assert len(pins) >= 4
    status, said = verdict(bundle, pins)
    assert status == 0, said
    origin, size, _ = max(pins, key=lambda pin: int(pin.split()[1])).split()
    forged = f"{origin} {size} {base64.b64encode(bytes(32)).decode()}"
    status, said = verdict(bundle, {*pins, forged})
    assert status == 1
    assert size in said


@pytest.mark.timeout(400)
def test_losing_all_of_valkeys_data_changes_nothing(place: Installation, calm: bytes) -> None:
    operator, office = prepare(place, "emptied")
    wanted = requests(ENTRIES, CORRECTIONS, seed=1)
    clients = Clients(place.port, "emptied", operator)
    redis = Redis.from_url(place.settings().redis_url)
    for part in parts(wanted, 12):
        clients.post(part)
        with suppress(RedisError):
            redis.flushall()
        clients.wait_until_left(len(part) // 4, RECOVERED_SECONDS)
    told = clients.finish()
    wait_until_folded(place, RECOVERED_SECONDS)
    assert violations(place, "emptied", told, expected_counters(wanted)) == []
    assert result_bytes(place, "emptied", office) == calm


@pytest.mark.timeout(400)
def test_checker_finds_what_a_server_without_synchronous_commit_loses() -> None:
    """The control: the same load and the same checker on a server that acknowledges too early."""
    wanted = requests(6_000, 0, seed=3)
    with installation(web=f"{sys.executable} -m tests.faults.lossy") as broken:
        operator, _ = prepare(broken, "lossy")
        clients = Clients(broken.port, "lossy", operator)
        for part in parts(wanted, 3):
            clients.post(part)
            clients.wait_until_left(len(part) // 2, RECOVERED_SECONDS)
            kill_all(broken.pids("postgres"))
        told = clients.finish()
        wait_until_folded(broken, RECOVERED_SECONDS)
        found = violations(broken, "lossy", told, expected_counters(wanted))
    assert any("receipt is gone" in one for one in found)
    assert any("counted" in one for one in found)


def parts(wanted: Sequence[Request], number: int) -> list[list[Request]]:
    size = -(-len(wanted) // number)
    return [list(wanted[at * size : (at + 1) * size]) for at in range(number)]
