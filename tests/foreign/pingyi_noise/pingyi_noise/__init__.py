"""A channel that is no part of Pingyi: the share of measured nights without too much noise."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, validates_schema

from pingyi.channels import (
    Block,
    Cell,
    Channel,
    ChannelView,
    Choice,
    Context,
    Count,
    Entry,
    EntrySchema,
    Month,
    Page,
    Paragraph,
    Score,
    SettingsSchema,
    Share,
    Table,
    Tally,
    Task,
    Text,
    Whole,
    Word,
    hookimpl,
)

METHODS = {"fixed": Text(zh="固定监测", en="Fixed"), "mobile": Text(zh="移动监测", en="Mobile")}


class NoiseEntry(EntrySchema):
    """One site in one month."""

    site = Word(required=True, metadata={"title": Text(zh="工地", en="Site")})
    month = Month(required=True, metadata={"title_zh": "月份", "title_en": "Month"})
    nights = Whole(required=True, metadata={"title_zh": "监测夜数", "title_en": "Nights measured"})
    loud = Whole(required=True, metadata={"title_zh": "超标夜数", "title_en": "Nights too loud"})

    method = Choice(METHODS, metadata={"title": Text(zh="监测方式", en="Method")})

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
    return Score(Fraction(*quiet), n=nights, facts={"nights": nights, "quiet": quiet})


def sites(view: ChannelView) -> Iterable[Block]:
    """Every entry that stands, and the quiet share of each unit."""
    yield Paragraph(
        Text(zh="夜数须达到 {n}。", en="At least {n} nights.").format(n=view.context.settings["n_min"])
    )
    page = view.entries(limit=1)
    entries = list(page.entries)
    while page.after:
        page = view.entries(after=page.after, limit=1)
        entries += page.entries
    rows = [[entry.values["site"], entry.unit, entry.values["loud"]] for entry in entries if entry.current]
    yield Table(Text(zh="工地", en="Sites"), ["<b>site</b>", "unit", "loud"], rows)
    tallies = view.tallies()
    quiet: list[list[Cell]] = [
        [unit.name, Share(tally["nights"] - tally["loud"], tally["nights"])]
        for unit in view.units()
        if (tally := tallies.get(unit.code))
    ]
    yield Table(Text(zh="单位", en="Units"), ["unit", "quiet"], quiet)


def fill(view: ChannelView) -> Text:
    """Report a quiet night for every unit without any."""
    missing = [unit.code for unit in view.units() if unit.code not in view.tallies()]
    rows = [{"unit": code, "site": "none", "month": "2017-03", "nights": 1, "loud": 0} for code in missing]
    receipt = view.submit(rows)
    return Text(zh="补报 {n} 条。", en="{n} reported.").format(n=len(receipt["entries"]))


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
            fact_titles={
                "nights": Text(zh="监测夜数", en="nights"),
                "quiet": Text(zh="安静夜", en="quiet nights"),
            },
            pages=(Page(path="sites", title=Text(zh="工地", en="Sites"), render=sites),),
            tasks=(Task(key="fill", title=Text(zh="补报", en="Fill in"), run=fill),),
        )
    ]
