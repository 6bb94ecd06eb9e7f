"""Switching a channel off for a whole category: what was decided, and what is proposed (method.md 2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pingyi.domain.assessment.points import ChannelColumn
from pingyi.domain.assessment.values import Decision, SwitchOffProposal
from pingyi.domain.scheme.values import ChannelPlan

Off = Mapping[str, frozenset[str]]
MISSING_SHARE = 5


def switch_off_choices(decisions: Iterable[Decision]) -> dict[tuple[str, str], str]:
    """(category, channel) -> yes or no; a later decision replaces an earlier one."""
    chosen = (decision for decision in decisions if decision.kind == "switch_off")
    return {(decision.category, decision.channel): decision.choice for decision in chosen}


def categories_off(choices: Mapping[tuple[str, str], str]) -> dict[str, frozenset[str]]:
    """Channel key -> the categories in which it was switched off."""
    off: dict[str, set[str]] = {}
    for (category, channel), choice in choices.items():
        if choice == "yes":
            off.setdefault(channel, set()).add(category)
    return {channel: frozenset(categories) for channel, categories in off.items()}


def switch_off_proposals(
    channels: Sequence[ChannelPlan],
    columns: Sequence[ChannelColumn],
    categories: Mapping[str, Sequence[int]],
    choices: Mapping[tuple[str, str], str],
) -> Iterator[SwitchOffProposal]:
    """The channels that more than a fifth of a category's units lack and nobody has decided on."""
    with_gaps = [
        (channel.key, column.points)
        for channel, column in zip(channels, columns, strict=True)
        if None in column.points
    ]
    for category, units in categories.items():
        for channel, points in with_gaps:
            missing = sum(points[unit] is None for unit in units)
            if missing * MISSING_SHARE > len(units) and (category, channel) not in choices:
                yield SwitchOffProposal(category, channel, missing, len(units))
