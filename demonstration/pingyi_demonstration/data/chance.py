"""Seeded chance in whole numbers: the same on every machine."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping

PERMILLE = 1000
BELL = 4


class Chance:
    """Draws whole numbers from one seed."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - generated data, not a secret

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        return self._random.randint(low, high)

    def bell(self, spread: int) -> int:
        """A whole number from -`spread` to `spread`, most often near 0."""
        return sum(self.between(-spread, spread) for _ in range(BELL)) // BELL

    def hits(self, of: int, permille: int) -> int:
        """How many of `of` tries succeed that have `permille` chances in a thousand each."""
        return sum(self._random.randrange(PERMILLE) < permille for _ in range(of))

    def parted(self, ballots: int, weights: Mapping[str, int]) -> dict[str, int]:
        """Put that many ballots into options by their weights; every option has its count."""
        found = Counter(self._random.choices(list(weights), list(weights.values()), k=ballots))
        return {option: found[option] for option in weights}

    def shuffled(self, items: list[int]) -> list[int]:
        """The same items in another order."""
        return self._random.sample(items, len(items))
