"""What forms say about the settings of ballots, and what their presets are called."""

from __future__ import annotations

from collections.abc import Mapping

from pingyi.channels import Text, called
from pingyi.channels.families.ballot.titles import WORDS
from pingyi.channels.wordings import BALLOTS, PART_OF_ONE, POINTS, WEIGHT, worded

_OPTION = Text(zh="选项", en="Option")
OPTION_KEYS = ("very_satisfied", "satisfied", "basic", "average", "dissatisfied", "very_dissatisfied")
DIMENSION_KEYS = (
    "overall",
    "law",
    "conduct",
    "attitude",
    "efficiency",
    "integrity",
    "openness",
    "management",
)
_OPTIONS = called(OPTION_KEYS, WORDS)
_DIMENSIONS = called(DIMENSION_KEYS, WORDS)

OPTIONS = worded(
    Text(zh="选项分值", en="Worth of the options"),
    Text(
        zh="写明每个选项折算多少分，例如满意100、不满意0；至少要有两个选项的分值不同。",
        en="Say how many points each option is worth, for example 100 for satisfied and 0 for"
        " dissatisfied; at least two must differ.",
    ),
)
OPTION = worded(_OPTION, usual=_OPTIONS)
OPTION_WORTH = worded(
    Text(zh="分值", en="Worth"),
    Text(
        zh="从0到100，例如80；除不尽的写成分数，例如100/9。",
        en="From 0 to 100, for example 80; where no decimal is exact a quotient, for example 100/9.",
    ),
    unit=POINTS,
)
UNSCORED = worded(
    Text(zh="不计分选项", en="Options not scored"),
    Text(
        zh="票面上有但不计分的选项，例如“不了解”；没有则留空。",
        en="Options of the ballot that do not score, for example “no opinion”; leave it empty where there"
        " are none.",
    ),
    row=_OPTION,
)
UNSCORED_OPTION = worded(_OPTION, usual=called(("no_opinion",), WORDS))
DIMENSIONS = worded(
    Text(zh="评议内容权重", en="Dimensions"),
    Text(
        zh="写明各项评议内容的相对权重，权重相等时都填1；不填则只作总体评价。",
        en="Give each dimension its relative weight, 1 to all where they are equal; without any, units are"
        " rated overall only.",
    ),
)
DIMENSION = worded(Text(zh="评议内容", en="Dimension"), usual=_DIMENSIONS)
DIMENSION_WEIGHT = worded(
    WEIGHT,
    Text(
        zh="大于0的数，只看相互之间的比例，例如1。",
        en="A number above 0, for example 1; only the proportions matter.",
    ),
)
STRATA = worded(
    Text(zh="评议人群权重", en="Strata"),
    Text(
        zh="各类人群分开计算，再按权重合并，权重合计必须等于1；不填则不分人群。",
        en="Each group of voters is scored apart and then weighed; the weights must sum to 1. Without any,"
        " all are scored together.",
    ),
    rare=True,
)
STRATUM = worded(Text(zh="评议人群", en="Stratum"))
STRATUM_WEIGHT = worded(WEIGHT, PART_OF_ONE)
FEWEST_VALID = worded(
    Text(zh="最少有效票", en="Fewest valid ballots"),
    Text(
        zh="有效票少于此数的单位，在本渠道不计分，例如30。",
        en="A unit with fewer valid ballots is not rated on this channel, for example 30.",
    ),
    unit=BALLOTS,
)
SHOWN_AS = worded(
    Text(zh="公布为", en="Shown as"),
    Text(
        zh="最好的选项为100分、最差的为0分，才可称为“率”，否则只能称为“得分”。",
        en="It may be called a rate only where the best option is worth 100 and the worst 0; otherwise it"
        " is a score.",
    ),
    choices={"rate": Text(zh="率", en="Rate"), "score": Text(zh="得分", en="Score")},
)

