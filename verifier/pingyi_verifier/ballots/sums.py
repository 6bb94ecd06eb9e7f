"""The sums of a box: they add up to its ballots, which are no more than its cards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pingyi_verifier.ballots.boxes import Box, Faults, turnout_of
from pingyi_verifier.formulas.ballots import TURNOUT
from pingyi_verifier.record.blocks import Tally
from pingyi_verifier.report.sentences import Text


def wrong_cards(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """The cards are those committed before the period opened, and no more ballots of a roster count."""
    channel, told, cards = box.channel, box.told, box.cards
    roster = box.frozen["kind"] == "roster"
    issued = sum(cards.values()) if roster else None
    if told["cards"] != issued or (box.frozen["cards"] or {}) != (cards if roster else {}):
        yield Text(
            zh=f"渠道 {channel} 的票卡数（开箱说 {told['cards']}）不是开放前登记的 {issued}。",
            en=(
                f"Channel {channel}: its cards (the opening tells of {told['cards']}) are not the "
                f"{issued} committed before the period opened."
            ),
        )
    if (printed := turnout_of(tallies, "issued")) != (issued or 0):
        yield Text(
            zh=f"渠道 {channel} 登记票卡 {issued or 0} 张，报送却写 {printed} 张。",
            en=f"Channel {channel}: {issued or 0} cards were committed, the entries say {printed}.",
        )
    if issued is None:
        return
    used = told["counted"] + told["held"]
    if used > issued:
        yield Text(
            zh=f"渠道 {channel} 计入的选票 {used} 张，多于开放前登记的票卡 {issued} 张。",
            en=(
                f"Channel {channel}: {used} ballots count, but only {issued} cards were committed "
                "before the period opened."
            ),
        )
    yield from wrong_strata(box, tallies)


def wrong_strata(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """In each stratum of a roster no unit has more ballots than there are cards."""
    channel, cards = box.channel, box.cards
    by_stratum: Counter[tuple[str, str, str]] = Counter()
    for tally, count in tallies.items():
        if tally.unit:
            by_stratum[tally.stratum, tally.unit, tally.dimension] += count
    for stratum in sorted({stratum for stratum, _, _ in by_stratum}):
        most = max(count for (one, _, _), count in by_stratum.items() if one == stratum)
        if most > cards.get(stratum, 0):
            yield Text(
                zh=f"渠道 {channel} 人群“{stratum}”有 {most} 张选票，票卡只有 {cards.get(stratum, 0)} 张。",
                en=(
                    f"Channel {channel}, stratum {stratum}: {most} ballots, but {cards.get(stratum, 0)} "
                    "cards."
                ),
            )


def wrong_sums(box: Box, tallies: Mapping[Tally, int]) -> Faults:
    """Per unit and dimension the options add up to the ballots counted, or held for one reason."""
    batch, dimensions, roster = box.frozen["batch"], box.layout["dimensions"], box.layout["every_unit"]
    wanted: Counter[tuple[str, str]] = Counter()
    returned = 0
    for unit, standing, why, count in box.told["numbers"]:
        if standing != "rejected":
            returned += count if roster else 0
            for each in box.layout["units"] if roster else [unit]:
                wanted[each, f"{batch}.{why}" if why else batch] += count
    sums: Counter[tuple[str, str, str]] = Counter()
    for tally, count in tallies.items():
        if tally.unit or tally.option not in TURNOUT:
            sums[tally.unit, tally.batch, tally.dimension or dimensions[0]] += count
    if (printed := turnout_of(tallies, "returned")) != returned:
        yield Text(
            zh=f"渠道 {box.channel} 收回 {returned} 张，报送却写 {printed} 张。",
            en=f"Channel {box.channel}: {returned} ballots were returned, the entries say {printed}.",
        )
    expected = {(*place, dimension): n for place, n in wanted.items() for dimension in dimensions}
    for unit, named, dimension in sorted(expected.keys() | sums.keys()):
        place = unit, named, dimension
        if sums[place] != expected.get(place, 0):
            yield Text(
                zh=(
                    f"渠道 {box.channel} 单位 {unit}，{dimension}（{named}）：各选项合计 {sums[place]}，"
                    f"选票 {expected.get(place, 0)} 张。"
                ),
                en=(
                    f"Channel {box.channel}, unit {unit}, {dimension} ({named}): the options add up to "
                    f"{sums[place]}, the ballots are {expected.get(place, 0)}."
                ),
            )
