"""What forms say about the settings of case handling, and what their presets are called."""

from __future__ import annotations

from collections.abc import Mapping

from pingyi.channels import Text, called
from pingyi.channels.families.case.titles import OPINION_WORDS, WORDS
from pingyi.channels.wordings import CASES, DECIMALS, PART_OF_ONE, PERCENT, POINTS, WEIGHT, worded

MEASURE_TITLE = Text(zh="指标", en="Measure")
_DENOMINATOR_TITLE = Text(zh="分母", en="Denominator")
_NO_MEASURE = {"accepted", "sign_due", "due"}

WEIGHTS = worded(
    Text(zh="权重", en="Weights"),
    Text(
        zh="写明各项指标的权重，合计必须等于1；权重、门槛分段、扣分事项只填一种。",
        en="Give each measure its weight; they must sum to 1. Give weights, bands or events, one of the"
        " three.",
    ),
)
MEASURE = worded(MEASURE_TITLE, usual={key: title for key, title in WORDS.items() if key not in _NO_MEASURE})
MEASURE_WEIGHT = worded(WEIGHT, PART_OF_ONE)

BANDS = worded(
    Text(zh="门槛分段", en="Bands"),
    Text(
        zh="指标达到满分线得满分，每低1个百分点扣若干分，扣到最低分为止。",
        en="A measure that reaches its line gets full marks; each percent below takes points off, down to"
        " the floor.",
    ),
    row=Text(zh="分段", en="Band"),
)
BAND_POINTS = worded(
    Text(zh="满分", en="Full marks"),
    Text(zh="达到满分线时的得分，例如20。", en="The points at the line and above, for example 20."),
    unit=POINTS,
)
BAND_FULL = worded(
    Text(zh="满分线", en="Full marks from"),
    Text(
        zh="指标达到百分之多少得满分，例如95。",
        en="The percentage from which on the measure gets full marks, for example 95.",
    ),
    unit=PERCENT,
)
BAND_PER = worded(
    Text(zh="每低1个百分点扣", en="Off for each percent below"),
    Text(
        zh="例如0.5；不足1个百分点的按比例扣。", en="For example 0.5; part of a percent takes off its part."
    ),
    unit=POINTS,
)
BAND_FLOOR = worded(
    Text(zh="最低分", en="Floor"),
    Text(
        zh="最多扣到几分为止，例如0；须小于满分。",
        en="The fewest points left, for example 0; below full marks.",
    ),
    unit=POINTS,
)

EVENTS = worded(
    Text(zh="扣分事项", en="Events"),
    Text(
        zh="从100分起，每发生一次扣若干分，最低扣到0分。",
        en="From 100 points, each time an event happens takes points off, down to 0.",
    ),
)
EVENT = worded(
    Text(zh="事项", en="Event"),
    Text(
        zh="事项的代号，只用字母、数字、下划线和连字符。",
        en="The key of the event: letters, digits, “_” and “-”.",
    ),
)
EVENT_COST = worded(
    Text(zh="每次扣分", en="Points off each time"), Text(zh="例如2。", en="For example 2."), unit=POINTS
)

DENOMINATORS = worded(
    Text(zh="分母", en="Denominators"),
    Text(
        zh="指标占哪些办件的比例，例如满意占办结的比例；不填的指标用惯用的分母。",
        en="What a measure is a share of, for example the satisfied of the closed; others keep the usual"
        " one.",
    ),
    rare=True,
)
DENOMINATOR = worded(_DENOMINATOR_TITLE, usual=WORDS)

CREDIT = worded(
    Text(zh="折算", en="Credit"),
    Text(
        zh="“基本满意”等评价按多少折算计入满意率，例如0.9；不填则只有“满意”计入。",
        en="What part of satisfied another opinion counts, for example 0.9 for fairly satisfied; without"
        " it only satisfied counts.",
    ),
)
OPINION = worded(
    Text(zh="评价", en="Opinion"),
    usual=called(("very_satisfied", "basic"), OPINION_WORDS),
)
OPINION_PART = worded(
    Text(zh="折算为", en="Counts as"),
    Text(zh="0到1之间的小数，例如0.9。", en="A decimal from 0 to 1, for example 0.9."),
)

FEWEST_CASES = worded(
    Text(zh="最少件数", en="Fewest cases"),
    Text(
        zh="件数少于此数的指标不计，其权重分给其余指标，例如5；按事项扣分的，整个单位不计分。",
        en="A measure of fewer cases is left out and its weight spread over the others, for example 5;"
        " with events the whole unit is not rated.",
    ),
    unit=CASES,
)
SUB_SCORE_DECIMALS = worded(
    Text(zh="分项小数位数", en="Decimals of a sub-score"),
    Text(
        zh="每个分项先四舍五入到几位小数再相加，例如2。",
        en="Each sub-score is rounded to so many decimals before they are added, for example 2.",
    ),
    unit=DECIMALS,
)
SOURCE = worded(
    Text(zh="来源", en="Source"),
    Text(
        zh="只统计这一来源的办件，例如12345；可以按指标分别写明，不填则全部统计。",
        en="Only cases of this source are counted, for example 12345; it may differ by measure; empty: all"
        " cases.",
    ),
    rare=True,
)
SOURCE_NAME = worded(
    Text(zh="来源", en="Source"),
    Text(zh="与报送数据中的来源写法一致。", en="As it is spelled in what is delivered."),
)


def measures(words: Mapping[str, Text]) -> dict[str, object]:
    """What a form says about the measure of a channel that knows only these."""
    return worded(MEASURE_TITLE, choices=words)


def denominators(words: Mapping[str, Text]) -> dict[str, object]:
    """What a form says about the denominator of a channel that knows only these."""
    return worded(_DENOMINATOR_TITLE, choices=words)


PRESET_TITLES: Mapping[str, Text] = {
    "panjin": Text(
        zh="盘锦市2023年办法：办结0.20、满意0.30、按期办结0.25、回访0.25",
        en="Panjin, 2023: closed .20, satisfied .30, on time .25, followed up .25",
    ),
    "three_rate": Text(
        zh="“三率”办法：按时签收0.10、解决0.50、满意0.40，基本满意按0.9折算",
        en="The three rates: signed on time .10, resolved .50, satisfied .40; fairly satisfied counts .9",
    ),
    "30/30/40": Text(
        zh="简单加权：按期办结0.3、办结0.3、满意0.4", en="Plain weights: on time .3, closed .3, satisfied .4"
    ),
    "lianyungang": Text(
        zh="连云港市通报办法：按时签收10分、按期办结20分、满意25分，各达到95%得满分",
        en="Lianyungang's circulars: signed on time 10, on time 20, satisfied 25 points, each full from 95 %",
    ),
    "lianyungang_2022": Text(
        zh="连云港市2022年8月起的通报办法：满意率达到98%得满分，按时签收、按期办结仍为95%",
        en="Lianyungang's circulars from August 2022: satisfied full from 98 %, the other two from 95 %",
    ),
    "rate": Text(zh="每项指标至少5件", en="5 cases at least for each measure"),
}
