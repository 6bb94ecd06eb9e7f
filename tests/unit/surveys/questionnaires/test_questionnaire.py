"""Questionnaires: errors at their places, a digest whatever the layout, in step with the channel."""

from __future__ import annotations

import tomllib
from functools import partial
from typing import Any

import pytest

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.scheme.values import Scheme
from pingyi.registry import check_channel, load_registry
from pingyi.schemes import shipped_scheme
from pingyi_surveys.questionnaires.messages import MESSAGES
from pingyi_surveys.questionnaires.questionnaire import (
    Questionnaire,
    canonical_form,
    disagreements,
    parse_questionnaire,
    ready_questionnaire,
    ready_questionnaires,
)

FIVE = "conduct-five-levels"
DEPARTMENTS = ["依法行政", "政风建设", "廉洁从政", "政务公开", "系统建设"]
SERVICES = ["守法诚信", "行风建设", "廉洁从业", "办事公开", "行业管理"]
GOOD = """
key = "short"
version = 1
title = { zh = "短问卷", en = "Short" }
require_all = true
wordings = [{ key = "all", categories = [] }]
options = [
  { key = "satisfied", title = { zh = "满意", en = "Satisfied" } },
  { key = "dissatisfied", title = { zh = "不满意", en = "Dissatisfied" } },
  { key = "no_opinion", title = { zh = "不了解", en = "Don't know" }, scored = false },
]
[[dimensions]]
key = "overall"
[dimensions.wording.all]
title = { zh = "总体", en = "Overall" }
[comment]
title = { zh = "意见", en = "Comment" }
max_characters = 100
"""
SETTINGS: dict[str, Any] = {
    "options": {"satisfied": 1, "dissatisfied": 0},
    "unscored": ("no_opinion", "no_answer"),
}


def ready(key: str) -> Questionnaire:
    return parse_questionnaire(ready_questionnaire(key))


def errors_of(document: str) -> list[tuple[str, str]]:
    with pytest.raises(Problem) as refused:
        parse_questionnaire(document)
    assert (refused.value.code, refused.value.status) == ("questionnaire_invalid", 422)
    assert str(len(refused.value.errors)) in refused.value.message.zh
    return [(error.code, error.pointer) for error in refused.value.errors]


@pytest.mark.parametrize("key", ready_questionnaires())
def test_ready_made_questionnaire_is_valid_and_named_by_its_file(key: str) -> None:
    questionnaire = ready(key)
    assert (questionnaire.key, questionnaire.version) == (key, 1)
    assert questionnaire.options[-1].title == Text(zh="不了解", en="Don't know")
    assert [option.scored for option in questionnaire.options] == [True] * (
        len(questionnaire.options) - 1
    ) + [False]


def test_unknown_ready_made_questionnaire_is_refused() -> None:
    with pytest.raises(KeyError):
        ready_questionnaire("../questionnaires")


def test_five_dimensions_have_the_words_of_departments_and_of_services() -> None:
    five = ready(FIVE)
    assert [words.title.zh for words in five.words("departments")] == DEPARTMENTS
    assert [words.title.zh for words in five.words("organisations")] == DEPARTMENTS
    assert [words.title.zh for words in five.words("services")] == SERVICES
    assert all(words.hint for words in five.words("services"))


def test_national_scale_has_its_five_levels_and_no_opinion() -> None:
    assert [option.title.zh for option in ready(FIVE).options] == [
        "非常满意",
        "满意",
        "基本满意",
        "不满意",
        "非常不满意",
        "不了解",
    ]


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    registry = load_registry()
    return parse_scheme(
        shipped_scheme("maanshan-2017"),
        partial(check_channel, registry),
    )


@pytest.mark.parametrize(
    ("channel", "key"),
    [
        ("mobile_qr", "conduct-four-levels"),
        ("web_poll", "overall-four-levels"),
        ("weibo", "overall-four-levels"),
        ("digital_tv", "overall-four-levels"),
        ("deputies", "roster-three-levels"),
        ("cppcc", "roster-three-levels"),
    ],
)
def test_shipped_scheme_has_a_questionnaire_that_agrees(scheme: Scheme, channel: str, key: str) -> None:
    plan = next(one for one in scheme.channels if one.key == channel)
    categories = [one.key for one in scheme.categories]
    assert disagreements(ready(key), plan.settings, categories) == ()


