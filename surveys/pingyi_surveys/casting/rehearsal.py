"""Trying a questionnaire: sample units to rate, and a ballot sealed, opened and counted in memory only."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pingyi.channels import Text
from pingyi.ledger.leaves import leaf_hash
from pingyi_surveys.ballot.keys import BoxKeys, box_keys, new_secret
from pingyi_surveys.ballot.layout import NULLIFIER_BYTES, Layout, pack
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.sealed_box import SealedGroup, seal_group, tied_to
from pingyi_surveys.ballot.tally import Opening, Sealed, Terms, open_box
from pingyi_surveys.ballot.tally_cells import FLOOR, NO_ANSWER_OPTION, WITHHELD, Tallied
from pingyi_surveys.casting.ballot_pages import BallotPage, Filled
from pingyi_surveys.casting.ballot_pages import QuestionGroup as UnitGroup
from pingyi_surveys.questionnaires.questionnaire import Questionnaire

Kind = Literal["open", "roster"]
CHANNEL: Final = "rehearsal"
UNITS_PER_WORDING: Final = 3
_ONE = Text(zh="示例单位", en="Sample units")
_ORDINALS = "一二三四五六七八九"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """`receipt`: what the ballot's would be, in hex; its sealed `length` in bytes; what came of it alone
    and of `FLOOR` that are filled in alike."""

    receipt: str
    length: int
    alone: Opening
    ten: Opening


def sample_sheet(questionnaire: Questionnaire, kind: Kind, wording: str) -> BallotPage:
    """The ballot to try: an open one rates a unit of the wording named, a roster's some of every wording."""
    chosen = [one for one in questionnaire.wordings if kind == "roster" or one.key == wording]
    groups = []
    for number, one in enumerate(chosen or questionnaire.wordings[:1]):
        count = 1 if kind == "open" else UNITS_PER_WORDING
        names = tuple(f"示例第{_ordinal(number * count + place)}单位" for place in range(count))
        groups.append(UnitGroup(category=_category(questionnaire, one.key), title=_ONE, units=names))
    return BallotPage(questionnaire=questionnaire, groups=tuple(groups), comment=kind == "open")


def _ordinal(number: int) -> str:
    return _ORDINALS[number] if number < len(_ORDINALS) else str(number + 1)


def _category(questionnaire: Questionnaire, wording: str) -> str:
    """A category that the wording serves; one that nobody has for the general wording."""
    found = next(one for one in questionnaire.wordings if one.key == wording)
    return found.categories[0] if found.categories else ""


def rehearse(sheet: BallotPage, kind: Kind, filled: Filled) -> Rehearsal:
    """Seal and open the ballot under keys that nobody keeps, as it will be done with those of citizens."""
    layout = _layout(sheet, kind)
    keys = box_keys(new_secret())
    sealed = _sealed(layout, kind, filled, keys)
    terms = Terms(last_day=0, size=FLOOR, cards={"": FLOOR} if kind == "roster" else None)
    first = sealed[0]
    return Rehearsal(
        receipt=leaf_hash(first.ciphertext).hex(),
        length=len(first.ciphertext),
        alone=open_box(sealed[:1], layout, keys, terms),
        ten=open_box(sealed, layout, keys, terms),
    )


def _layout(sheet: BallotPage, kind: Kind) -> Layout:
    asked = sheet.questionnaire
    return Layout(
        channel=CHANNEL,
        units=tuple(unit.name for unit in sheet.units()),
        dimensions=tuple(dimension.key for dimension in asked.dimensions),
        options=tuple(option.key for option in asked.options),
        scored=asked.scored,
        every_unit=kind == "roster",
        comment=asked.comment_bytes if kind == "open" else 0,
    )


def _sealed(layout: Layout, kind: Kind, filled: Filled, keys: BoxKeys) -> list[Sealed]:
    unit = "" if kind == "roster" else layout.units[0]
    nullifiers = [os.urandom(NULLIFIER_BYTES) for _ in range(FLOOR)]
    plain = [pack(layout, _ballot(unit, one, filled), keys.intake) for one in nullifiers]
    tied = [tied_to(CHANNEL, one) for one in nullifiers]
    group: SealedGroup = seal_group(zip(plain, tied, strict=True), keys.public)
    return [
        Sealed(place, unit, nullifiers[place], group.public, place, ciphertext)
        for place, ciphertext in enumerate(group.ciphertexts)
    ]


def _ballot(unit: str, nullifier: bytes, filled: Filled) -> OpenedBallot:
    return OpenedBallot(
        unit=unit,
        stratum="",
        day=0,
        answers=filled.answers,
        fill=0,
        device=b"",
        network=b"",
        kiosk=False,
        visit=False,
        nullifier=nullifier,
        comment=filled.comment,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedUnit:
    """A line of what was counted: of one unit and dimension, the options by name with their numbers."""

    unit: str
    title: Text
    counts: tuple[tuple[Text, int], ...]


def lines_of(sheet: BallotPage, entries: Sequence[Tallied]) -> list[RehearsedUnit]:
    """What was counted, in the ballot's own words and order."""
    titles = {option.key: option.title for option in sheet.questionnaire.options} | _OTHERS
    lines = []
    for unit in sheet.units():
        for dimension, question in zip(sheet.questionnaire.dimensions, unit.questions, strict=True):
            counts = tuple(
                (titles[entry.option], entry.count)
                for entry in entries
                if (entry.unit, entry.dimension) == (unit.name, dimension.key)
            )
            lines.append(RehearsedUnit(unit=unit.name, title=question.words.title, counts=counts))
    return lines


_OTHERS = {
    NO_ANSWER_OPTION: Text(zh="未选（弃权）", en="left open (abstention)"),
    WITHHELD: Text(zh="只公布票数，不公布选项", en="a number only, no options"),
}
