"""Wrong schemes: every refusal with its place, all at once."""

from __future__ import annotations

import pytest
from tests.unit.domain.scheme.good_scheme import GOOD, changed, refused

from pingyi.domain.errors import Problem
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.scheme.values import FIXED_COLUMNS


def test_a_refusal_reads_as_its_code_and_sentence() -> None:
    with pytest.raises(Problem, match=r"^scheme_invalid: The scheme has 1 error"):
        parse_scheme(changed('"37.5"', '"36.5"'))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"37.5"', '"36.5"', "points_sum /channels"),
        ('max_points = "37.5"', "max_points = 37.5", "not_a_decimal /channels/1/max_points"),
        ('max_points = "37.5"', "max_points = nan", "not_a_decimal /channels/1/max_points"),
        ('max_points = "37.5"', 'max_points = "NaN"', "not_a_decimal /channels/1/max_points"),
        ('max_points = "37.5"', 'max_points = "3e1"', "not_a_decimal /channels/1/max_points"),
        ('max_points = "37.5"', 'max_points = "0"', "not_positive /channels/1/max_points"),
        ('max_points = "37.5"', 'max_points = "-1"', "not_positive /channels/1/max_points"),
        ('max_points = "37.5"\n', "", "required /channels/1/max_points"),
        ('full_marks = "100"', "full_marks = 100.0", "not_a_decimal /full_marks"),
        ('full_marks = "100"', "", "required /full_marks"),
        ("decimals = 2", "decimals = 13", "not_decimals /decimals"),
        ("decimals = 2", "decimals = -1", "not_decimals /decimals"),
        ("decimals = 2", "decimals = true", "not_decimals /decimals"),
        ("decimals = 2", 'decimals = "2"', "not_decimals /decimals"),
        ("decimals = 2", "decimals = 2\nweights = 3", "unknown_key /weights"),
        ("decimals = 2", 'decimals = 2\n"a/b~c" = 3', "unknown_key /a~1b~0c"),
        ('"reallocate"', '"full"', "missing_policy /policies/missing"),
        ('missing = "reallocate"\n', "", "required /policies/missing"),
        ('"60"\nties', '"101"\nties', "not_a_percentage /policies/min_coverage"),
        ('"60"\nties', '"-1"\nties', "not_a_percentage /policies/min_coverage"),
        ('"competition"', '"random"', "ties_policy /policies/ties"),
        ('tie_break = ["hotlines"]', "", "required /policies/tie_break"),
        ('["hotlines"]', '["nobody"]', "unknown_tie_break /policies/tie_break/0"),
        ('["hotlines"]', '["work", "work"]', "repeated_tie_break /policies/tie_break/1"),
        ('["hotlines"]', '"hotlines"', "not_a_list /policies/tie_break"),
        ('bonus_cap = "2"', 'bonus_cap = "-2"', "negative /policies/bonus_cap"),
        ('bonus_cap = "2"', "veto = 1", "unknown_key /policies/veto"),
        ('key = "work_law"', 'key = "total"', "reserved_key /channels/0/key"),
        ('key = "work_law"', 'key = "hotlines"', "duplicate_key /channels/0/key"),
        ('key = "work_law"', 'key = "hotline_12345"', "duplicate_key /channels/1/key"),
        ('key = "work_law"', 'key = "1law"', "not_a_key /channels/0/key"),
        ('key = "work_law"', 'key = "law.n"', "not_a_key /channels/0/key"),
        ('key = "work_law"', 'key = "法"', "not_a_key /channels/0/key"),
        ('group = "work"', 'group = "nobody"', "unknown_group /channels/0/group"),
        ('parent = "work"', 'parent = "nobody"', "unknown_group /groups/1/parent"),
        ('parent = "work"', 'parent = "hotlines"', "group_cycle /groups/1/parent"),
        ('group = "hotlines"', 'group = "work"', "empty_group /groups/1"),
        ('operator = "市政府法制办"', 'operator = " "', "not_text /channels/0/operator"),
        ('operator = "市政府法制办"', 'operator = "a\\nb"', "not_text /channels/0/operator"),
        ('operator = "市政府法制办"', "operator = 3", "not_text /channels/0/operator"),
        (
            'settings = { scale = "5" }',
            "settings = { a = [{ b = 1.5 }] }",
            "float /channels/0/settings/a/0/b",
        ),
        ('settings = { scale = "5" }', "settings = 3", "not_a_table /channels/0/settings"),
        (
            'title = { zh = "政府部门", en = "Departments" }',
            'title = "政府部门"',
            "not_a_table /categories/0/title",
        ),
        ('zh = "政府部门", ', "", "required /categories/0/title/zh"),
        ('good = "80"', 'good = "90"', "bounds_order /grades/from/good"),
        ('good = "80"', 'good = "95"', "bounds_order /grades/from/good"),
        ('excellent = "90"', 'excellent = "101"', "bounds_above /grades/from/excellent"),
        ('fail = "0"', 'fail = "1"', "bounds_end /grades/from"),
        ('good = "80"', "good = 80.0", "not_a_decimal /grades/from/good"),
        ('good = "80"', '"良" = "80"', "not_a_key /grades/from/良"),
        ("from = {", 'shares = { a = "1" }\nfrom = {', "grades_choice /grades"),
        ('excellent = { zh = "优秀", en', 'great = { zh = "优秀", en', "unknown_grade /grades/titles/great"),
        (
            'titles = { excellent = { zh = "优秀", ',
            "titles = { excellent = { ",
            "required /grades/titles/excellent/zh",
        ),
        ('place = "bottom"', 'place = "top"', "place /consequences/0/when/place"),
        ("k = 2", "k = 0", "not_a_count /consequences/0/when/k"),
        ("k = 2", "k = 2.0", "not_a_count /consequences/0/when/k"),
        ("k = 2, ", "", "required /consequences/0/when/k"),
        (
            "consecutive = 1",
            'overrides_use_places = "yes"',
            "not_a_flag /consequences/0/when/overrides_use_places",
        ),
        ('action = "interview"', "", "required /consequences/0/action"),
    ],
)
def test_a_wrong_scheme_is_refused_at_its_place(old: str, new: str, expected: str) -> None:
    assert list(refused(changed(old, new))) == [expected]


