"""Daye 2019: 127 units, a checklist, a poll, a panel of enterprises and the QR rating."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.units import UnitRow
from pingyi_demonstration.data.ballots import poll_weights
from pingyi_demonstration.data.chance import PERMILLE, Chance
from pingyi_demonstration.data.deliveries import standing_of
from pingyi_demonstration.data.evaluation import (
    Entry,
    Evaluation,
    counted,
    five_weights,
    names_of,
    numbered,
    seen_by,
    within,
)

KEY = "daye-2019"
KINDS = ("派出所", "税务所", "市场监管所", "自然资源所", "司法所", "卫生院", "供电所")
WITH_STATIONS = 7
ENTERPRISES = tuple(f"企业{number}" for number in range(1, 10))
FEW_MEETINGS = 4
ITEMS = ("discipline", "complaint", "overdue", "not_displayed")


def units() -> list[UnitRow]:
    """14 towns, 40 departments, 24 services and 49 stations below their towns: 127."""
    names = names_of(KEY)
    towns = numbered("DY-T", "towns", names["towns"])
    stations = [
        UnitRow(
            code=f"DY-G{7 * place + number + 1:02}",
            name=f"{town.name}{kind}",
            category="stations",
            parent=town.code,
        )
        for place, town in enumerate(towns[-WITH_STATIONS:])
        for number, kind in enumerate(KINDS)
    ]
    departments = numbered("DY-D", "departments", names["departments"])
    services = numbered("DY-S", "services", names["services"])
    return [*towns, *departments, *services, *stations]


def evaluation(seed: int) -> Evaluation:
    """The year's generated evidence."""
    evaluated = units()
    standing = standing_of(evaluated, seed)
    entries = {}
    for key, generate in (
        ("daily", _daily),
        ("society", _society),
        ("meetings", _meetings),
        ("qr_rating", _qr_rating),
    ):
        chance = Chance(f"{seed}/{KEY}/{key}")
        entries[key] = [list(generate(chance, seen_by(chance, evaluated, standing)))]
    draft = PeriodDraft(key=KEY, starts_on=date(2019, 1, 1), ends_on=date(2019, 12, 31))
    return Evaluation(scheme=KEY, draft=draft, units=evaluated, entries=entries)


Seen = list[tuple[str, int]]


def _daily(chance: Chance, seen: Seen) -> Iterator[Entry]:
    """What was found, item by item; of a unit without anything found, that its count is 0."""
    for code, quality in seen:
        found = {item: chance.hits(3, PERMILLE - within(quality)) for item in ITEMS}
        rows = [{"unit": code, "item": item, "count": count} for item, count in found.items() if count]
        yield from rows or [{"unit": code, "count": 0}]


def _society(chance: Chance, seen: Seen) -> Iterator[Entry]:
    for code, quality in seen:
        ballots = chance.between(35, 160)
        yield from counted(code, chance.parted(ballots, poll_weights(quality)), batch="2019")


def _meetings(chance: Chance, seen: Seen) -> Iterator[Entry]:
    """Each enterprise marks the units it has to do with; too few know the last station."""
    for place, enterprise in enumerate(ENTERPRISES):
        for code, quality in seen:
            knows = chance.between(1, 10) > 1
            mark = within(quality + chance.bell(80)) // 10
            if knows and not (code == seen[-1][0] and place >= FEW_MEETINGS):
                yield {"unit": code, "rater": enterprise, "score": str(mark)}


def _qr_rating(chance: Chance, seen: Seen) -> Iterator[Entry]:
    """Ratings by the code on each unit's door; the first station was hardly rated."""
    few = next(code for code, _ in seen if code.startswith("DY-G"))
    for code, quality in seen:
        ballots = 21 if code == few else chance.between(60, 320)
        yield from counted(code, chance.parted(ballots, five_weights(quality)), batch="2019")
