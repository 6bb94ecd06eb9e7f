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
    preset_titles: ClassVar = {
        "hundred": Text(zh="百分制", en="Marks out of 100"),
        "hundred-2": Text(zh="百分制，最多两位小数", en="Marks out of 100 with at most two decimals"),
    }


@hookimpl
def pingyi_channels() -> Iterable[Channel]:
    """One channel: partner_score."""
    title = Text(zh="责任单位评分", en="Partner score")
    return [partner.channel("partner_score", title, Entry, Settings)]
