"""What forms say about the settings of checklists and findings, and what their presets are called."""

from __future__ import annotations

from collections.abc import Mapping

from pingyi.channels import Text
from pingyi.channels.wordings import KEY, POINTS, worded

ITEMS = worded(
    Text(zh="指标", en="Items"),
    Text(
        zh="逐项列出扣分、否决和加分的指标；各单位从100分起扣。",
        en="List what deducts, vetoes or adds, item by item; every unit begins at 100 points.",
    ),
    row=Text(zh="指标", en="Item"),
)
ITEM_KEY = worded(
    KEY,
    Text(
        zh="报送时用来指明这项指标，只用字母、数字、下划线和连字符，例如“3-1”。",
        en="Names the item in what is delivered: letters, digits, “_” and “-”, for example “3-1”.",
    ),
)
DEDUCT = worded(
    Text(zh="每次扣分", en="Points off each time"),
    Text(
        zh="每发生一次扣几分，例如2；扣分、否决、加分只填一项。",
        en="The points taken off each time, for example 2; an item deducts, vetoes or adds.",
    ),
    unit=POINTS,
)
VETO = worded(
    Text(zh="一票否决", en="Veto"),
    Text(
        zh="勾选后，发生一次本渠道即计0分，该单位不参加排名。",
        en="Ticked: a single time makes the channel 0 and lists the unit outside the ranking.",
    ),
)
BONUS = worded(
    Text(zh="每次加分", en="Points on each time"),
    Text(
        zh="每发生一次加几分，例如2；达到加分门槛的单位才加。",
        en="The points added each time, for example 2; only for a unit that reaches the gate of the bonus.",
    ),
    unit=POINTS,
)
CAP = worded(
    Text(zh="本项上限", en="Cap"),
    Text(
        zh="本项累计最多扣几分或加几分，例如10；不填则不限。",
        en="The most that this item takes off or adds in all, for example 10; empty: no limit.",
    ),
    unit=POINTS,
)
BONUS_GATE = worded(
    Text(zh="加分门槛", en="Gate of the bonus"),
    Text(
        zh="扣分后剩下多少分的单位才可以加分，例如超过80分；有加分指标时必须填写。",
        en="The points that must be left before a unit may get a bonus, for example more than 80; needed"
        " where an item adds.",
    ),
)
GATE_CONDITION = worded(
    Text(zh="条件", en="Condition"),
    choices={"at_least": Text(zh="达到", en="At least"), "over": Text(zh="超过", en="More than")},
)
GATE_POINTS = worded(
    Text(zh="分数", en="Points"),
    Text(zh="从0到100，例如80。", en="From 0 to 100, for example 80."),
    unit=POINTS,
)
BONUS_CAP = worded(
    Text(zh="加分上限", en="Cap of the bonus"),
    Text(
        zh="各项加分合计最多加几分，例如20；不填则不限。",
        en="The most that all items together may add, for example 20; empty: no limit.",
    ),
    unit=POINTS,
)

PRESET_TITLES: Mapping[str, Text] = {
    "national": Text(
        zh="全国政府网站与政务新媒体检查办法：扣分后超过80分的才加分，最多加20分",
        en="The national inspection of government websites and media: a bonus above 80 points, 20 at most",
    ),
}
