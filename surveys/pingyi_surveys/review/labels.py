"""What the office reads of held ballots: reasons, strata, times, and what no rule can see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from pingyi.channels import Text
from pingyi_surveys.ballot.quarantine import DAY_SURGE, NETWORK_BURST, SAME_DEVICE
from pingyi_surveys.review.quarantine_report import SlowFarm

REASONS: Final = {
    SAME_DEVICE: Text(zh="同一设备重复评价", en="The same device again"),
    NETWORK_BURST: Text(zh="同一网络一日突增且一边倒", en="A one-sided burst from one network"),
    DAY_SURGE: Text(zh="一日突增且一边倒", en="A one-sided surge on one day"),
    "late": Text(zh="截止之后", en="After the end"),
    "replayed": Text(zh="重复递交", en="Sent twice"),
    "cards_exceeded": Text(zh="多于票卡数", en="More than there are cards"),
    "bad_mac": Text(zh="不是本系统收的票", en="Not taken in by this service"),
    "undecryptable": Text(zh="打不开", en="Cannot be opened"),
    "moved": Text(zh="填的是另一个单位", en="Made for another unit"),
    "unreadable": Text(zh="内容无法读取", en="Cannot be read"),
}
STRATA: Final = {
    "": Text(zh="全部", en="All"),
    "window": Text(zh="扫码", en="Code"),
    "visit": Text(zh="办件码", en="Visit code"),
    "kiosk": Text(zh="大厅设备", en="Kiosk"),
}
SAME_ANSWER: Final = Text(zh="各项选同一答案", en="The same answer throughout")
UNSURE: Final = Text(zh="“不了解”或未答", en="Don't know, or no answer")
PATTERN_F: Final = Text(
    zh="有一种做法任何规则都看不出来：有人从许多网络、用许多设备，从第一天起每天只投几张。"
    "只有办件码和名册票能防止，所以现场扫码票的权重宜低。",
    en="One thing no rule can see: somebody who sends a few ballots every day from the first day on, from "
    "many networks and devices. Only visit codes and roster ballots prevent it, so open ballots should "
    "weigh little.",
)
_BOUND: Final = Text(
    zh="假如有人每天投 {per_day} 张看不出来的票（整个周期 {farm} 张），该单位的得分最多会移动 {points} 分。",
    en="If somebody sent {per_day} unseen ballots a day ({farm} in the whole period), the unit's rating "
    "could move by {points} points at most.",
)


def reason_title(reason: str) -> Text:
    """What a reason is called."""
    return REASONS.get(reason, Text(zh=reason, en=reason))


def fill_titles(edges: Sequence[int]) -> Mapping[int, Text]:
    """The classes of the time to fill in a ballot, by number; `edges` in seconds."""
    first = Text(zh=f"不到 {edges[0]} 秒", en=f"Under {edges[0]} s")
    last = Text(zh=f"{edges[-1]} 秒以上", en=f"{edges[-1]} s and more")
    between = [Text(zh=f"{low}–{high} 秒", en=f"{low}–{high} s") for low, high in pairwise(edges)]
    return dict(enumerate([first, *between, last]))


def farm_bound(farm: Mapping[str, Any]) -> Text:
    """How far a farm could move a rating at most: the same whatever the rating is."""
    return _BOUND.format(
        per_day=farm["per_day"],
        farm=farm["farm"],
        points=_hundredths(Fraction(farm["raised"]) + Fraction(farm["lowered"])),
    )


def farm_told(unit: str, farm: Mapping[str, Any]) -> Text:
    """What a farm could do to the unit's rating, up and down: only where the rating is public."""
    return SlowFarm(
        unit=unit,
        farm=farm["farm"],
        per_day=farm["per_day"],
        raised=Fraction(farm["raised"]),
        lowered=Fraction(farm["lowered"]),
    ).told()


def _hundredths(points: Fraction) -> str:
    whole = int(points * 100 + Fraction(1, 2))
    return f"{whole // 100}.{whole % 100:02}"
