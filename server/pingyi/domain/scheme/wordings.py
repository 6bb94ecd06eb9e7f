"""What forms say about the parts of a scheme."""

from __future__ import annotations

from pingyi.channels.text import Text
from pingyi.channels.wordings import DECIMALS, KEY, PART_OF_ONE, PERCENT, POINTS, worded

_GRADE = Text(zh="等次", en="Grade")
_GROUP_OR_CHANNEL = Text(zh="分组或渠道", en="Group or channel")

SCHEME_KEY = worded(
    KEY,
    Text(
        zh="在接口和文件中指明本办法；以英文字母开头，只用英文字母、数字、下划线和连字符，以后不再改动。",
        en="Names the scheme in files and for programs: an English letter, then letters, digits, “_” and"
        " “-”; it never changes.",
    ),
    rare=True,
)
PART_KEY = worded(
    KEY,
    Text(
        zh="在数据文件中指明这一项；以英文字母开头，只用英文字母、数字、下划线和连字符，不能重复。",
        en="Names this part in files of data: an English letter, then letters, digits, “_” and “-”; no two"
        " alike.",
    ),
    made=True,
)
SCHEME_TITLE = worded(
    Text(zh="名称", en="Title"),
    Text(
        zh="办法的名称，例如“2017年度政风行风评议”。",
        en="What it is called, for example “Conduct review 2017”.",
    ),
)
PART_TITLE = worded(
    Text(zh="名称", en="Title"), Text(zh="公布结果时使用的名称。", en="What results call it.")
)
FULL_MARKS = worded(
    Text(zh="满分", en="Full marks"),
    Text(
        zh="各渠道分值合计须正好等于满分，例如100。",
        en="What the points of all channels must sum to, exactly, for example 100.",
    ),
    unit=POINTS,
)
RESULT_DECIMALS = worded(
    Text(zh="得分小数位数", en="Decimals of points"),
    Text(
        zh="公布的得分四舍五入到几位小数，从0到12，例如2。",
        en="Points are rounded to so many decimals, from 0 to 12, for example 2.",
    ),
    unit=DECIMALS,
)

POLICIES = worded(Text(zh="计分和排名规则", en="Rules of scoring and ranking"))
MISSING = worded(
    Text(zh="渠道未计分时", en="Where a channel is not rated"),
    Text(
        zh="单位在某一渠道没有得分（如没有办件、票数太少）时，该渠道的分值怎样处理。",
        en="What becomes of a channel's points for a unit that it could not rate, such as one without cases.",
    ),
    choices={
        "reallocate": Text(
            zh="先在本组内、再在全部渠道间按比例折算",
            en="Spread over the rest of its group, then over the total",
        ),
        "reallocate_flat": Text(zh="在全部已计分渠道间按比例折算", en="Spread over all rated channels"),
        "category_mean": Text(zh="以同类单位均值计入", en="Counts with the mean of its category"),
        "zero": Text(zh="计零分", en="Counts as zero"),
    },
)
MIN_COVERAGE = worded(
    Text(zh="最低到位分值", en="Least part rated"),
    Text(
        zh="已计分渠道的分值占满分的百分之几才排名，例如60；不足的单位不排名。",
        en="The part of full marks that must be rated, for example 60; a unit below it is not ranked.",
    ),
    unit=PERCENT,
)
TIES = worded(
    Text(zh="同分的名次", en="Ranks of equal totals"),
    choices={
        "competition": Text(
            zh="并列，其后空出名次（如1、2、2、4）", en="Shared, the next places stay empty (1, 2, 2, 4)"
        ),
        "dense": Text(
            zh="并列，其后不空名次（如1、2、2、3）", en="Shared, the next place follows (1, 2, 2, 3)"
        ),
    },
)
TIE_BREAK = worded(
    Text(zh="末位同分时依次比较", en="What parts equal totals at the cut"),
    Text(
        zh="末几位的界线上有同分单位时，依次比较这些分组或渠道的得分；可不填，仍相同的由人裁定。",
        en="Where totals are equal at the last places, these are compared in turn; it may be empty, and"
        " what is still equal waits for a person.",
    ),
    row=_GROUP_OR_CHANNEL,
) | {"ordered": True}
TIE_BREAK_KEY = worded(_GROUP_OR_CHANNEL)
BONUS_CAP = worded(
    Text(zh="加分上限", en="Cap of the bonus"),
    Text(
        zh="每个单位加分合计最多几分；填0则加分不起作用，不填则不限。",
        en="The most bonus points of a unit; 0 lets none count, empty sets no limit.",
    ),
    unit=POINTS,
    rare=True,
)

