"""Panels (F1m): several raters mark a unit; the rate is the trimmed mean over the scale.

Counters: ("mark", "86"), its amount the raters who gave it. Facts: `spread` (highest less lowest
mark), `dropped` (marks left out). A row without `score` is an absent rater and counts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context as Digits
from decimal import Decimal
from fractions import Fraction
from math import lcm

from marshmallow import validate, validates

from pingyi.channels import (
    Channel,
    Context,
    Count,
    Entry,
    EntrySchema,
    Sample,
    Score,
    Settings,
    Tally,
    Text,
    Whole,
    Word,
)
from pingyi.channels.families.marks import MarkSettings, check_mark, mark_field, mark_name, read_marks
from pingyi.channels.wordings import PEOPLE, worded

FACT_TITLES = {"spread": Text(zh="极差", en="spread"), "dropped": Text(zh="去掉的极端分", en="marks dropped")}
FULL_PANEL, FEWEST_LEFT = 5, 3
_EXACT = Digits(prec=60)  # the usual 28 digits are fewer than a mark may have


class PanelEntry(EntrySchema):
    """`unit`, `rater`, `score` (empty: absent)."""

    rater = Word(
        required=True,
        validate=validate.Length(min=1),
        metadata={"title_zh": "评分人", "title_en": "Rater", "also": ("评委", "评议员", "评价人")},
    )
    score = mark_field(required=False)

    @validates("score")
    def fits_the_scale(self, value: Decimal, data_key: str) -> None:
        check_mark(value, self.channel.settings)


class PanelSettings(MarkSettings):
    """`scale`, `trim` (marks dropped at each end from 5 marks on, if 3 remain) and `n_min`, all required."""

    trim = Whole(
        required=True,
        validate=validate.Range(max=1000),
        metadata=worded(
            Text(zh="两端各去掉几个", en="Dropped at each end"),
            Text(
                zh="去掉最高分和最低分各几个，例如1；评分满5个才去掉，且至少要剩3个，填0不去掉。",
                en="How many of the highest and of the lowest marks are dropped, for example 1: from 5"
                " marks on, where 3 remain; 0 drops none.",
            ),
            unit=Text(zh="个评分", en="marks"),
        ),
    )
    n_min = Whole(
        required=True,
        metadata=worded(
            Text(zh="最少评分人数", en="Fewest marks"),
            Text(
                zh="评分的人少于此数的单位，在本渠道不计分，例如3。",
                en="A unit with fewer marks is not rated on this channel, for example 3.",
            ),
            unit=PEOPLE,
        ),
    )


def tally(entry: Entry, _context: Context) -> Iterable[Count]:
    """Add the rater's mark as a word of the counter's name."""
    name = mark_name(entry)
    return () if name is None else (Count(name),)


def score(tally: Tally, context: Context) -> Score:
    """Mean of the kept marks over the scale (F1m, method 1.6), its sample the kept marks."""
    settings = context.settings
    marks = read_marks(tally.counts)
    n = sum(times for _, times in marks)
    if n < max(1, settings["n_min"]):
        return Score(None, "too_few", n=n)
    if marks[-1][0] > settings["scale"]:
        return Score(None, "inconsistent", n=n)
    kept = _trimmed(marks, n, settings)
    left, parts, total, squares = _sums(kept)
    full, below = settings["scale"].as_integer_ratio()
    scale = parts * full
    sample = Sample(
        Fraction(1), left, Fraction((left * squares - total * total) * below * below, left * scale * scale)
    )
    facts = {"spread": _EXACT.subtract(marks[-1][0], marks[0][0]), "dropped": n - left}
    return Score(Fraction(total * below, left * scale), n=n, samples=(sample,), facts=facts)


def _trimmed(marks: list[tuple[Decimal, int]], n: int, settings: Settings) -> list[tuple[Decimal, int]]:
    trim = settings["trim"]
    if not trim or n < FULL_PANEL or n - 2 * trim < FEWEST_LEFT:
        return marks
    return _without_first(_without_first(marks, trim)[::-1], trim)


def _without_first(marks: list[tuple[Decimal, int]], drop: int) -> list[tuple[Decimal, int]]:
    kept = []
    for mark, times in marks:
        gone = min(drop, times)
        drop -= gone
        if times > gone:
            kept.append((mark, times - gone))
    return kept


def _sums(marks: list[tuple[Decimal, int]]) -> tuple[int, int, int, int]:
    """How many marks, their common denominator, and the sums of the marks and their squares times it."""
    ratios = [(mark.as_integer_ratio(), times) for mark, times in marks]
    parts = lcm(*(below for (_, below), _ in ratios))
    whole = [(above * (parts // below), times) for (above, below), times in ratios]
    return (
        sum(times for _, times in whole),
        parts,
        sum(mark * times for mark, times in whole),
        sum(mark * mark * times for mark, times in whole),
    )


def channel(
    key: str,
    title: Text,
    entry_schema: type[PanelEntry] = PanelEntry,
    settings_schema: type[PanelSettings] = PanelSettings,
) -> Channel:
    """Make a channel of this family."""
    return Channel(
        key=key,
        title=title,
        family="panel",
        entry_schema=entry_schema,
        settings_schema=settings_schema,
        tally=tally,
        score=score,
        identity=("unit", "rater"),
        due_per_unit=True,
        fact_titles=FACT_TITLES,
    )
