"""Partner scores (F1): one mark per unit on a scale.

Counters: ("mark", "92.5"), its amount 1. Facts: `mark`. The rate is mark / scale, declared exact
(no samples); no mark is `too_few`, more than one mark or a mark above the scale is `inconsistent`.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, validates, validates_schema

from pingyi.channels import Channel, Context, Count, Entry, EntrySchema, Flag, Score, Tally, Text
from pingyi.channels.families.marks import MarkSettings, check_mark, mark_field, mark_name, read_marks
from pingyi.channels.families.words import evidence_field
from pingyi.channels.messages import Message
from pingyi.channels.wordings import worded

FACT_TITLES = {"mark": Text(zh="评分", en="mark")}


class PartnerEntry(EntrySchema):
    """`unit`, `score`, `evidence`."""

    score = mark_field(required=True)
    evidence = evidence_field()

    @validates("score")
    def fits_the_scale(self, value: Decimal, data_key: str) -> None:
        check_mark(value, self.channel.settings)

    @validates_schema
    def has_evidence(self, data: dict[str, Any], **_: Any) -> None:
        if self.channel.settings.get("evidence_required") and not data.get("evidence"):
            raise ValidationError(
                Message(zh="此处必须写明依据。", en="Evidence is required here."), "evidence"
            )


class PartnerSettings(MarkSettings):
    """`scale` (required), `score_decimals`, `evidence_required`."""

    evidence_required = Flag(
        metadata=worded(
            Text(zh="必须写明依据", en="Evidence is required"),
            Text(
                zh="勾选后，没有写明依据的评分不予接收。",
                en="Ticked: a mark that comes without evidence is refused.",
            ),
        )
    )


def tally(entry: Entry, _context: Context) -> Iterable[Count]:
    """Add the mark as a word of the counter's name."""
    name = mark_name(entry)
    return () if name is None else (Count(name),)


def score(tally: Tally, context: Context) -> Score:
    """Divide the mark by the scale, exactly (F1)."""
    marks = read_marks(tally.counts)
    if not marks:
        return Score(None, "too_few")
    (mark, times), scale = marks[-1], context.settings["scale"]
    if len(marks) > 1 or times != 1 or mark > scale:
        return Score(None, "inconsistent", n=sum(n for _, n in marks))
    (above, below), (full, parts) = mark.as_integer_ratio(), scale.as_integer_ratio()
    return Score(Fraction(above * parts, below * full), n=1, facts={"mark": mark})


def channel(
    key: str,
    title: Text,
    entry_schema: type[PartnerEntry] = PartnerEntry,
    settings_schema: type[PartnerSettings] = PartnerSettings,
) -> Channel:
    """Make a channel of this family."""
    return Channel(
        key=key,
        title=title,
        family="partner",
        entry_schema=entry_schema,
        settings_schema=settings_schema,
        tally=tally,
        score=score,
        identity=("unit",),
        due_per_unit=True,
        fact_titles=FACT_TITLES,
    )