def test_good_document_is_read_whole() -> None:
    questionnaire = parse_questionnaire("\ufeff" + GOOD)
    assert [option.key for option in questionnaire.options] == ["satisfied", "dissatisfied", "no_opinion"]
    assert questionnaire.require_all is True
    assert questionnaire.comment is not None
    assert (questionnaire.comment.max_characters, questionnaire.comment.hint) == (100, None)
    assert (questionnaire.scored, questionnaire.comment_bytes) == (2, 400)
    assert ready("roster-three-levels").comment_bytes == 0


def test_digest_is_of_the_content_not_of_the_layout() -> None:
    questionnaire = parse_questionnaire(GOOD)
    laid_out = "# 说明\n" + GOOD.replace('"短问卷"', '" 短问卷 "').replace("  {", "    {")
    assert parse_questionnaire(laid_out).digest() == questionnaire.digest()
    assert len(questionnaire.digest()) == 64
    assert '"zh":"短问卷"'.encode() in canonical_form(questionnaire)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version = 1", "version = 2"),
        ("require_all = true", "require_all = false"),
        ('"总体"', '"总体评价"'),
        (", scored = false", ""),
        ("max_characters = 100", "max_characters = 99"),
        ('title = { zh = "意见"', 'hint = { zh = "无", en = "None" }\ntitle = { zh = "意见"'),
    ],
)
def test_digest_changes_with_any_content(old: str, new: str) -> None:
    assert old in GOOD
    changed = parse_questionnaire(GOOD.replace(old, new, 1))
    assert changed.digest() != parse_questionnaire(GOOD).digest()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('key = "short"', 'key = "1"', ("not_a_key", "/key")),
        ('key = "short"\n', "", ("required", "/key")),
        ("version = 1", "version = 0", ("not_a_version", "/version")),
        ("version = 1", 'version = "1"', ("not_a_version", "/version")),
        ("version = 1", "version = true", ("not_a_version", "/version")),
        ("require_all = true", "require_all = 1", ("not_a_flag", "/require_all")),
        ("require_all = true\n", "", ("required", "/require_all")),
        ("require_all = true", "require_all = true\ncolour = 1", ("unknown_key", "/colour")),
        ('en = "Short"', 'en = " "', ("not_text", "/title/en")),
        ("categories = []", "categories = [1]", ("not_a_key", "/wordings/0/categories/0")),
        ("categories = []", 'categories = ["公"]', ("not_a_key", "/wordings/0/categories/0")),
        ("categories = []", 'categories = ["a"]', ("general_wording", "/wordings")),
        ('key = "all"', 'key = "any"', ("unknown_wording", "/dimensions/0/wording/all")),
        ('key = "all"', 'key = "any"', ("wording_missing", "/dimensions/0/wording")),
        ("scored = false", 'scored = "no"', ("not_a_flag", "/options/2/scored")),
        ('key = "dissatisfied"', 'key = "satisfied"', ("duplicate_key", "/options/1/key")),
        ('key = "dissatisfied"', 'key = "invalid"', ("reserved_option", "/options/1/key")),
        ('zh = "不满意"', 'zh = " 满意"', ("same_words", "/options/1/title")),
        ('en = "Dissatisfied"', 'en = "Satisfied"', ("same_words", "/options/1/title")),
        ('"Satisfied" }', '"Satisfied" }, scored = false', ("unscored_first", "/options")),
        ('"Dissatisfied" }', '"Dissatisfied" }, scored = false', ("too_few_scored", "/options")),
        ('zh = "总体"', "zh = 1", ("not_text", "/dimensions/0/wording/all/title/zh")),
        ("max_characters = 100", "max_characters = 501", ("not_a_length", "/comment/max_characters")),
        ("[comment]", "[[comment]]", ("not_a_table", "/comment")),
    ],
)
def test_error_is_named_at_its_place(old: str, new: str, expected: tuple[str, str]) -> None:
    assert old in GOOD
    assert expected in errors_of(GOOD.replace(old, new, 1))


def test_category_that_cannot_be_read_raises_no_false_alarm() -> None:
    assert errors_of(GOOD.replace("[{ key", '[{ key = "b", categories = ["公"] }, { key')) == [
        ("not_a_key", "/wordings/0/categories/0"),
        ("wording_missing", "/dimensions/0/wording"),
    ]


