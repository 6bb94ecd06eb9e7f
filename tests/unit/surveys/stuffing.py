"""A seeded box of honest open ballots, and six ways to stuff it; run as a module it prints the figures."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from random import Random
from statistics import median
from time import perf_counter

from pingyi_surveys.ballot.opened_ballot import NO_ANSWER, OpenedBallot
from pingyi_surveys.ballot.quarantine import Levels, Verdict, judge
from pingyi_surveys.ballot.thresholds import Rules

HONEST, UNITS, DAYS, BUSY_DAY, QUEUE = 110_550, 84, 30, 17, 60
LEVELS: Levels = (4, 3, 2, 1, 0, None)
POINTS = (100, 80, 60, 30, 0)
DONT_KNOW = 5
DIMENSIONS = 5
WAYS = ("A", "B", "C", "D", "E", "F")
STUFFED = {"A": 600, "B": 360, "C": 1250, "D": 80, "E": 1200, "F": 600}

Answers = tuple[int, ...]


@dataclass(slots=True)
class Box:
    """Ballots, and beside each who sent it: "honest", "queue" or one of the six ways."""

    ballots: list[OpenedBallot]
    senders: list[str]
    targets: dict[str, str]

    def with_way(self, way: str) -> Box:
        """The honest ballots and those of one way."""
        kept = [place for place, sender in enumerate(self.senders) if sender in {"honest", "queue", way}]
        return Box([self.ballots[k] for k in kept], [self.senders[k] for k in kept], self.targets)


class Crowd:
    """What honest people answer, and from where: each unit has its own quality, mood of days and rush."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.units = [f"u{number:02}" for number in range(UNITS)]
        self.quality = {unit: random.uniform(0.5, 1.6) for unit in self.units}
        self.size = {unit: random.uniform(0.3, 2.0) for unit in self.units}
        self.pools = {
            (unit, mood): [self.answers(self.quality[unit] * (1 + mood / 10)) for _ in range(500)]
            for unit in self.units
            for mood in (-1, 0, 2)
        }

    def answers(self, quality: float) -> Answers:
        """Five answers around one opinion; a higher `quality` is a worse unit."""
        opinion = min(4.4, self.random.expovariate(1 / quality))
        return tuple(self.answer(opinion) for _ in range(DIMENSIONS))

    def answer(self, opinion: float) -> int:
        chance = self.random.random()
        if chance < 0.06:
            return DONT_KNOW if chance < 0.04 else NO_ANSWER
        return max(0, min(4, round(opinion + self.random.gauss(0, 0.35) - 0.2)))

    def mark(self) -> bytes:
        return self.random.randbytes(16)

    def ballot(
        self, unit: str, day: int, answers: Answers, network: str, device: bytes = b"", kiosk: bool = False
    ) -> OpenedBallot:
        """One ballot; the mark of a network is another one every day, as in the real box."""
        mark = f"{day} {network}".encode()[:16].ljust(16, b".")
        nullifier = self.random.randbytes(32)
        return OpenedBallot(unit, "", day, answers, 2, device or self.mark(), mark, kiosk, False, nullifier)


def honest_box(random: Random, crowd: Crowd) -> list[OpenedBallot]:
    """110,490 ballots over 84 units and 30 days: four halls, carriers, homes, kiosks, one busy day."""
    weekdays = [(1 if day % 7 < 5 else 0.3) * (4 if day == BUSY_DAY else 1) for day in range(DAYS)]
    rushes = {
        unit: list(accumulate(weight * random.uniform(0.7, 1.3) for weight in weekdays))
        for unit in crowd.units
    }
    moods = {(unit, day): random.choice((0, 0, 0, 0, 2)) for unit in crowd.units for day in range(DAYS)}
    names = random.choices(crowd.units, [crowd.size[unit] for unit in crowd.units], k=HONEST - QUEUE)
    ballots: list[OpenedBallot] = []
    for unit in names:
        day = random.choices(range(DAYS), cum_weights=rushes[unit])[0]
        ballots.append(honest_ballot(random, crowd, unit, day, moods[unit, day]))
    return with_shared_phones(random, ballots)


def honest_ballot(random: Random, crowd: Crowd, unit: str, day: int, mood: int) -> OpenedBallot:
    where = random.random()
    answers = random.choice(crowd.pools[unit, mood])
    if where < 0.4:
        hall = int(unit[1:]) % 4
        happier = random.choice(crowd.pools[unit, -1]) if not mood else answers
        kiosk = where < 0.02
        device = f"kiosk {hall} {unit}".encode() if kiosk else b""
        return crowd.ballot(unit, day, happier, f"hall {hall}", device, kiosk)
    network = f"nat {random.randrange(12)}" if where < 0.75 else f"home {random.randrange(40_000)}"
    return crowd.ballot(unit, day, answers, network)


