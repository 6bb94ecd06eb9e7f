"""The boxes of a period: what was frozen for each, its cards, its sealed ballots and its opening."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pingyi_verifier.formulas.counters import count_of
from pingyi_verifier.formulas.numbers import number
from pingyi_verifier.record.acts import Act, acts_of
from pingyi_verifier.record.blocks import Block, Tally
from pingyi_verifier.record.bundle import Bundle, Place
from pingyi_verifier.record.leaves import HEX
from pingyi_verifier.report.sentences import Text, UnfitError

FLOOR = 10  # fewer scored answers are never shown by option, fewer held ballots of a cell never at all
MARGINS = ("burst", "surge", "surge_least", "margin", "deviations", "usual_least")  # thresholds of a box
LOST = ("missing", "altered", "extra")  # what an opening may name where stored ballots and record differ
Faults = Iterator[Text]


class Packed(NamedTuple):
    """A sealed ballot in the record: where, and the hash of its leaf."""

    place: Place
    digest: str


class Box(NamedTuple):
    """A channel's box: what was frozen when it was made ready, its cards by stratum, ballots and opening."""

    channel: str
    frozen: dict[str, Any]
    cards: dict[str, int]
    ballots: list[Packed]
    opened: Act

    @property
    def layout(self) -> dict[str, Any]:
        layout: dict[str, Any] = self.frozen["layout"]
        return layout

    @property
    def told(self) -> dict[str, Any]:
        return self.opened.body


def ballots_in(blocks: Iterable[Block]) -> dict[str, list[Packed]]:
    """The sealed ballots of each channel in the order of the record."""
    ballots: dict[str, list[Packed]] = {}
    for block in blocks:
        for channel, packed in block.ballots.items():
            into = ballots.setdefault(channel, [])
            for one in packed:
                place = int.from_bytes(one[:4], "big"), int.from_bytes(one[4:12], "big")
                into.append(Packed(place, one[12:].hex()))
    return ballots


def life_of(acts: Sequence[Act]) -> tuple[Place, Place]:
    """When the period first opened, and first closed after that: a reopened period takes no ballots."""
    opened = next((act.place for act in acts_of(acts, "period.open")), None)
    closed = next(
        (act.place for act in acts_of(acts, "period.closed") if opened and act.place > opened), None
    )
    if opened is None or closed is None:
        raise UnfitError(
            zh="记录中没有周期的开放或截止，选票无法核对。",
            en="The record shows no opening or no closing of the period: its ballots cannot be checked.",
        )
    return opened, closed


def prepared_boxes(
    bundle: Bundle, acts: Sequence[Act], opening: Place
) -> tuple[dict[str, dict[str, Any]], list[Text]]:
    """Channel -> what was frozen for its box, by the last preparation before the period opened."""
    all_of_them = acts_of(acts, "ballots.prepared")
    before = [act for act in all_of_them if act.place < opening]
    faults: list[Text] = []
    if not before:
        faults.append(
            Text(
                zh="周期开放之前没有准备票箱的记录。",
                en="The record does not show that the ballot boxes were prepared before the period opened.",
            )
        )
    if len(before) < len(all_of_them):
        faults.append(
            Text(
                zh="周期开放之后又准备过票箱：密钥、票面或界限可能被换过。",
                en=(
                    "Ballot boxes were prepared after the period had opened: keys, layout or "
                    "thresholds may have been swapped."
                ),
            )
        )
    boxes = (before or all_of_them)[-1].body["boxes"] if all_of_them else []
    frozen = {box["channel"]: box for box in boxes}
    for channel, box in frozen.items():
        if not frozen_whole(bundle, channel, box):
            faults.append(
                Text(
                    zh=f"渠道 {channel} 的票箱没有定明票面和界限。",
                    en=f"The box of channel {channel} was prepared without naming its layout and thresholds.",
                )
            )
    return frozen, faults


def frozen_whole(bundle: Bundle, channel: str, box: Mapping[str, Any]) -> bool:
    """Whether what was frozen names the box's layout, of the period's units, and every threshold."""
    layout, rules = box["layout"], box["rules"]
    lists = [layout[name] for name in ("units", "dimensions", "options", "strata")]
    named = all(type(one) is list and one and set(map(type, one)) == {str} for one in lists)
    return (
        named
        and layout["channel"] == channel
        and sorted(layout["units"]) == sorted(row[0] for row in bundle.snapshot["units"])
        and type(layout["scored"]) is int
        and 0 < layout["scored"] <= len(layout["options"])
        and count_of(layout["comment"]) >= 0
        and (box["kind"], layout["every_unit"]) in (("open", False), ("roster", True))
        and type(layout["every_unit"]) is bool
        and bool(HEX.fullmatch(box["questionnaire"]))
        and set(MARGINS) <= rules.keys()
        and all(number(rules[name]) > 0 for name in MARGINS)
    )


def cards_before(acts: Sequence[Act], channel: str, opening: Place) -> dict[str, int]:
    """How many cards each stratum of a roster has by the lists committed before the period opened."""
    cards: Counter[str] = Counter()
    for act in acts_of(acts, "cards.committed"):
        body = act.body
        if body["channel"] == channel and body["purpose"] == "card" and act.place < opening:
            cards[body["stratum"]] += count_of(body["cards"])
    return dict(cards)


def tallies_of(blocks: Iterable[Block], channel: str) -> Counter[Tally]:
    tallies: Counter[Tally] = Counter()
    for block in blocks:
        for tally, count in block.tallies.items():
            if tally.channel == channel:
                tallies[tally] += count
    return tallies


def turnout_of(tallies: Mapping[Tally, int], option: str) -> int:
    """How many ballots were issued or returned by the entries of the channel as a whole."""
    return sum(count for tally, count in tallies.items() if not tally.unit and tally.option == option)
