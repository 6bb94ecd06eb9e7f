"""What a channel is: a schema and two pure functions, with pages and tasks of its own where it has any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from marshmallow import Schema

from pingyi.channels.messages import Message
from pingyi.channels.schema import EntrySchema
from pingyi.channels.text import Text
from pingyi.channels.types import Context, Count, Entry, Score, Settings, Tally
from pingyi.channels.view import Block, ChannelView


def nothing(_settings: Settings) -> frozenset[str]:
    """A channel that needs nothing beyond its entries."""
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A channel's own page below /channels/<key>/: `render` is given a ChannelView and returns what it shows.

    `path`: a word of letters, digits, _ and -, a letter first.
    """

    path: str
    title: Text
    render: Callable[[ChannelView], Iterable[Block]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A channel's own piece of work, done when a person asks; `run` says what it did."""

    key: str
    title: Text
    run: Callable[[ChannelView], Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One evaluation channel: a schema and two pure functions.

    `identity` names the fields that make a later entry a correction of an earlier one; where it does not hold
    "unit", the entry may move to another unit. `needs` says what of {"dates", "eligible", "issued",
    "registered"} the settings require; it is checked when a period opens or a bundle loads.

    `fact_titles`: what the facts of a score are called, in the order in which they are printed; the pattern
    "*_share" titles all that end so, and {word} in its title is what stands for the star. `words`: what the
    keys are called that stand for a star or are a fact themselves: options, dimensions, measures, grades.
    `key_facts`: the facts whose value is a key, which a scheme may have words of its own for.

    `contradictions`: of the entries of one unit, in the order in which they came, the places of those that
    cannot be true beside an earlier one, and why.
    """

    key: str
    title: Text
    entry_schema: type[EntrySchema]
    settings_schema: type[Schema]
    tally: Callable[[Entry, Context], Iterable[Count]]
    score: Callable[[Tally, Context], Score]
    family: str = ""
    identity: tuple[str, ...] = ()
    corrections_need_reason: bool = True
    due_per_unit: bool = False
    needs: Callable[[Settings], frozenset[str]] = nothing
    pages: Sequence[Page] = ()
    tasks: Sequence[Task] = ()
    contradictions: Callable[[Sequence[Entry], Context], Iterable[tuple[int, Message]]] | None = None
    fact_titles: Mapping[str, Text] = field(default_factory=dict, hash=False)
    words: Mapping[str, Text] = field(default_factory=dict, hash=False)
    key_facts: frozenset[str] = frozenset()
