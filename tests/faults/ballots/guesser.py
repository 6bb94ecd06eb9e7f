"""A guesser that looks at everything stored of a row, and how often chance is as good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import mean

ALPHA = 1e-6


@dataclass(frozen=True, slots=True)
class Row:
    """What stands in a row and where: bytes of all its columns, and numbers such as its place."""

    columns: Sequence[bytes]
    numbers: Sequence[int]


def features(row: Row) -> list[float]:
    """Lengths, sums, bits, single bytes and how often each nibble occurs; places and their neighbours."""
    found: list[float] = [float(number) for number in row.numbers]
    found += [float(number % modulus) for number in row.numbers for modulus in (2, 3, 7)]
    for column in row.columns:
        size = max(1, len(column))
        found += [float(len(column)), sum(column) / size, sum(byte.bit_count() for byte in column) / size]
        found += [float(byte) for byte in (*column[:4], *column[-4:])]
        nibbles = column.hex()
        found += [nibbles.count(digit) / size for digit in "0123456789abcdef"]
    return found


def guessed(rows: Sequence[Row], labels: Sequence[bool]) -> tuple[int, int]:
    """How many of the rows kept back were guessed right, and of how many.

    It learns on every other pair of rows a threshold of each single feature, and guesses the rest by a vote
    of those that told best.
    """
    told = [features(row) for row in rows]
    assert len({len(one) for one in told}) == 1
    learn = [place for place in range(len(rows)) if place // 2 % 2 == 0]
    rest = [place for place in range(len(rows)) if place // 2 % 2 == 1]
    known = [labels[k] for k in learn]
    rules = sorted((_rule([told[k][f] for k in learn], known), f) for f in range(len(told[0])))
    best = rules[-5:]
    right = 0
    for place in rest:
        votes = sum(
            (1 if told[place][f] > cut else -1) * side * (2 * sure - len(learn)) ** 3
            for (sure, cut, side), f in best
        )
        right += (votes > 0) == labels[place]
    return right, len(rest)


def _rule(values: Sequence[float], labels: Sequence[bool]) -> tuple[int, float, int]:
    """The threshold between the classes' means, its right guesses, and on which side True lies."""
    yes = [value for value, label in zip(values, labels, strict=True) if label]
    no = [value for value, label in zip(values, labels, strict=True) if not label]
    cut, side = (mean(yes) + mean(no)) / 2, 1 if mean(yes) > mean(no) else -1
    right = sum(((value > cut) == (side > 0)) == label for value, label in zip(values, labels, strict=True))
    return right, cut, side


def beyond_chance(right: int, of: int) -> bool:
    """Whether pure guessing is right so often in fewer than one of a million runs."""
    return sum(comb(of, k) for k in range(right, of + 1)) < ALPHA * 2**of
