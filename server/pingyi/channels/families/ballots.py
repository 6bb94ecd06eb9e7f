"""Ballots (F3, F4) as counts: a poll's totals or an opened box; rosters also have a quorum and grades.

Counters: ("answer", dimension, option) or, where the settings weigh strata, ("answer", dimension, option,
stratum); ("issued"[, stratum]) and ("returned"[, stratum]), the unit's own or shared. Without dimensions the
only one is "overall".

Facts: `valid`, `returned` (where no one reported it: the ballots that the answers show), `issued` and
`eligible` where known; when scored also `<option>_share` over scored answers for every option,
`no_opinion_share` over all answers (scored or not, without no_answer, invalid and withheld),
`<dimension>_score` where there are several (shares pool the dimensions), `grade` where the settings have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError, post_load, validate, validates_schema

from pingyi.channels import (
    Channel,
    Context,
    Count,
    Entry,
    EntrySchema,
    Listed,
    Settings,
    Text,
    Whole,
    Word,
    called,
    in_words,
    titled,
)
from pingyi.channels.families.ballot.score import score
from pingyi.channels.families.ballot.settings import (
    ONLY,
    PAPER,
    TURNOUT,
    BallotSettings,
    RosterSettings,
    roster_needs,
)
from pingyi.channels.families.ballot.titles import ALSO, FACT_TITLES, WORDS
from pingyi.channels.families.words import evidence_field
from pingyi.channels.messages import ONE_OF, REQUIRED, Message

__all__ = ["BallotEntry", "BallotSettings", "RosterSettings", "channel", "roster", "score", "tally"]

NOT_EMPTY = validate.Length(min=1)


def strata_words(settings: Settings) -> Mapping[str, Text]:
    """The strata that are weighed, if any."""
    return called(settings.get("strata") or (), WORDS)


def dimension_words(settings: Settings) -> Mapping[str, Text]:
    """What ballots are about."""
    return called(settings.get("dimensions") or (ONLY,), WORDS)


def option_words(settings: Settings) -> Mapping[str, Text]:
    """What may be ticked, what becomes of paper, and turnout."""
    return called(dict.fromkeys((*settings["options"], *settings["unscored"], *PAPER, *TURNOUT)), WORDS)


class BallotEntry(EntrySchema):
    """`batch`, `stratum`, `dimension`, `option`, `count`, `evidence`; no `unit`: issued or returned."""

    unit_required = False

    batch = Word(metadata={"title_zh": "批次", "title_en": "Batch", "also": ("期次",)})
    stratum = Listed(
        strata_words, metadata={"title_zh": "评议人群", "title_en": "Stratum", "across": ("count",)}
    )
    dimension = Listed(
        dimension_words,
        also=ALSO,
        metadata={"title_zh": "评议内容", "title_en": "Dimension", "across": ("count",)},
    )
    option = Listed(
        option_words,
        also=ALSO,
        required=True,
        validate=NOT_EMPTY,
        metadata={
            "title_zh": "选项",
            "title_en": "Option",
            "also": ("评价等次", "评议选项", "满意度"),
            "across": ("count",),
        },
    )
    count = Whole(
        required=True, metadata={"title_zh": "票数", "title_en": "Count", "also": ("得票数", "人数", "数量")}
    )
    evidence = evidence_field()

    @validates_schema
    def is_of_this_ballot(self, data: dict[str, Any], **_: Any) -> None:
        if not self.channel.settings:
            return
        self._check_stratum(data)
        if data["option"] in TURNOUT:
            if data.get("dimension"):
                raise ValidationError(
                    Message(
                        zh="发出、收回票数不分评议内容。", en="Issued and returned ballots have no dimension."
                    ),
                    "dimension",
                )
            return
        if not data.get("unit"):
            raise ValidationError(
                Message(
                    zh="只有发出、收回票数可以不写单位。",
                    en="Only issued and returned ballots may stand without a unit.",
                ),
                "unit",
            )
        self._check_answer(data)

    @post_load
    def name_the_only_dimension(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Fill in the dimension that may be left empty, so that both spellings are one identity."""
        dimensions = self.channel.settings.get("dimensions") or (ONLY,)
        if self.channel.settings and data["option"] not in TURNOUT and not data.get("dimension"):
            data["dimension"] = next(iter(dimensions))
        return data

    def _check_stratum(self, data: dict[str, Any]) -> None:
        strata = self.channel.settings.get("strata")
        stratum = data.get("stratum")
        if strata and not stratum and data["option"] not in TURNOUT:
            raise ValidationError(REQUIRED, "stratum")
        if strata and stratum and stratum not in strata:
            raise ValidationError(
                ONE_OF.format(choices=in_words(strata_words(self.channel.settings))), "stratum"
            )

    def _check_answer(self, data: dict[str, Any]) -> None:
        settings = self.channel.settings
        known = option_words(settings)
        if data["option"] not in known:
            raise ValidationError(ONE_OF.format(choices=in_words(known)), "option")
        dimensions = settings.get("dimensions") or (ONLY,)
        if data.get("dimension") not in dimensions and (data.get("dimension") or len(dimensions) > 1):
            words = titled(dimension_words(settings), settings)
            raise ValidationError(ONE_OF.format(choices=in_words(words)), "dimension")


def tally(entry: Entry, context: Context) -> Iterable[Count]:
    """Add the count under its dimension and option; without a unit it belongs to the whole channel."""
    values = entry.values
    option = values["option"]
    stratum = (values["stratum"],) if "strata" in context.settings and values.get("stratum") else ()
    if option in TURNOUT:
        return (Count((option, *stratum), values["count"], shared=entry.unit is None),)
    return (Count(("answer", values["dimension"], option, *stratum), values["count"]),)


def channel(
    key: str,
    title: Text,
    entry_schema: type[BallotEntry] = BallotEntry,
    settings_schema: type[BallotSettings] = BallotSettings,
) -> Channel:
    """Make a public ballot channel."""
    return Channel(
        key=key,
        title=title,
        family="ballots",
        entry_schema=entry_schema,
        settings_schema=settings_schema,
        tally=tally,
        score=score,
        identity=("unit", "batch", "stratum", "dimension", "option"),
        needs=roster_needs,
        fact_titles=FACT_TITLES,
        words=WORDS,
        key_facts=frozenset({"grade"}),
    )


def roster(
    key: str,
    title: Text,
    entry_schema: type[BallotEntry] = BallotEntry,
    settings_schema: type[RosterSettings] = RosterSettings,
) -> Channel:
    """Make a roster ballot channel: members known beforehand, quorum and grades."""
    return channel(key, title, entry_schema, settings_schema)