OVER = worded(
    Text(zh="超过", en="More than"),
    Text(
        zh="0到1之间的小数，不含本数，例如0.5表示须超过一半；与“不少于”只填一项。",
        en="A decimal from 0 to 1, for example 0.5: more than half is needed; give either this or “at"
        " least”.",
    ),
)
AT_LEAST = worded(
    Text(zh="不少于", en="At least"),
    Text(
        zh="0到1之间的小数，含本数，例如0.5表示达到一半即可；与“超过”只填一项。",
        en="A decimal from 0 to 1, for example 0.5: half is enough; give either this or “more than”.",
    ),
)
_ELIGIBLE = Text(zh="应参评人数", en="The eligible")
_BASE = Text(zh="基数", en="Of")
QUORUM = worded(
    Text(zh="法定人数", en="Quorum"),
    Text(
        zh="收回的票达不到此数的单位不计分，例如须超过应参评人数的一半；不填则不作要求。",
        en="A unit is rated only where so many ballots came back, for example more than half of the"
        " eligible; empty: no such condition.",
    ),
)
QUORUM_OF = worded(
    _BASE,
    Text(zh="收回票数与哪个数相比。", en="What the ballots returned are compared with."),
    choices={"eligible": _ELIGIBLE, "issued": Text(zh="发出票数", en="Ballots issued")},
)
GRADES = worded(
    Text(zh="等次", en="Grades"),
    Text(
        zh="从好到差逐个列出，先达到的算数；最后一个等次不设条件。",
        en="List them from best to worst, the first one reached holds; the last one has no condition.",
    ),
    row=Text(zh="等次", en="Grade"),
    rare=True,
)
GRADE = worded(
    Text(zh="等次", en="Grade"), usual=called((*_OPTIONS, "excellent", "good", "pass", "fail"), WORDS)
)
GRADE_OPTIONS = worded(
    Text(zh="合计的选项", en="Options counted together"),
    Text(
        zh="这些选项的票数合计达到所定比例，即评为此等次。",
        en="The grade is reached when these options together have the part that is asked for.",
    ),
    row=_OPTION,
)
GRADE_OF = worded(
    _BASE,
    Text(zh="上述选项的票数与哪个数相比。", en="What the votes for these options are compared with."),
    choices={
        "eligible": _ELIGIBLE,
        "returned": Text(zh="收回票数", en="Ballots returned"),
        "valid": Text(zh="有效票数", en="Valid ballots"),
    },
)


def _scale(number: str, count: str, *worth: int) -> Text:
    return Text(
        zh=f"{number}个选项：依次为{'、'.join(map(str, worth))}分",
        en=f"{count} options, worth {', '.join(map(str, worth))}",
    )


PRESET_TITLES: Mapping[str, Text] = {
    "100/80/60/0": _scale("四", "Four", 100, 80, 60, 0),
    "100/90/70/50": _scale("四", "Four", 100, 90, 70, 50),
    "100/80/60/30/0": _scale("五", "Five", 100, 80, 60, 30, 0),
    "100/80/60/40/20": _scale("五", "Five", 100, 80, 60, 40, 20),
    "100/80/60/40/0": _scale("五", "Five", 100, 80, 60, 40, 0),
    "100/80/30": _scale("三", "Three", 100, 80, 30),
    "100/75/55": _scale("三", "Three", 100, 75, 55),
    "100/70/30": _scale("三", "Three", 100, 70, 30),
    "1-10": Text(
        zh="1至10分打分：1分计0分，10分计100分", en="Marks from 1 to 10: 1 is worth 0, 10 is worth 100"
    ),
    "jinxiang": Text(
        zh="济宁市金乡县2017年办法：满意100、基本满意80、不满意30分，“不了解”不计分，公布为得分",
        en="Jinxiang county, Jining, 2017: 100, 80 and 30; no opinion is not scored; shown as a score",
    ),
    "kaixian": Text(
        zh="重庆市开县办法：依次为100、90、70、50分，不能称为“率”",
        en="Kaixian county, Chongqing: 100, 90, 70 and 50, which is no rate",
    ),
    "shandong_2008": Text(
        zh="山东省2008年办法：依次为100、75、55分，“不了解”不计分，电话占0.6、问卷占0.4，公布为得分",
        en="Shandong province, 2008: 100, 75 and 55; no opinion is not scored; telephone .6 and"
        " questionnaire .4; shown as a score",
    ),
    "xiaolongshan": Text(
        zh="小陇山林业局2016年办法：满意100、较满意80、一般60分，公布为得分",
        en="Xiaolongshan forestry bureau, 2016: 100, 80 and 60; shown as a score",
    ),
    "survey": Text(zh="抽样调查：至少30张有效票", en="A survey: 30 valid ballots at least"),
}
ROSTER_PRESET_TITLES: Mapping[str, Text] = {
    **PRESET_TITLES,
    "half": Text(zh="收回票须超过应参评人数的一半", en="More than half of the eligible must vote"),
    "zhenhai": Text(
        zh="宁波市镇海区2022年办法：满意达到应参评人数的一半为“满意”；加上基本满意超过一半为“基本满意”；其余为“不满意”",
        en="Zhenhai district, Ningbo, 2022: satisfied by half of the eligible, else fairly satisfied by"
        " more than half together with these, else dissatisfied",
    ),
}