def test_all_errors_are_named_at_once() -> None:
    wrong = GOOD.replace("version = 1", "version = 0").replace('key = "dissatisfied"', 'key = "satisfied"')
    assert set(errors_of(wrong.replace("[comment]", "[remark]"))) == {
        ("not_a_version", "/version"),
        ("duplicate_key", "/options/1/key"),
        ("unknown_key", "/remark"),
    }


@pytest.mark.parametrize("lists", ["wordings", "options", "dimensions"])
def test_lists_that_are_empty_or_none_are_refused(lists: str) -> None:
    whole = 'key = "a"\nversion = 1\ntitle = { zh = "a", en = "a" }\nrequire_all = true\n'
    rest = "".join(f"{name} = []\n" for name in ("wordings", "options", "dimensions") if name != lists)
    assert ("too_few", f"/{lists}") in errors_of(f"{whole}{rest}{lists} = []\n")
    assert ("not_a_list", f"/{lists}") in errors_of(f"{whole}{rest}{lists} = 1\n")
    assert ("required", f"/{lists}") in errors_of(whole + rest)
    assert ("not_a_table", f"/{lists}/0") in errors_of(f"{whole}{rest}{lists} = [1]\n")


def test_too_many_options_are_refused() -> None:
    more = "".join(
        f'  {{ key = "o{n}", title = {{ zh = "选项{n}", en = "Option {n}" }} }},\n' for n in range(10)
    )
    assert errors_of(GOOD.replace("options = [\n", "options = [\n" + more)) == [("too_many", "/options")]


def test_one_category_cannot_have_two_wordings() -> None:
    two = '[{ key = "all", categories = [] }, { key = "b", categories = ["x", "x"] }]'
    found = errors_of(GOOD.replace('[{ key = "all", categories = [] }]', two))
    assert ("category_twice", "/wordings/1/categories/1") in found


def test_syntax_error_is_named_by_line_and_column() -> None:
    with pytest.raises(Problem) as refused:
        parse_questionnaire('key = "a"\nversion = = 1\n')
    (error,) = refused.value.errors
    assert (error.code, error.row, error.column) == ("syntax", 2, "11")


def test_every_message_is_filled_in_both_languages() -> None:
    assert all(message.zh and message.en and message.zh != message.en for message in MESSAGES.values())
    with pytest.raises(Problem) as refused:
        parse_questionnaire(GOOD.replace('key = "dissatisfied"', 'key = "satisfied"'))
    assert "satisfied" in refused.value.errors[0].message.zh


def changed_settings(**settings: object) -> list[tuple[str, str, str]]:
    found = disagreements(parse_questionnaire(GOOD), {**SETTINGS, **settings}, ["departments"])
    return [(error.code, error.pointer, error.message.en) for error in found]


def test_agreement_takes_words_of_the_count_for_no_options() -> None:
    assert changed_settings() == []
    assert changed_settings(dimensions={"overall": 1}) == []


def test_disagreements_name_options_dimensions_and_scores() -> None:
    assert [one[:2] for one in changed_settings(options={"satisfied": 1, "basic": 0})] == [
        ("option_unknown", "/options/1"),
        ("option_missing", "/options"),
    ]
    assert [one[:2] for one in changed_settings(unscored=("dissatisfied",), options={"satisfied": 1})] == [
        ("option_unscored", "/options/1"),
        ("option_unknown", "/options/2"),
    ]
    scored = {"satisfied": 1, "dissatisfied": 0, "no_opinion": 0}
    assert [one[:2] for one in changed_settings(options=scored, unscored=())] == [
        ("option_scored", "/options/2")
    ]
    assert [one[:2] for one in changed_settings(dimensions={"law": 1})] == [
        ("dimension_unknown", "/dimensions/0"),
        ("dimension_missing", "/dimensions"),
    ]
    assert "law" in changed_settings(dimensions={"law": 1})[1][2]


def test_wording_for_a_category_that_the_scheme_lacks_is_named() -> None:
    (found,) = disagreements(
        ready("conduct-four-levels"),
        tomllib.loads(shipped_scheme("maanshan-2017"))["channels"][0]["settings"],
        ["departments"],
    )
    assert (found.code, found.pointer) == ("unknown_category", "/wordings/1/categories/0")
