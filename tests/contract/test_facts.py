"""A channel titles its own facts: names, patterns, words, and the order in which they stand."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from pingyi.channels import Channel, Text
from pingyi.channels.families import partner
from pingyi.site.labels import ordered_facts

TITLES = {
    "seen": Text(zh="检查", en="seen"),
    "*_n": Text(zh="{word}样本", en="{word} cases"),
    "*_rate": Text(zh="{word}率", en="{word} rate"),
    "best": Text(zh="最好", en="best"),
}
WORDS = {"quick": Text(zh="快办", en="quickly done"), "done": Text(zh="办结", en="done")}
OWN = replace(partner.channel("own", Text(zh="甲", en="A")), fact_titles=TITLES, words=WORDS)


def shown(
    channel: Channel | None,
    facts: Mapping[str, str],
    language: str = "zh",
    titles: Mapping[str, tuple[str, str]] | None = None,
) -> list[str]:
    own = {key: {"zh": zh, "en": en} for key, (zh, en) in (titles or {}).items()}
    told = ordered_facts(channel, facts, {"titles": own} if own else {})
    return [f"{title.get(language)} {value.get(language)}" for title, value in told]


def test_facts_stand_in_the_order_of_titles_and_words() -> None:
    facts = {"best": "done", "done_n": "3", "done_rate": "50.00", "quick_n": "2", "seen": "4", "other_n": "1"}
    assert shown(OWN, facts) == [
        "检查 4",
        "快办样本 2",
        "办结样本 3",
        "办结率 50.00%",
        "other样本 1",
        "最好 办结",
    ]
    assert shown(OWN, facts, "en")[1:3] == ["quickly done cases 2", "done cases 3"]


@pytest.mark.parametrize("channel", [OWN, None])
def test_fact_without_title_is_never_called_what_another_is(channel: Channel | None) -> None:
    facts = {"good": "1", "_n": "2", "closed": "pass", "no_such_share": "3.00"}
    own = [" n 2", "closed pass", "good 1", "no such share 3.00%"]
    assert shown(channel, facts) == shown(channel, facts, "en") == own


FACTS = [
    ("partner_score", {"mark": "5"}, "评分 5", "mark 5"),
    (
        "deputies",
        {
            "valid": "9",
            "good_share": "40.00",
            "satisfied_share": "60.00",
            "no_opinion_share": "1.00",
            "law_score": "80.00",
            "courtesy_score": "70.00",
            "grade": "basic",
            "eligible": "12",
        },
        (
            "等次 基本满意、应参评 12、有效 9、满意率 60.00%、不了解率 1.00%、良好率 40.00%、"
            "依法行政得分 80.00、courtesy得分 70.00"
        ),
        (
            "grade fairly satisfied, eligible 12, valid 9, satisfied share 60.00%, no opinion share 1.00%, "
            "good share 40.00%, lawfulness score 80.00, courtesy score 70.00"
        ),
    ),
    (
        "hotline",
        {
            "satisfied_score": "27.00",
            "satisfied_rate": "90.00",
            "satisfied_n": "10",
            "closed_n": "12",
            "accepted": "12",
        },
        "受理 12、办结样本 12、满意样本 10、满意率 90.00%、满意得分 27.00",
        "accepted 12, closed cases 12, satisfied cases 10, satisfied rate 90.00%, satisfied score 27.00",
    ),
    (
        "hotline_show",
        {"absent_count": "1", "answered_on_time_rate": "50.00", "leader_count": "2", "sessions": "3"},
        "场次 3、主要负责人上线 2、缺席 1、按时答复率 50.00%",
        "sessions 3, leader count 2, absent count 1, answered on time rate 50.00%",
    ),
    (
        "checklist",
        {"bonus": "2", "deducted": "10", "fees_count": "2", "fees_deducted": "10", "veto": "closed"},
        "否决事项 closed、fees次数 2、fees扣分 10、扣分合计 10、加分 2",
        "veto closed, fees count 2, fees deducted 10, deducted 10, bonus 2",
    ),
]


@pytest.mark.parametrize(("key", "facts", "chinese", "english"), FACTS)
def test_families_title_their_facts(
    channels: dict[str, Channel], key: str, facts: dict[str, str], chinese: str, english: str
) -> None:
    assert "、".join(shown(channels[key], facts)) == chinese
    assert ", ".join(shown(channels[key], facts, "en")) == english


OWN_WORDS = [
    (
        "deputies",
        {"satisfied": ("很好", "Very good"), "law": ("守法得分", "Law score"), "basic": ("还行", "Fine")},
        {
            "valid": "9",
            "satisfied_share": "60.00",
            "law_score": "80.00",
            "duty_score": "7.00",
            "grade": "basic",
        },
        "等次 还行、有效 9、很好率 60.00%、守法得分 80.00、duty得分 7.00",
        "grade Fine, valid 9, Very good share 60.00%, Law score 80.00, duty score 7.00",
    ),
    # a number is a count, unless the fact is a key
    (
        "deputies",
        {"9": ("满意", "Satisfied"), "10": ("很满意", "Delighted")},
        {"valid": "9", "returned": "10", "10_share": "9", "grade": "9"},
        "等次 满意、收回 10、有效 9、很满意率 9%",
        "grade Satisfied, returned 10, valid 9, Delighted share 9%",
    ),
    (
        "hotline",
        {"on_time": ("按时办结率", "On-time rate")},
        {"accepted": "12", "on_time_n": "12", "on_time_rate": "90.00", "on_time_score": "27.00"},
        "受理 12、按时办结率样本 12、按时办结率 90.00%、按时办结率得分 27.00",
        "accepted 12, On-time rate cases 12, On-time rate 90.00%, On-time rate score 27.00",
    ),
    (
        "hotline_show",
        {"deputy": ("副职", "vice head"), "absent": ("未到", "nobody")},
        {"leader_count": "2", "deputy_count": "1", "absent_count": "3", "absent_deducted": "15"},
        "主要负责人上线 2、副职上线 1、未到 3、未到扣分 15",
        "leader count 2, vice head count 1, nobody count 3, nobody deducted 15",
    ),
    (
        "checklist",
        {"noon_alcohol": ("午间饮酒", "Alcohol at noon"), "3": ("弄虚作假", "Forgery")},
        {"noon_alcohol_count": "3", "noon_alcohol_deducted": "60", "deducted": "60", "veto": "3"},
        "否决事项 弄虚作假、午间饮酒次数 3、午间饮酒扣分 60、扣分合计 60",
        "veto Forgery, Alcohol at noon count 3, Alcohol at noon deducted 60, deducted 60",
    ),
]


@pytest.mark.parametrize(("key", "titles", "facts", "chinese", "english"), OWN_WORDS)
def test_words_of_the_scheme_go_before_those_of_the_channel(
    channels: dict[str, Channel],
    key: str,
    titles: dict[str, tuple[str, str]],
    facts: dict[str, str],
    chinese: str,
    english: str,
) -> None:
    assert "、".join(shown(channels[key], facts, "zh", titles)) == chinese
    assert ", ".join(shown(channels[key], facts, "en", titles)) == english
