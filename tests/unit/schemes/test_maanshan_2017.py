"""The shipped scheme is the notice: its channels and points, and an answer to every open question."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pingyi.domain.errors import Problem
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.scheme.values import Scheme
from pingyi.registry import check_channel, load_registry
from pingyi.schemes import shipped_scheme, shipped_schemes

KEY = "maanshan-2017"
DOCS = Path(__file__).parents[3] / "docs" / "schemes"
OPEN_QUESTIONS = {
    "mobile_qr": ("options", "unscored", "n_min", "shown_as", "dimensions"),
    "web_poll": ("options", "unscored", "n_min", "shown_as"),
    "weibo": ("options", "unscored", "n_min", "shown_as"),
    "television": ("options", "unscored", "n_min", "shown_as"),
    "deputies": ("options", "unscored", "n_min", "shown_as", "quorum", "grades"),
    "cppcc": ("options", "unscored", "n_min", "shown_as", "quorum", "grades"),
    "partner_score": ("scale", "score_decimals"),
    "districts": ("scale", "score_decimals", "trim", "n_min"),
    "hotline": ("weights", "n_min", "sub_score_decimals"),
    "hotline_show": ("weights", "credit", "n_min", "sub_score_decimals"),
    "messages": ("weights", "n_min", "sub_score_decimals"),
    "press": ("weights", "n_min", "sub_score_decimals"),
}


def checked(document: str) -> Scheme:
    registry = load_registry()
    return parse_scheme(document, partial(check_channel, registry))


@pytest.fixture(scope="module")
def scheme() -> Scheme:
    return checked(shipped_scheme(KEY))


@pytest.fixture(scope="module")
def notice() -> list[Mapping[str, str]]:
    text = (DOCS / f"{KEY}.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_channels_are_those_of_the_notice(scheme: Scheme, notice: list[Mapping[str, str]]) -> None:
    found = [(c.key, c.title.zh, c.title.en, c.operator, c.max_points) for c in scheme.channels]
    assert found == [
        (
            row["channel_code"],
            row["name_zh"],
            row["name_en"],
            row["operator_zh"],
            Decimal(row["max_points"]),
        )
        for row in notice
    ]


def test_groups_are_those_of_the_notice(scheme: Scheme, notice: list[Mapping[str, str]]) -> None:
    alone = [row["group_zh"] for row in notice]
    for channel, row in zip(scheme.channels, notice, strict=True):
        group = scheme.group(channel.group)
        assert group.title.zh == row["group_zh"] if group else alone.count(row["group_zh"]) == 1


def test_points_sum_to_full_marks(scheme: Scheme) -> None:
    assert sum(channel.max_points for channel in scheme.channels) == scheme.full_marks == 100
    points = {"work": Decimal(28), "hotlines": Decimal(32), "delegates": Decimal(8)}
    for group, expected in points.items():
        assert sum(c.max_points for c in scheme.channels if c.group == group) == expected


def test_one_point_less_is_refused() -> None:
    document = shipped_scheme(KEY).replace('max_points = "10"', 'max_points = "9"', 1)
    with pytest.raises(Problem) as refused:
        checked(document)
    assert [error.code for error in refused.value.errors] == ["points_sum"]


def test_every_open_question_is_answered_in_the_scheme_itself(scheme: Scheme) -> None:
    for channel in scheme.channels:
        assert set(OPEN_QUESTIONS[channel.plugin]) <= set(channel.settings), channel.key
        assert "preset" not in channel.settings


@pytest.mark.parametrize(
    ("channel", "family", "preset"),
    [
        ("hotline_show", "hotline_show", "100/80/50"),
        ("hotline_12345", "hotline", "three_rate"),
        ("web_messages", "messages", "panjin"),
        ("newspaper", "press", "30/30/40"),
        ("web_poll", "web_poll", "100/80/60/0"),
        ("deputies", "deputies", "jinxiang"),
    ],
)
def test_answers_are_the_practice_they_are_said_to_follow(
    scheme: Scheme, channel: str, family: str, preset: str
) -> None:
    schema: Any = load_registry().channel(family).settings_schema
    found = scheme.channel(channel)
    assert found is not None
    assert schema.presets[preset].items() <= found.settings.items()


def test_no_channel_takes_totals_where_its_operator_has_single_cases(scheme: Scheme) -> None:
    handled = [channel for channel in scheme.channels if channel.group == "hotlines"]
    assert [channel.plugin for channel in handled] == ["hotline_show", "hotline", "messages", "press"]
    assert not [channel.key for channel in scheme.channels if channel.plugin.endswith("_totals")]


@pytest.mark.parametrize("channel", ["hotline_12345", "web_messages", "newspaper"])
def test_operator_with_totals_only_is_served_by_one_word(channel: str) -> None:
    scheme = checked(shipped_scheme(KEY))
    plan = scheme.channel(channel)
    assert plan is not None
    document = shipped_scheme(KEY).replace(
        f'plugin = "{plan.plugin}"\n', f'plugin = "{plan.plugin}_totals"\n'
    )
    changed = checked(document).channel(channel)
    assert changed is not None
    assert (changed.plugin, changed.settings) == (f"{plan.plugin}_totals", plan.settings)


def test_worst_option_of_every_public_poll_is_worth_nothing(scheme: Scheme) -> None:
    polls = [c for c in scheme.channels if c.plugin in {"mobile_qr", "web_poll", "weibo", "television"}]
    assert len(polls) == 4
    assert {min(map(Decimal, poll.settings["options"].values())) for poll in polls} == {0}


def test_the_page_about_it_names_every_group_and_every_channel_but_those_of_one_kind(scheme: Scheme) -> None:
    page = (DOCS / f"{KEY}.md").read_text(encoding="utf-8")
    assert all(f"`{group.key}`" in page for group in scheme.groups)
    told = [channel.key for channel in scheme.channels if channel.group in ("", "hotlines", "delegates")]
    assert len(told) == 11
    assert all(f"`{key}`" in page for key in told)


def test_shipped_schemes_are_found_by_key_and_all_valid() -> None:
    assert KEY in shipped_schemes()
    assert [checked(shipped_scheme(key)).key for key in shipped_schemes()] == list(shipped_schemes())
    with pytest.raises(KeyError):
        shipped_scheme("../units")
