"""Findings of inspections (F6): one entry per state a finding has reached; the later corrects the earlier.

Counters: ("examined",) once for each finding that is confirmed or withdrawn, ("item", item) once for each
that is confirmed. A finding without `item` says that the unit was visited and nothing found. What is
recorded, released or contested counts nothing yet: a unit with nothing else is `no_cases`. Facts: those of
`item_score`. The rate is declared exact (no samples); `n` is the findings examined.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from marshmallow import validate, validates

from pingyi.channels import (
    Channel,
    Choice,
    Context,
    Count,
    Entry,
    EntrySchema,
    Score,
    Tally,
    Text,
    TitledKey,
    Word,
)
from pingyi.channels.families.checklist import check_item
from pingyi.channels.families.item.score import FACT_TITLES, plan_of, score_items
from pingyi.channels.families.item.settings import ItemSettings
from pingyi.channels.families.words import Day, check_day, evidence_field

__all__ = ["STATES", "FindingEntry", "ItemSettings", "channel", "score", "tally"]

STATES = {
    "recorded": Text(zh="已记录", en="Recorded"),
    "released": Text(zh="已告知", en="Released"),
    "contested": Text(zh="有异议", en="Contested"),
    "confirmed": Text(zh="已认定", en="Confirmed"),
    "withdrawn": Text(zh="已撤销", en="Withdrawn"),
}


class FindingEntry(EntrySchema):
    """`unit`, `finding`, `date`, `item` (empty: nothing found), `state`, `evidence`."""

    finding = Word(
        required=True, validate=validate.Length(min=1), metadata={"title_zh": "编号", "title_en": "Finding"}
    )
    date = Day(metadata={"title_zh": "日期", "title_en": "Date"})
    item = TitledKey(named_by=("items",), metadata={"title_zh": "指标", "title_en": "Item"})
    state = Choice(STATES, required=True, metadata={"title_zh": "状态", "title_en": "State"})
    evidence = evidence_field()

    @validates("date")
    def is_in_the_period(self, value: dt.date, data_key: str) -> None:
        check_day(value, self.channel.period)

    @validates("item")
    def is_on_the_list(self, value: str, data_key: str) -> None:
        check_item(value, self.channel)


def tally(entry: Entry, _context: Context) -> Iterable[Count]:
    """Add that the unit was examined once a finding is decided, and its item if it is confirmed."""
    state, item = entry.values["state"], entry.values.get("item")
    if state in {"confirmed", "withdrawn"}:
        yield Count(("examined",))
    if state == "confirmed" and item:
        yield Count(("item", item))


def score(tally: Tally, context: Context) -> Score:
    """100 less capped deductions of the confirmed findings, at least 0 (F6)."""
    examined = tally.counts.get("examined", 0)
    if not examined:
        return Score(None, "no_cases")
    return score_items(tally.counts, plan_of(context), n=examined)


def channel(
    key: str,
    title: Text,
    entry_schema: type[FindingEntry] = FindingEntry,
    settings_schema: type[ItemSettings] = ItemSettings,
) -> Channel:
    """Make a channel of this family."""
    return Channel(
        key=key,
        title=title,
        family="findings",
        entry_schema=entry_schema,
        settings_schema=settings_schema,
        tally=tally,
        score=score,
        identity=("finding",),
        corrections_need_reason=False,
        fact_titles=FACT_TITLES,
        key_facts=frozenset({"veto"}),
    )
