"""What the templates show of a form: controls in their order, with their words and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from pingyi.channels.text import Text

EMPTY = Text(zh="", en="")
YES = Text(zh="是", en="yes")
NO = Text(zh="否", en="no")


def listed(words: Iterable[Text], zh: str = "、", en: str = ", ") -> Text:
    """Several words in a row."""
    told = list(words)
    return Text(zh=zh.join(one.zh for one in told), en=en.join(one.en for one in told))


def under(above: Text, label: Text) -> Text:
    """The place of a part under another."""
    return Text(zh=f"{above.zh} · {label.zh}", en=f"{above.en} · {label.en}") if above.zh else label


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    value: str
    label: Text
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Content without a control: the hidden field that carries it, its words, and the box that removes it."""

    name: str
    value: str
    shown: str
    drop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """`kind`: line, text, select, tick, ticks, lines, group, both (a text in two languages), rows, row,
    entries, entry or nothing. `label` is its own, `place` the whole way to it; `row`: what one row is called.
    `usual`: what may be typed among others; `more`: others may be typed beside what is ticked. `typed`:
    content has it; `rare`: it is folded. `caption` names a row, `aside` says more of it; `told`: what is said
    of the rows so far; `redraw`: the button beside a choice. Kind `order`: a choice for each place.
    """

    kind: str
    name: str
    label: Text
    place: Text
    help: Text | None = None
    unit: Text | None = None
    errors: tuple[Text, ...] = ()
    value: str = ""
    type: str = "text"
    inputmode: str = ""
    lang: str = ""
    options: tuple[Option, ...] = ()
    usual: tuple[Option, ...] = ()
    more: bool = False
    rare: bool = False
    row: Text = EMPTY
    ticked: bool = False
    said: bool = False
    parts: tuple[Control, ...] = ()
    caption: Text = EMPTY
    aside: Text = EMPTY
    told: Text | None = None
    redraw: Text | None = None
    folds: bool = False
    open: bool = False
    may_add: bool = False
    drawn: str | None = None
    typed: bool = False
    carried: tuple[Carried, ...] = ()

    @property
    def wrong(self) -> str:
        """The id of what is said to be wrong here."""
        return f"{self.name}.wrong"

    @property
    def words(self) -> Text:
        """What is typed, ticked or chosen here, as people read it; of several parts nothing."""
        if self.kind == "tick":
            return YES if self.ticked else NO
        if self.kind in ("select", "ticks", "order"):
            return listed([one.label for one in self.options if one.chosen])
        if self.kind == "lines":
            return listed([Text(zh=line, en=line) for line in self.value.split("\n") if line])
        usual = {one.value: one.label for one in self.usual}
        return usual.get(self.value, Text(zh=self.value, en=self.value))

    @property
    def runs(self) -> list[tuple[bool, list[Control]]]:
        """The parts in runs of those that stand side by side (True), and of the others."""
        return _runs(self.parts)

    @property
    def folded(self) -> list[Control]:
        """The parts that are seldom needed, with nothing in them."""
        return [one for one in self.parts if one.rare]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """`places`: what is wrong in the order of the form, each with the id to go to ("" where there is none),
    the place in words and the message; `errors`: what belongs to no control."""

    controls: tuple[Control, ...]
    carried: tuple[Carried, ...]
    errors: tuple[Text, ...]
    places: tuple[tuple[str, Text, Text], ...]

    @property
    def runs(self) -> list[tuple[bool, list[Control]]]:
        """The controls in runs of those that stand side by side (True), and of the others."""
        return _runs(self.controls)

    @property
    def folded(self) -> list[Control]:
        """The controls that are seldom needed, with nothing in them."""
        return [one for one in self.controls if one.rare]


def _runs(controls: tuple[Control, ...]) -> list[tuple[bool, list[Control]]]:
    shown = [one for one in controls if not one.rare]
    return [(beside, list(run)) for beside, run in groupby(shown, lambda one: one.kind not in _APART)]


_APART = ("group", "rows", "entries")
