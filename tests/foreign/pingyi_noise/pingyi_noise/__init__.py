"""A channel that is no part of Pingyi: the share of measured nights without too much noise."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, validates_schema

from pingyi.channels import (
    Channel,
    Context,
    Count,
    Entry,
    EntrySchema,
    Month,
    Score,
    SettingsSchema,
    Share,
    Tally,
    Text,
    Whole,
    Word,
    hookimpl,
)


class NoiseEntry(EntrySchema):
    """One site in one month."""

    site = Word(required=True, metadata={"title_zh": "工地", "title_en": "Site"})
    month = Month(required=True, metadata={"title_zh": "月份", "title_en": "Month"})
    nights = Whole(required=True, metadata={"title_zh": "监测夜数", "title_en": "Nights measured"})
    loud = Whole(required=True, metadata={"title_zh": "超标夜数", "title_en": "Nights too loud"})

    @validates_schema
    def adds_up(self, data: dict[str, Any], **_: Any) -> None:
        if data["loud"] > data["nights"]:
            raise ValidationError("超标夜数多于监测夜数。 / More loud nights than nights.", "loud")


class NoiseSettings(SettingsSchema):
    """Fewest nights that say something."""

    n_min = Whole(required=True, metadata={"title_zh": "最少夜数", "title_en": "Fewest nights"})


def tally(entry: Entry, context: Context) -> Iterable[Count]:
    """Nights, and how many were too loud."""
    return Count(("nights",), entry.values["nights"]), Count(("loud",), entry.values["loud"])


def score(tally: Tally, context: Context) -> Score:
    """The share of quiet nights."""
    nights, loud = tally["nights"], tally["loud"]
    if not nights:
        return Score(None, "no_cases")
    if nights < context.settings["n_min"]:
        return Score(None, "too_few", n=nights)
    quiet = Share(nights - loud, nights)
    return Score(Fraction(*quiet), n=nights, facts={"quiet": quiet})


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: noise."""
    return [
        Channel(
            key="noise",
            title=Text(zh="夜间施工噪声", en="Night noise"),
            entry_schema=NoiseEntry,
            settings_schema=NoiseSettings,
            tally=tally,
            score=score,
            identity=("unit", "site", "month"),
        )
    ]