def test_the_sum_is_shown() -> None:
    error = refused(changed('"37.5"', '"36.5"'))["points_sum /channels"]
    assert "99" in error.message.zh
    assert "99" in error.message.en


def test_sums_are_exact_with_many_places() -> None:
    tiny = "0000000000000000001"
    assert "points_sum /channels" in refused(changed('"37.5"', f'"37.5{tiny}"'))


@pytest.mark.parametrize("column", FIXED_COLUMNS)
def test_fixed_columns_are_no_keys(column: str) -> None:
    text = changed('key = "work"', f'key = "{column}"').replace('parent = "work"', f'parent = "{column}"')
    assert list(refused(text.replace('group = "work"', f'group = "{column}"'))) == [
        "reserved_key /groups/0/key"
    ]


def test_a_longer_cycle_names_every_group_in_it() -> None:
    found = refused(changed('key = "work"\n', 'key = "work"\nparent = "hotlines"\n'))
    assert set(found) == {"group_cycle /groups/0/parent", "group_cycle /groups/1/parent"}
    assert "work → hotlines → work" in found["group_cycle /groups/0/parent"].message.en


def test_a_group_that_leads_into_a_cycle_is_not_blamed() -> None:
    text = changed('parent = "work"', 'parent = "hotlines"').replace(
        'key = "work"\n', 'key = "work"\nparent = "hotlines"\n'
    )
    assert set(refused(text)) == {"group_cycle /groups/1/parent"}


def test_duplicate_categories_are_refused() -> None:
    text = GOOD + '[[categories]]\nkey = "departments"\ntitle = { zh = "又", en = "again" }\n'
    assert set(refused(text)) == {"duplicate_category /categories/1/key"}


def test_empty_lists_are_refused() -> None:
    top = GOOD.split("[[categories]]", maxsplit=1)[0].replace(
        "[policies]", "categories = []\nchannels = []\n[policies]"
    )
    found = refused(top.replace('["hotlines"]', "[]"))
    assert set(found) == {"too_few /categories", "too_few /channels"}


def test_shares_must_sum_to_one() -> None:
    text = changed(
        'from = { excellent = "90", good = "80", pass = "60", fail = "0" }',
        'shares = { excellent = "0.3", rest = "0.6" }',
    )
    assert "0.9" in refused(text)["shares_sum /grades/shares"].message.en


def test_neither_bounds_nor_shares_is_refused() -> None:
    text = changed('from = { excellent = "90", good = "80", pass = "60", fail = "0" }', "")
    assert set(refused(text)) == {"grades_choice /grades"}


def test_every_error_is_told_at_once() -> None:
    text = (
        changed("decimals = 2", "decimals = 99")
        .replace('"37.5"', '"30"')
        .replace('["hotlines"]', '["nobody"]')
    )
    assert set(refused(text)) == {
        "not_decimals /decimals",
        "points_sum /channels",
        "unknown_tie_break /policies/tie_break/0",
    }


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a = 1\nb = = 2", 2, 5),
        ('a = """\nb', 2, 2),
        ("a = 1\na = 2", 2, 6),
        ("a = " + "9" * 5000, 1, 5005),
        ("a = " + "[" * 5000, 1, 5005),
    ],
)
def test_broken_toml_is_told_with_line_and_column(text: str, line: int, column: int) -> None:
    (error,) = refused(text).values()
    assert (error.code, error.row, error.column) == ("syntax", line, str(column))
    assert f"line {line}, column {column}" in error.message.en