CATEGORIES = worded(
    Text(zh="类别", en="Categories"),
    Text(
        zh="参评单位只与同一类别的单位比较和排名，例如“政府部门”；至少一类。",
        en="Units are compared and ranked inside one category, for example “Government departments”; one"
        " at least.",
    ),
    row=Text(zh="类别", en="Category"),
)
GROUPS = worded(
    Text(zh="分组", en="Groups"),
    Text(
        zh="把几个渠道合为一组，例如“工作测评”；可以不分组。",
        en="Channels that belong together, for example “Work assessment”; there may be none.",
    ),
    row=Text(zh="分组", en="Group"),
)
PARENT = worded(
    Text(zh="上级分组", en="Group above"),
    Text(zh="本组属于另一分组时填写。", en="Where this group belongs to another one."),
    rare=True,
)
CHANNELS = worded(
    Text(zh="渠道", en="Channels"),
    Text(
        zh="逐个列出测评项目，各有分值，合计等于满分；至少一个。",
        en="List what is assessed; each has its points, which sum to full marks; one at least.",
    ),
    row=Text(zh="渠道", en="Channel"),
)
GROUP = worded(
    Text(zh="所属分组", en="Group"),
    Text(zh="不填则直接计入总分。", en="Empty: directly below the total."),
)
PLUGIN = worded(
    Text(zh="渠道类型", en="Kind of channel"),
    Text(zh="决定报送什么数据、怎样计分。", en="Decides what is delivered and how it is scored."),
    caption=True,
) | {"redraw": Text(zh="显示设置项", en="Show its settings")}
OPERATOR = worded(
    Text(zh="渠道单位", en="Operator"),
    Text(
        zh="负责报送本渠道数据的单位，例如“市信访局”。",
        en="Who delivers its data, for example “Petition Bureau”.",
    ),
)
MAX_POINTS = worded(
    Text(zh="分值", en="Points"),
    Text(zh="本渠道最多得几分，例如8。", en="The most that the channel gives, for example 8."),
    unit=POINTS,
    caption=True,
)
SETTINGS = worded(
    Text(zh="渠道设置", en="Settings"),
    Text(zh="按渠道类型填写。", en="What the kind of channel asks for."),
) | {
    "empty": Text(
        zh="选好渠道类型，再按“显示设置项”，这里列出要填的各项。",
        en="Choose the kind of channel, then “Show its settings”: they are listed here.",
    )
}
SETTING = worded(Text(zh="设置项", en="Setting"))

GRADES = worded(
    Text(zh="等次", en="Grades"),
    Text(
        zh="按总分下限或按名次比例评定等次，二者取一；不填则不评等次。",
        en="Grades by lower bounds of the total or by shares of the units, one of the two; empty: no grades.",
    ),
    rare=True,
)
GRADE_KEY = worded(
    _GRADE,
    usual={
        "excellent": Text(zh="优秀", en="Excellent"),
        "good": Text(zh="良好", en="Good"),
        "pass": Text(zh="合格", en="Pass"),
        "fail": Text(zh="不合格", en="Fail"),
    },
)
BOUNDS = worded(
    Text(zh="分数下限", en="Lower bounds"),
    Text(
        zh="从高到低填写各等次的最低总分，例如优秀90；最后一个等次须为0。",
        en="The least total of each grade, from the best down, for example 90; the last must be 0.",
    ),
)
BOUND = worded(
    Text(zh="下限", en="Lower bound"),
    Text(zh="含本数，例如90。", en="The total that is just enough, for example 90."),
    unit=POINTS,
)
SHARES = worded(
    Text(zh="名次比例", en="Shares"),
    Text(
        zh="从好到差填写各等次占同类排名单位的比例，合计必须等于1；名额取整，余下的归最后一个等次。",
        en="Each grade's part of the ranked units of a category, from the best down, summing to 1; places"
        " are rounded down and the last grade takes the rest.",
    ),
)
SHARE = worded(Text(zh="比例", en="Share"), PART_OF_ONE)
GRADE_TITLES = worded(
    Text(zh="等次名称", en="Titles of the grades"),
    Text(
        zh="公布结果时怎样称呼各等次；不填则用惯用的名称。",
        en="What results call the grades; empty: the usual words.",
    ),
)
GRADE_TITLE = worded(Text(zh="名称", en="Title"))

CONSEQUENCES = worded(
    Text(zh="结果运用", en="Consequences"),
    Text(
        zh="对末位单位提出的措施，例如约谈；都只是建议，由人决定。",
        en="What is proposed for the last units, for example an interview; a person decides.",
    ),
    row=Text(zh="措施", en="Consequence"),
)
WHEN = worded(Text(zh="适用条件", en="When it applies"))
PLACE = worded(
    Text(zh="名次位置", en="Place"),
    choices={"bottom": Text(zh="末位", en="The last places")},
)
LAST_PLACES = worded(
    Text(zh="末几位", en="How many"),
    Text(
        zh="每个类别排在最后的几个单位适用，例如2。",
        en="So many units at the end of each category, for example 2.",
    ),
    unit=Text(zh="个单位", en="units"),
)
CONSECUTIVE = worded(
    Text(zh="连续次数", en="Periods running"),
    Text(
        zh="连续几次评议都在末位才适用，例如2；填1只看本次。",
        en="For how many periods running they must be the last, for example 2; 1 looks at this one alone.",
    ),
    unit=Text(zh="次", en="periods"),
)
OVERRIDES_USE_PLACES = worded(
    Text(zh="否决的单位占用末位名额", en="Vetoed units use up places"),
    Text(
        zh="勾选后，因一票否决或取消评议资格而不参加排名的单位，也算在末几位之内。",
        en="Ticked: units that a veto or disqualification lists outside the ranking count among the last"
        " ones.",
    ),
    rare=True,
)
ACTION = worded(
    Text(zh="措施", en="Action"),
    Text(zh="对这些单位采取什么措施。", en="What is to be done about these units."),
    usual={
        "interview": Text(zh="约谈", en="Interview"),
        "admonition_talk": Text(zh="诫勉谈话", en="Admonition talk"),
        "circular_criticism": Text(zh="通报批评", en="Criticism in a circular"),
        "self_examination": Text(zh="深刻检查", en="Self-examination"),
        "organisational_action": Text(zh="组织处理", en="Organisational action"),
    },
)
ACTION_TITLE = worded(
    Text(zh="措施名称", en="Title"),
    Text(
        zh="公布结果时使用的名称，例如“约谈主要负责人”。",
        en="What results call it, for example “Interview of the head”.",
    ),
)
