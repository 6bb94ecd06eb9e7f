"""What a form says about a field: its title, help, unit and the titles of its words, as metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pingyi.channels.text import Text

POINTS = Text(zh="分", en="points")
PERCENT = Text(zh="%", en="%")
CASES = Text(zh="件", en="cases")
BALLOTS = Text(zh="张", en="ballots")
PEOPLE = Text(zh="人", en="people")
DECIMALS = Text(zh="位", en="decimals")

KEY = Text(zh="代号", en="Key")
WEIGHT = Text(zh="权重", en="Weight")
PART_OF_ONE = Text(
    zh="0到1之间的小数，合计为1，例如0.3。",
    en="A decimal from 0 to 1, for example 0.3; together they sum to 1.",
)


def worded(
    title: Text,
    help_text: Text | None = None,
    *,
    unit: Text | None = None,
    row: Text | None = None,
    choices: Mapping[str, Text] | None = None,
    usual: Mapping[str, Text] | None = None,
    rare: bool = False,
    made: bool = False,
    caption: bool = False,
) -> dict[str, Any]:
    """Metadata of a field: `title_zh`, `title_en`, and what else is given.

    `help_text`: one sentence on what it means and what to type. `unit`: the unit of measure. `row`: what one
    row of a list is called. `choices`: every word that is allowed, with its title; `usual`: words that are
    commonly used where others are allowed too. `rare`: seldom needed, may be folded. `made`: of a key that a
    new row gets by its place. `caption`: said in the line of a folded row.
    """
    metadata: dict[str, Any] = {}
    for name, words in (("title", title), ("help", help_text), ("unit", unit), ("row", row)):
        if words is not None:
            metadata |= {f"{name}_zh": words.zh, f"{name}_en": words.en}
    for name, titled in (("choices", choices), ("usual", usual)):
        if titled is not None:
            metadata[name] = dict(titled)
    flags = {"rare": rare, "made": made, "caption": caption}
    return {**metadata, **{name: True for name, flag in flags.items() if flag}}
