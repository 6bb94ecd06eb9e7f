"""What a scheme says: categories, groups, channels with their points, policies, grades and consequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from pingyi.channels.text import Text

MissingPolicy = Literal["reallocate", "reallocate_flat", "category_mean", "zero"]
TiePolicy = Literal["competition", "dense"]

FIXED_COLUMNS = (
    "category",
    "unit",
    "name",
    "adjustments",
    "total",
    "rank",
    "of",
    "rank_low",
    "rank_high",
    "label",
    "grade",
    "status",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A ranking scope: units are compared inside one category only."""

    key: str
    title: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A named sum of channels and groups; `parent` is the key of the group it belongs to, "" at the top."""

    key: str
    title: Text
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPlan:
    """One channel of a scheme: the plugin that scores it, its operator, points and raw settings.

    `group` is "" where the channel stands directly below the total.
    """

    key: str
    title: Text
    plugin: str
    operator: str
    max_points: Decimal
    group: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What a notice leaves open; `min_coverage` is percent of full_marks, `bonus_cap` None: no cap."""

    missing: MissingPolicy
    min_coverage: Decimal
    ties: TiePolicy
    tie_break: tuple[str, ...]
    bonus_cap: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grades:
    """Grades from best to worst: either lower bounds of the total, or shares of a category's ranked units."""

    bounds: tuple[tuple[str, Decimal], ...] = ()
    shares: tuple[tuple[str, Decimal], ...] = ()
    titles: Mapping[str, Text] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """The grades' keys, best first."""
        return tuple(key for key, _ in self.bounds or self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What is proposed for the last `k` units of a category, in `consecutive` periods running.

    `overrides_use_places`: units outside the ranking by a veto or disqualification use up places of the k.
    """

    action: str
    k: int
    consecutive: int = 1
    place: Literal["bottom"] = "bottom"
    overrides_use_places: bool = False
    title: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A validated scheme: leaf points sum to `full_marks` exactly; results have `decimals` places."""

    key: str
    title: Text
    full_marks: Decimal
    decimals: int
    policies: Policies
    categories: tuple[Category, ...]
    channels: tuple[ChannelPlan, ...]
    groups: tuple[Group, ...] = ()
    grades: Grades | None = None
    consequences: tuple[Consequence, ...] = ()

    def channel(self, key: str) -> ChannelPlan | None:
        """The channel of that key, or None."""
        return next((channel for channel in self.channels if channel.key == key), None)

    def group(self, key: str) -> Group | None:
        """The group of that key, or None."""
        return next((group for group in self.groups if group.key == key), None)

    def category(self, key: str) -> Category | None:
        """The category of that key, or None."""
        return next((category for category in self.categories if category.key == key), None)
