"""The quarantine in words: why ballots are held, and what a patient farm can still do."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Final

from pingyi.channels import Text
from pingyi_surveys.ballot.quarantine import DAY_SURGE, NETWORK_BURST, SAME_DEVICE, Finding
from pingyi_surveys.ballot.tally_cells import FLOOR

_WORDS: Final = {
    SAME_DEVICE: Text(
        zh="{groups} 台设备对同一单位重复评价（最多一台 {peak} 次），每台只计第一次，其余 {held} 张待核查。",
        en="Devices that rated the unit again: {groups} (one of them {peak} times). The first of each "
        "counts, the other {held} are held.",
    ),
    NETWORK_BURST: Text(
        zh="有 {groups} 次，同一网络一天内对该单位评价达到 {limit} 张（最多 {peak} 张），"
        "且偏向同一侧的比平常每 100 张多 {excess} 张；偏向该侧的 {held} 张待核查。",
        en="Bursts of {limit} ballots or more for the unit from one network in a day: {groups} (at most "
        "{peak}). Of 100 ballots {excess} more than usual leaned to one side; the {held} on that side are "
        "held.",
    ),
    DAY_SURGE: Text(
        zh="有 {groups} 天，该单位的评价达到 {limit} 张（最多一天 {peak} 张），"
        "且偏向同一侧的比平常每 100 张多 {excess} 张；偏向该侧的 {held} 张待核查。",
        en="Days with {limit} ballots or more for the unit: {groups} (at most {peak}). Of 100 ballots "
        "{excess} more than usual leaned to one side; the {held} on that side are held.",
    ),
}
Worth = int | Fraction
_FEW: Final = Text(zh="少于 10", en="fewer than 10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What reviewers learn of a finding: how far it leans, not how much usually does, which tells the side.

    `peak` is None under the floor of 10 ballots, `excess` (of 100 ballots) where no side was asked for.
    """

    unit: str
    reason: str
    held: int
    groups: int
    peak: int | None
    limit: int
    excess: int | None = None


def signal_of(finding: Finding) -> Signal:
    """A finding without anything that tells the side."""
    excess = None
    if finding.share is not None and finding.usual is not None and finding.held >= FLOOR:
        excess = floor((finding.share - finding.usual) * 100 + Fraction(1, 2))
    return Signal(
        unit=finding.unit,
        reason=finding.reason,
        held=finding.held,
        groups=finding.groups,
        peak=finding.peak if finding.peak >= FLOOR else None,
        limit=finding.limit,
        excess=excess,
    )


def explain(signal: Signal) -> Text:
    """One sentence that says why the ballots are held, without the direction of a rating."""
    words = _WORDS[signal.reason].format(
        groups=signal.groups,
        peak="{peak}" if signal.peak is None else signal.peak,
        limit=signal.limit,
        held=signal.held,
        excess="—" if signal.excess is None else signal.excess,
    )
    return Text(zh=words.zh.format(peak=_FEW.zh), en=words.en.format(peak=_FEW.en))


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowFarm:
    """What a farm that no rule sees does to a unit's rating: `raised` and `lowered` in points, both >= 0."""

    unit: str
    farm: int
    per_day: int
    raised: Fraction
    lowered: Fraction

    def told(self) -> Text:
        """The same in words, shifts to two decimals."""
        return Text(
            zh="不能排除：有人每天从不同网络、用不同设备为该单位投 {per_day} 张，整个周期共 {farm} 张。"
            "R1、R3、R4 都看不出来。这样可以把该单位的得分抬高 {raised} 分，或压低 {lowered} 分。"
            "只有办件码或名册票能防止。",
            en="This cannot be ruled out: somebody sends {per_day} ballots a day for the unit, each from "
            "another network and device, {farm} in the whole period. Neither R1 nor R3 nor R4 sees it. It "
            "could raise the unit by {raised} points, or lower it by {lowered}. Only visit codes or roster "
            "ballots prevent it.",
        ).format(
            per_day=self.per_day, farm=self.farm, raised=_points(self.raised), lowered=_points(self.lowered)
        )


def slow_farm(
    *, unit: str, ballots: int, rating: Fraction, best: Worth, worst: Worth, days: int, per_day: int
) -> SlowFarm:
    """What `per_day` unseen ballots on each of `days` days do to `ballots` counted ones rated `rating`.

    Every ballot of the farm gives the best (or worst) option, worth `best` (`worst`) points. The rating
    moves by (best - rating) * farm / (ballots + farm). A farm that mixes its ratings moves it less.
    Raises ValueError where a number is negative, or the rating is not between worst and best.
    """
    if min(ballots, days, per_day) < 0 or not worst <= rating <= best:
        raise ValueError("numbers are not negative, and the rating is between worst and best")
    farm = days * per_day
    weight = Fraction(farm, max(1, ballots + farm))
    return SlowFarm(
        unit=unit,
        farm=farm,
        per_day=per_day,
        raised=(best - rating) * weight,
        lowered=(rating - worst) * weight,
    )


def farm_needed(*, ballots: int, rating: Fraction, best: Worth, points: Fraction) -> int | None:
    """The fewest unseen best ballots that raise the rating by `points`; None where no number does.

    Turn the signs of rating and best (minus the worst) to ask for lowering.
    """
    left = best - rating - points
    if points <= 0:
        return 0
    return -floor(-points * ballots / left) if left > 0 else None


def _points(shift: Fraction) -> str:
    hundredths = floor(shift * 100 + Fraction(1, 2))
    return f"{hundredths // 100}.{hundredths % 100:02}"
