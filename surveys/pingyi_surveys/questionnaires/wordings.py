"""What forms say about the parts of a questionnaire."""

from __future__ import annotations

from pingyi.channels import Text, called
from pingyi.channels.families.ballot.titles import WORDS as BALLOT_WORDS
from pingyi.channels.families.ballot.wordings import DIMENSION_KEYS, OPTION_KEYS
from pingyi.channels.wordings import KEY, worded

_CATEGORY = Text(zh="类别", en="Category")
_WORDING = Text(zh="表述", en="Wording")
_TITLE = Text(zh="标题", en="Title")
_HINT = Text(zh="提示", en="Hint")

QUESTIONNAIRE_KEY = worded(
    KEY,
    Text(
        zh="各版本共用；以英文字母开头，只用英文字母、数字、下划线和连字符。",
        en="All versions share it: an English letter, then letters, digits, “_” and “-”.",
    ),
    rare=True,
)
VERSION = worded(
    Text(zh="版本", en="Version"),
    Text(
        zh="从1到9999的整数；已经用于收票的版本不再改动，改文字请另建新版。",
        en="A whole number from 1 to 9999; a version that ballots rest on never changes, new words are a"
        " new one.",
    ),
)
QUESTIONNAIRE_TITLE = worded(
    _TITLE,
    Text(
        zh="问卷的名称，例如“政风行风评议（五项内容，五级）”。",
        en="What it is called, for example “Conduct review (five subjects, five levels)”.",
    ),
)
REQUIRE_ALL = worded(
    Text(zh="每一项都必须选", en="Every subject must be answered"),
    Text(zh="不勾选，则可以留空，按弃权计。", en="Not ticked: what is left open is an abstention."),
)

WORDINGS = worded(
    Text(zh="表述", en="Wordings"),
    Text(
        zh="同一项内容对不同类别的单位可以有不同说法；须有一种表述不写类别，用于其余单位。",
        en="A subject may be worded in its own way for some categories; one wording names none and serves"
        " all the others.",
    ),
    row=_WORDING,
)
PART_KEY = worded(
    KEY,
    Text(
        zh="在问卷内指明这一项；以英文字母开头，只用英文字母、数字、下划线和连字符，不能重复。",
        en="Names this part of the questionnaire: an English letter, then letters, digits, “_” and “-”; no"
        " two alike.",
    ),
    made=True,
)
CATEGORIES = worded(
    Text(zh="适用类别", en="Categories"),
    Text(
        zh="使用这种表述的参评单位类别；不填则用于其余所有类别。",
        en="The categories of units it is for; empty: all the others.",
    ),
    row=_CATEGORY,
)
CATEGORY = worded(_CATEGORY)

OPTIONS = worded(
    Text(zh="选项", en="Options"),
    Text(
        zh="从好到差排列，至少两个计分；不计分的（如“不了解”）排在最后，最多12个。",
        en="From best to worst, two at least that score; those that do not (“Don't know”) come last; 12 at"
        " most.",
    ),
    row=Text(zh="选项", en="Option"),
)
OPTION_KEY = worded(
    KEY,
    Text(zh="须与渠道设置中的选项一致。", en="As the option is named in the settings of the channel."),
    usual=called((*OPTION_KEYS, "no_opinion"), BALLOT_WORDS),
)
OPTION_TITLE = worded(
    Text(zh="文字", en="Words"),
    Text(zh="票面上的文字，例如“满意”。", en="What the ballot says, for example “Satisfied”."),
)
SCORED = worded(
    Text(zh="计分", en="Scores"),
    Text(
        zh="“不了解”等不计分的选项不勾选。",
        en="Not ticked for an option that does not score, such as “Don't know”.",
    ),
)

DIMENSIONS = worded(
    Text(zh="评议内容", en="Subjects"),
    Text(zh="每一项是一道题，最多24项。", en="Each is one question; 24 at most."),
    row=Text(zh="评议内容", en="Subject"),
)
DIMENSION_KEY = worded(
    KEY,
    Text(zh="须与渠道设置中的评议内容一致。", en="As the dimension is named in the settings of the channel."),
    usual=called(DIMENSION_KEYS, BALLOT_WORDS),
)
WORDS_BY_WORDING = worded(
    Text(zh="各种表述的文字", en="Words of each wording"),
    Text(zh="每种表述各写一遍标题和提示。", en="A title and a hint for each wording."),
)
WORDING = worded(_WORDING)
WORDS = worded(Text(zh="文字", en="Words"))
SUBJECT_TITLE = worded(
    _TITLE, Text(zh="题目，例如“依法行政”。", en="The question, for example “Lawful administration”.")
)
HINT = worded(
    _HINT,
    Text(
        zh="题目下的一句说明，例如“按规定办事、执法公正、说到做到”；可以不填。",
        en="One line below it, for example “Acts by the rules, enforces fairly, keeps its word”; may be"
        " empty.",
    ),
)

COMMENT = worded(
    Text(zh="留言", en="Comment"),
    Text(
        zh="只在扫码票上出现，评议人选填；不设则没有留言。",
        en="Offered on open ballots only, and nobody must leave one; without it there is none.",
    ),
)
COMMENT_TITLE = worded(
    _TITLE,
    Text(
        zh="留言框上的文字，例如“想补充反映具体问题”。",
        en="The words above it, for example “Anything to add”.",
    ),
)
COMMENT_HINT = worded(
    _HINT,
    Text(
        zh="留言框下的一句说明，例如“请不要写姓名、电话”；可以不填。",
        en="One line below it, for example “Please leave out names and telephone numbers”; may be empty.",
    ),
)
MAX_CHARACTERS = worded(
    Text(zh="最多字数", en="Characters at most"),
    Text(zh="从1到500，例如200。", en="From 1 to 500, for example 200."),
    unit=Text(zh="字", en="characters"),
)
