"""How many entries a second of processor time (Python and PostgreSQL) are folded, in batches of 5,000."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from benchmarks.entries import fill_mixed
from benchmarks.figures import Figure
from benchmarks.house import BALLOTS, House, channel_ids, open_period_of
from benchmarks.measuring import spent
from pingyi.db import transaction
from pingyi.services.core.bound_channels import channel_by_id
from pingyi.services.intake.fold import fold_channel
from pingyi.services.intake.parse_rows import tally_entry

ROUNDS = 5
DENSE_GOAL, SCATTERED_GOAL = 40_000, 18_000


def figures(house: House) -> list[Figure]:
    """Fold a full batch on every channel of 84 x 17, and batches that hit one cell of 1,000 x 20 each."""
    dense = open_period_of("dense", 84, [BALLOTS] * 17)
    scattered = open_period_of("scattered", 1_000, [BALLOTS] * 20)
    fill_mixed(house, scattered, each=5_000, size=500)
    _fold(scattered)
    found: dict[str, list[float]] = {"dense": [], "scattered": []}
    for _ in range(ROUNDS):
        entries = fill_mixed(house, dense, each=5_000, size=500)
        found["dense"].append(_rate(house, entries, lambda: _fold(dense)))
        found["scattered"].append(_scattered_rate(house, scattered))
    tally = _tally_seconds(scattered)
    return [
        _figure("84 units x 17 channels, batches of 5,000", median(found["dense"]), tally, DENSE_GOAL),
        _figure(
            "1,000 x 20, nearly every entry another cell", median(found["scattered"]), tally, SCATTERED_GOAL
        ),
    ]


def _scattered_rate(house: House, period_id: int) -> float:
    """Four rounds of 5,000 entries over all 20 channels: 250 on each, over its 1,000 units."""
    rates = []
    for _ in range(4):
        entries = fill_mixed(house, period_id, each=250, size=250)
        rates.append(_rate(house, entries, lambda: _fold(period_id)))
    return median(rates)


def _fold(period_id: int) -> None:
    for channel_id in channel_ids(period_id):
        fold_channel(channel_id)


def _rate(house: House, entries: int, act: Callable[[], object]) -> float:
    return entries / spent(act, house.postgres).cpu


def _tally_seconds(period_id: int) -> float:
    """Processor seconds that the tally of one entry takes; it is done at intake."""
    first = channel_ids(period_id)[0]
    with transaction() as connection:
        working = channel_by_id(connection, first)
    values = {"unit": "u1", "batch": "1", "dimension": "speed", "option": "basic", "count": 3}

    def act() -> None:
        for _ in range(20_000):
            tally_entry(working, "u1", values)

    return spent(act).cpu / 20_000


def _figure(name: str, rate: float, tally: float, goal: int) -> Figure:
    both = 1 / (1 / rate + tally)
    return Figure(
        f"fold, {name}",
        f"{rate:,.0f} entries / CPU s",
        f"with tally {both:,.0f}",
        f">= {goal:,}",
        rate >= goal,
    )
