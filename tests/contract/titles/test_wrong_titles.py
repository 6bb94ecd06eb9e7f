"""Titles that no setting needs, and words with two meanings, are refused where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pingyi.channels import Channel, Context, EntrySchema, Exact, Key, SettingsSchema, called
from pingyi.channels.families import ballots
from pingyi.registry import check_settings, field_errors

BALLOT = {
    "options": {"satisfied": "100", "basic": "80", "dissatisfied": "0"},
    "unscored": ["no_opinion"],
    "n_min": 1,
    "shown_as": "rate",
}
MEASURES = {"n_min": 1, "sub_score_decimals": 2}
ITEMS = {"items": [{"key": "noon_alcohol", "deduct": "20"}, {"key": "late", "deduct": "5"}]}
EMPTY = "不能为空，也不能只有标点。 / Must not be empty, nor signs alone."


def title(zh: str, en: str = "Own word", *also: str) -> dict[str, Any]:
    return {"zh": zh, "en": en, "also": list(also)}


def taken(word: str, key: str) -> str:
    return (
        f"“{word}”已经指“{key}”，一个词只能指一个代号。 / "
        f'"{word}" means "{key}" already; a word has one meaning.'
    )


def refused(channel: Channel, settings: Mapping[str, Any]) -> dict[str, str]:
    errors = check_settings(channel, settings)
    return {error.pointer: f"{error.message.zh} / {error.message.en}" for error in errors}


WRONG = [
    (
        "roster",
        BALLOT,
        {"satisfide": title("满意")},
        {
            "/titles/satisfide": "本渠道的设置没有用到代号“satisfide”；"
            "用到的有：satisfied, basic, dissatisfied, no_opinion。 / "
            'The settings of this channel use no key "satisfide"; '
            "they use: satisfied, basic, dissatisfied, no_opinion."
        },
    ),
    (
        "partner_score",
        {"scale": "5"},
        {"scale": title("满分")},
        {
            "/titles/scale": "本渠道的设置没有用到代号“scale”；用到的有：-。 / "
            'The settings of this channel use no key "scale"; they use: -.'
        },
    ),
    # among the scheme's own words: full width, spaces and signs make no other word
    (
        "checklist",
        ITEMS,
        {"late": title("迟到", "Late"), "noon_alcohol": title("饮酒", "ＬＡＴＥ")},
        {"/titles/noon_alcohol/en": taken("ＬＡＴＥ", "late")},
    ),
    (
        "checklist",
        ITEMS,
        {
            "noon_alcohol": title("饮酒", "Drink", "中午 （饮酒）"),
            "late": title("迟到", "x", "a", "中午饮酒"),
        },
        {"/titles/late/also/1": taken("中午饮酒", "noon_alcohol")},
    ),
    (
        "checklist",
        ITEMS,
        {"noon_alcohol": title("饮酒", "late")},
        {"/titles/noon_alcohol/en": taken("late", "late")},
    ),
    (
        "checklist",
        ITEMS,
        {"late": title("迟到", "x", "NOON-ALCOHOL")},
        {"/titles/late/also/0": taken("NOON-ALCOHOL", "noon_alcohol")},
    ),
    # the plugin's word for another key of the column, also for one that no setting names
    ("roster", BALLOT, {"basic": title("满意", "Good")}, {"/titles/basic/zh": taken("满意", "satisfied")}),
    (
        "roster",
        BALLOT,
        {"basic": title("还行", "Fine", "无效票")},
        {"/titles/basic/also/0": taken("无效票", "invalid")},
    ),
    (
        "hotline",
        {**MEASURES, "weights": {"satisfied": "1"}, "credit": {"basic": "0.6"}},
        {"basic": title("不满意")},
        {"/titles/basic/zh": taken("不满意", "dissatisfied")},
    ),
    (
        "hotline_totals",
        {**MEASURES, "weights": {"satisfied": "0.5", "closed": "0.5"}},
        {"closed": title("满意")},
        {"/titles/closed/zh": taken("满意", "satisfied")},
    ),
    (
        "hotline_show",
        {**MEASURES, "events": {"absent": "5", "late": "1"}},
        {"late": title("缺席", "Too late"), "absent": title("未到", "Leader")},
        {"/titles/absent/en": taken("Leader", "leader")},
    ),
    # what a title is made of
    (
        "roster",
        BALLOT,
        {"basic": {"zh": "还行"}},
        {"/titles/basic/en": "缺少必填项。 / Missing data for required field."},
    ),
    (
        "roster",
        BALLOT,
        {"basic": {"zh": " ", "en": "()", "also": ["——"]}},
        {"/titles/basic/zh": EMPTY, "/titles/basic/en": EMPTY, "/titles/basic/also/0": EMPTY},
    ),
    (
        "roster",
        BALLOT,
        {"basic": {**title("还行"), "fr": "x"}},
        {"/titles/basic/fr": "没有这一项。 / Unknown field."},
    ),
    (
        "roster",
        BALLOT,
        {"basic": "还行"},
        {"/titles/basic": "格式不对：应为一组“项目=值”。 / Invalid input type."},
    ),
    ("roster", BALLOT, ["还行"], {"/titles": "不是一组“项目=值”。 / Not a valid mapping type."}),
]


@pytest.mark.parametrize(("key", "settings", "titles", "wanted"), WRONG)
def test_wrong_titles_are_refused_at_their_place(
    channels: dict[str, Channel], key: str, settings: dict[str, Any], titles: Any, wanted: dict[str, str]
) -> None:
    assert refused(channels[key], settings) == {}
    assert refused(channels[key], {**settings, "titles": titles}) == wanted


RIGHT = [
    ("roster", {**BALLOT, "preset": "zhenhai"}, {"basic": title("还行", "Fine", "基本满意", "还行吧")}),
    ("roster", {**BALLOT, "dimensions": {"law": "1", "duty": "1"}}, {"law": title("满意", "Satisfied")}),
    ("roster", {**BALLOT, "strata": {"企业": "1"}}, {"企业": title("企业代表", "Firms")}),
    # the plugin calls both 一般: in this scheme it is one of them
    (
        "roster",
        {**BALLOT, "options": {"fair": "100", "average": "0"}},
        {"fair": title("一般", "Fair"), "average": title("中等", "Average")},
    ),
    (
        "hotline",
        {**MEASURES, "bands": [{"measure": "closed", "points": "1", "full": "9", "per": "1", "floor": "0"}]},
        {"closed": title("办结率", "Closing rate")},
    ),
    ("inspections", {"items": [{"key": "confirmed", "deduct": "1"}]}, {"confirmed": title("已撤销")}),
]


@pytest.mark.parametrize(("key", "settings", "titles"), RIGHT)
def test_titles_of_keys_in_use_are_taken(
    channels: dict[str, Channel], key: str, settings: dict[str, Any], titles: dict[str, Any]
) -> None:
    assert refused(channels[key], {**settings, "titles": titles}) == {}


def test_word_of_two_keys_that_the_plugin_calls_alike_is_given_once(channels: dict[str, Channel]) -> None:
    _, settings, titles = RIGHT[3]
    both = {**titles, "average": title("一般", "Average")}
    assert refused(channels["roster"], {**settings, "titles": both}) == {
        "/titles/average/zh": taken("一般", "fair")
    }


@pytest.mark.parametrize("settings", [{"items": [{"key": "执行不力", "deduct": "1"}]}])
def test_chinese_key_is_told_where_its_words_belong(
    channels: dict[str, Channel], settings: dict[str, Any]
) -> None:
    assert refused(channels["checklist"], settings) == {
        "/items/0/key": "代号只能用字母、数字、“_”和“-”；中文名称请填在“名称”里。 / "
        'Not a key of letters, digits, "_" and "-"; Chinese words belong into "titles".'
    }


class OwnMeaning(SettingsSchema):
    """A package that used the name before."""

    titles = Key()
    worth = Exact()


class NoEntry(EntrySchema):
    """Nothing but a unit."""


def test_setting_of_a_package_that_has_the_name_keeps_its_meaning() -> None:
    own = ballots.channel("own", called(["own"], {})["own"], NoEntry, OwnMeaning)  # type: ignore[arg-type]
    assert check_settings(own, {"titles": "x1", "worth": "1"}) == []
    assert [each.pointer for each in check_settings(own, {"titles": "标题"})] == ["/titles"]
    loaded = OwnMeaning().load({"titles": "x1"})
    assert NoEntry(Context(loaded)).load({"unit": "u"}) == {"unit": "u"}


def test_key_given_in_two_words_is_refused_once(channels: dict[str, Channel]) -> None:
    channel = channels["hotline"]
    settings = {
        **MEASURES,
        "events": {"late": "2", "lie": "5"},
        "titles": {"late": title("迟办", "Late work")},
    }
    entry = channel.entry_schema(Context(channel.settings_schema().load(settings)))
    row = {"unit": "u", "case": "1", "accepted_at": "2017-03-01"}
    assert entry.load({**row, "events": {"迟办": 2, "lie": 1, "Late work": ""}})["events"] == {
        "late": 2,
        "lie": 1,
    }
    messages = entry.validate({**row, "events": {"late": 1, "迟办": 2}})
    assert [(each.pointer, each.message.zh) for each in field_errors(messages, "")] == [
        ("/events", "“late”和“迟办”是同一项，只能写一次。")
    ]
    messages = entry.validate({**row, "events": {"迟了": 2}})
    assert [(each.pointer, each.message.zh) for each in field_errors(messages, "")] == [
        ("/events", "没有这个扣分事项；可用：迟办、lie。")
    ]


def test_word_for_no_opinion_is_an_opinion_where_the_scheme_says_so(channels: dict[str, Channel]) -> None:
    channel = channels["hotline"]
    settings = {**MEASURES, "weights": {"satisfied": "1"}, "credit": {"silent": "0.5"}}
    row = {"unit": "u", "case": "1", "accepted_at": "2017-03-01", "followed_up": True, "reached": True}
    read = {}
    for name, titles in (("without", {}), ("with", {"titles": {"silent": title("未评价", "Not rated")}})):
        entry = channel.entry_schema(Context(channel.settings_schema().load({**settings, **titles})))
        read[name] = entry.load({**row, "opinion": "未评价"}).get("opinion")
    assert read == {"without": None, "with": "silent"}