def with_shared_phones(random: Random, ballots: list[OpenedBallot]) -> list[OpenedBallot]:
    """One ballot of 4,000 was sent from the phone of somebody who rated the same unit."""
    for place in random.sample(range(len(ballots)), HONEST // 4000):
        other = random.randrange(len(ballots))
        ballots[place] = ballots[place]._replace(unit=ballots[other].unit, device=ballots[other].device)
    return ballots


def queue(random: Random, crowd: Crowd, unit: str) -> list[OpenedBallot]:
    """Sixty people behind one address on one morning, each with a phone and an opinion of their own."""
    pool = crowd.pools[unit, 0]
    return [crowd.ballot(unit, 8, random.choice(pool), "queue") for _ in range(QUEUE)]


def mostly(random: Random, best: int, other: int, share: float) -> Answers:
    return tuple(other if random.random() < share else best for _ in range(DIMENSIONS))


def stuffed(random: Random, crowd: Crowd, way: str, unit: str) -> list[OpenedBallot]:
    """The ballots of one way to stuff the box, for or against one unit."""
    best, worst, hall = (0,) * DIMENSIONS, (4,) * DIMENSIONS, f"hall {int(unit[1:]) % 4}"
    many = range(STUFFED[way])
    if way == "A":  # a script in one network, two nights, a fresh cookie each time
        return [crowd.ballot(unit, 10 + k % 2, best, "script") for k in many]
    if way == "B":  # 120 of the staff on the Wi-Fi of their own hall, on three days, some less than best
        return [crowd.ballot(unit, (3, 9, 22)[k % 3], mostly(random, 0, 1, 0.05), hall) for k in many]
    if way == "C":  # 250 networks, each once a day, on five days
        return [crowd.ballot(unit, 18 + k % 5, mostly(random, 0, 1, 0.02), f"farm {k % 250}") for k in many]
    if way == "D":  # one phone that keeps its cookie
        device = crowd.mark()
        return [crowd.ballot(unit, k % 4, best, f"nat {k % 12}", device) for k in many]
    if way == "E":  # smear: the worst for a rival, 400 networks, two days
        return [crowd.ballot(unit, 14 + k % 2, worst, f"smear {k % 400}") for k in many]
    return [crowd.ballot(unit, k % DAYS, slow_answers(random), f"slow {k}") for k in many]


def slow_answers(random: Random) -> Answers:
    """F: a patient farm, 20 a day, each from another network, mixed ratings."""
    opinion = random.choices((0, 1, 2), (75, 20, 5))[0]
    return mostly(random, opinion, opinion + 1, 0.1)


def make_box(seed: int) -> Box:
    """Honest ballots, the queue and all six ways, each on a unit of its own of ordinary size and quality."""
    random = Random(seed)
    crowd = Crowd(random)
    fit = [u for u in crowd.units if 0.8 < crowd.size[u] < 1.3 and crowd.quality[u] > 0.9]
    units = random.sample(fit, len(WAYS) + 1)
    targets = dict(zip((*WAYS, "queue"), units, strict=True))
    honest = honest_box(random, crowd)
    ballots, senders = honest, ["honest"] * len(honest)
    for way, unit in targets.items():
        more = queue(random, crowd, unit) if way == "queue" else stuffed(random, crowd, way, unit)
        ballots += more
        senders += [way] * len(more)
    return Box(ballots, senders, targets)


def rating(ballots: list[OpenedBallot]) -> Fraction:
    """The pooled rating in points of 100; answers without a score are in neither sum."""
    found = Counter(answer for ballot in ballots for answer in ballot.answers if answer < len(POINTS))
    return Fraction(sum(POINTS[answer] * n for answer, n in found.items()), found.total())


@dataclass(frozen=True, slots=True)
class Outcome:
    """Held and sent ballots of each sender, and a target's shift in points before and after the rules."""

    held: Counter[str]
    sent: Counter[str]
    busy_held: int
    shifts: dict[str, tuple[Fraction, Fraction]]

    def honest_held(self) -> int:
        return self.held["honest"] + self.held["queue"]


def outcome(box: Box, verdict: Verdict) -> Outcome:
    held = [bool(reason) for reason in verdict.reasons]
    busy = sum(
        reason in {"R3", "R4"} and ballot.day == BUSY_DAY and sender == "honest"
        for reason, ballot, sender in zip(verdict.reasons, box.ballots, box.senders, strict=True)
    )
    shifts = {way: shift(box, held, way) for way in WAYS if way in set(box.senders)}
    return Outcome(
        Counter(s for s, h in zip(box.senders, held, strict=True) if h), Counter(box.senders), busy, shifts
    )


def shift(box: Box, held: list[bool], way: str) -> tuple[Fraction, Fraction]:
    """How far the ballots of one way move their unit's rating: as sent, and as counted."""
    own = [
        (ballot, sender == way, out)
        for ballot, sender, out in zip(box.ballots, box.senders, held, strict=True)
        if ballot.unit == box.targets[way]
    ]
    honest = rating([ballot for ballot, theirs, _ in own if not theirs])
    counted = rating([ballot for ballot, _, out in own if not out])
    return rating([ballot for ballot, _, _ in own]) - honest, counted - honest


def main(first: int, rules: Rules) -> None:
    """Print the median, the least and the most of each figure over ten seeds."""
    figures: dict[str, list[float]] = {}

    def note(name: str, value: Fraction | float) -> None:
        figures.setdefault(name, []).append(float(value))

    for seed in range(first, first + 10):
        box = make_box(seed)
        begun = perf_counter()
        verdict = judge(box.ballots, rules, LEVELS)
        note("seconds to judge", perf_counter() - begun)
        together = outcome(box, verdict)
        note("all at once: honest held %", Fraction(together.honest_held() * 100, HONEST))
        note("queue held", together.held["queue"])
        note("busy day held", together.busy_held)
        alone = box.with_way("")
        note("no stuffing: honest held", outcome(alone, judge(alone.ballots, rules, LEVELS)).honest_held())
        for way in WAYS:
            one = box.with_way(way)
            found = outcome(one, judge(one.ballots, rules, LEVELS))
            note(f"{way} held %", Fraction(found.held[way] * 100, found.sent[way]))
            note(f"{way} honest held %", Fraction(found.honest_held() * 100, HONEST))
            note(f"{way} shift as sent", found.shifts[way][0])
            note(f"{way} shift as counted", found.shifts[way][1])
    for name, values in figures.items():
        print(f"{name:28} {median(values):8.2f}  {min(values):8.2f} .. {max(values):8.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0, Rules())
