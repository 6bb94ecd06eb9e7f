"""Checklists (F1d): counted items that deduct up to a cap, veto, or add from a gate on.

Counters: ("examined",) once for each row, ("item", item) its count. A row without `item` says that the unit
was examined and nothing found. Facts: those of `item_score`. The rate is declared exact (no samples); `n`
is the rows; a unit without any is `no_cases`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from marshmallow import ValidationError, validates, validates_schema

from pingyi.channels import Channel, Context, Count, Entry, EntrySchema, Score, Tally, Text, TitledKey, Whole
from pingyi.channels.families.item.score import FACT_TITLES, plan_of, score_items
from pingyi.channels.families.item.settings import ItemSettings
from pingyi.channels.families.words import evidence_field
from pingyi.channels.messages import ONE_OF, REQUIRED

__all__ = ["ChecklistEntry", "ItemSettings", "channel", "check_item", "score", "tally"]


class ChecklistEntry(EntrySchema):
    """`unit`, `item` (empty: examined, nothing found), `count`, `evidence`."""

    item = TitledKey(
        named_by=("items",), metadata={"title_zh": "指标", "title_en": "Item", "across": ("count",)}
    )
    count = Whole(metadata={"title_zh": "次数", "title_en": "Count"})
    evidence = evidence_field()

    @validates("item")
    def is_on_the_list(self, value: str, data_key: str) -> None:
        check_item(value, self.channel)

    @validates_schema
    def is_counted(self, data: dict[str, Any], **_: Any) -> None:
        if "item" in data and "count" not in data:
            raise ValidationError(REQUIRED, "count")
        if data.get("count") and "item" not in data:
            raise ValidationError(REQUIRED, "item")


def check_item(key: str, context: Context) -> None:
    """Refuse an item that the settings do not name."""
    known = [item["key"] for item in context.settings.get("items", ())]
    if context.settings and key not in known:
        raise ValidationError(ONE_OF.format(choices=", ".join(known)))


def tally(entry: Entry, _context: Context) -> Iterable[Count]:
    """Add that the unit was examined, and the item's count."""
    yield Count(("examined",))
    if entry.values.get("item") and entry.values["count"]:
        yield Count(("item", entry.values["item"]), entry.values["count"])


def score(tally: Tally, context: Context) -> Score:
    """100 less capped deductions, the gated bonus, the veto (F1d)."""
    examined = tally.counts.get("examined", 0)
    if not examined:
        return Score(None, "no_cases")
    return score_items(tally.counts, plan_of(context), n=examined)


def channel(
    key: str,
    title: Text,
    entry_schema: type[ChecklistEntry] = ChecklistEntry,
    settings_schema: type[ItemSettings] = ItemSettings,
) -> Channel:
    """Make a channel of this family."""
    return Channel(
        key=key,
        title=title,
        family="checklist",
        entry_schema=entry_schema,
        settings_schema=settings_schema,
        tally=tally,
        score=score,
        identity=("unit", "item"),
        due_per_unit=True,
        fact_titles=FACT_TITLES,
        key_facts=frozenset({"veto"}),
    )
