"""A partner's own score of each unit, on a scale the scheme names."""

from collections.abc import Iterable
from typing import ClassVar

from pingyi.channels import Channel, Text, hookimpl
from pingyi.channels.families import partner


class Entry(partner.PartnerEntry):
    """`unit`, `score`, `evidence`."""


class Settings(partner.PartnerSettings):
    """`scale`, `score_decimals`, `evidence_required`."""

    presets: ClassVar = {
        "hundred": {"scale": "100"},
        "hundred-2": {"scale": "100", "score_decimals": 2},
    }


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: partner_score."""
    title = Text(zh="责任单位评分", en="Partner score")
    return [partner.channel("partner_score", title, Entry, Settings)]
