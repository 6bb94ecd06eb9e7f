"""A scheme with words of its own in every family that has keys, and what operators send to it in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.small_scheme import channel, draft_period, names_of, open_draft, scheme_of

from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.periods import find_period
from pingyi.services.periods.rolls import RollRow, put_rolls

OPERATOR = "评议办"


@dataclass(frozen=True)
class Told:
    """A channel with its settings, a table in the scheme's words, the same as requests, and what is stored.

    `titles` is left out of `settings`; `entries` are in other words than the table.
    """

    plugin: str
    points: str
    settings: str
    titles: str
    table: Sequence[Sequence[str]]
    entries: Sequence[Mapping[str, Any]]
    values: Sequence[Mapping[str, Any]]

    def written(self, *, words: bool = True) -> str:
        """The settings as a document has them."""
        return f"{{ {self.settings}{f', titles = {{ {self.titles} }}' if words else ''} }}"


BALLOT = (
    'options = { satisfied = "100", soso = "60", dissatisfied = "0" }, '
    'unscored = [], n_min = 1, shown_as = "rate"'
)
OPTIONS = (
    'satisfied = { zh = "很好", en = "Splendid", also = ["好极了"] }, soso = { zh = "凑合", en = "So so" }'
)
TOLD = {
    "vote": Told(
        "deputies",
        "20",
        f'{BALLOT}, dimensions = {{ law = "1", duty = "1" }}, strata = {{ east = "0.5", west = "0.5" }}, '
        'grades = [{ key = "first", options = ["satisfied"], over = "0.5", of = "valid" }, { key = "2" }]',
        f'{OPTIONS}, law = {{ zh = "守法", en = "Abiding", also = ["守法情况"] }}, '
        'duty = { zh = "履职", en = "Duty" }, east = { zh = "东片", en = "Eastern" }, '
        'west = { zh = "西片", en = "Western" }, first = { zh = "一等", en = "First class" }, '
        '"2" = { zh = "二等", en = "Second class" }',
        (
            ("单位", "评议人群", "评议内容", "选项", "票数"),
            ("u1", "东片", "守法情况", "好极了", "8"),
            ("u1", "西片", "履职", "凑合", "2"),
            ("u1", "west", "依法行政", "不满意", "1"),
        ),
        (
            {"unit": "u1", "stratum": "Eastern", "dimension": "守法", "option": "很好", "count": 8},
            {"unit": "u1", "stratum": "WESTERN", "dimension": "Duty", "option": "so-so", "count": 2},
            {"unit": "u1", "stratum": "西片", "dimension": "law", "option": "dissatisfied", "count": 1},
        ),
        (
            {"stratum": "east", "dimension": "law", "option": "satisfied", "count": 8},
            {"stratum": "west", "dimension": "duty", "option": "soso", "count": 2},
            {"stratum": "west", "dimension": "law", "option": "dissatisfied", "count": 1},
        ),
    ),
    "discipline": Told(
        "checklist",
        "20",
        'items = [{ key = "noon_alcohol", deduct = "20" }, { key = "3", veto = true }]',
        'noon_alcohol = { zh = "工作日中午饮酒", en = "Alcohol at noon", also = ["中午饮酒"] }, '
        '"3" = { zh = "弄虚作假", en = "Forgery" }',
        (
            ("单位", "指标", "次数"),
            ("u1", "工作日中午饮酒", "2"),
            ("u2", "中午 饮酒", "1"),
            ("u2", "弄虚作假", "1"),
        ),
        (
            {"unit": "u1", "item": "Alcohol at noon", "count": 2},
            {"unit": "u2", "item": "中午饮酒", "count": 1},
            {"unit": "u2", "item": "forgery", "count": 1},
        ),
        (
            {"item": "noon_alcohol", "count": 2},
            {"item": "noon_alcohol", "count": 1},
            {"item": "3", "count": 1},
        ),
    ),
    "visits": Told(
        "inspections",
        "10",
        'items = [{ key = "confirmed", deduct = "5" }]',
        'confirmed = { zh = "脱岗,离岗", en = "Away from the desk" }',
        (("单位", "编号", "指标", "状态"), ("u1", "F1", "脱岗,离岗", "已认定")),
        ({"unit": "u1", "finding": "F1", "item": "Away from the desk", "state": "Confirmed"},),
        ({"finding": "F1", "item": "confirmed", "state": "confirmed"},),
    ),
    "hotline": Told(
        "hotline",
        "10",
        'events = { late = "2", lie = "5" }, n_min = 1, sub_score_decimals = 1',
        'late = { zh = "超期", en = "Overdue", also = ["超时"] }, '
        'lie = { zh = "虚假答复", en = "False reply" }',
        (
            ("单位", "编号", "受理时间", "超时", "扣分事项：虚假答复"),
            ("u1", "A1", "2017-03-01", "1", ""),
            ("u1", "A2", "2017-03-02", "", "2"),
        ),
        (
            {"unit": "u1", "case": "A1", "accepted_at": "2017-03-01", "events": {"超期": 1}},
            {"unit": "u1", "case": "A2", "accepted_at": "2017-03-02", "events": {"FALSE REPLY": 2}},
        ),
        (
            {"case": "A1", "accepted_at": "2017-03-01T23:59:59+08:00", "events": {"late": 1}},
            {"case": "A2", "accepted_at": "2017-03-02T23:59:59+08:00", "events": {"lie": 2}},
        ),
    ),
    "totals": Told(
        "hotline_totals",
        "10",
        'weights = { closed = "0.5", satisfied = "0.5" }, credit = { basic = "0.6" }, n_min = 1, '
        "sub_score_decimals = 1",
        'closed = { zh = "结案率", en = "Closing rate", also = ["结案"] }, '
        'basic = { zh = "凑合", en = "So so" }',
        (
            ("单位", "月份", "指标", "件数", "总数"),
            ("u1", "2017-03", "结案率", "9", "10"),
            ("u1", "2017-03", "满意率", "5", "10"),
            ("u1", "2017-03", "凑合", "3", ""),
        ),
        (
            {"unit": "u1", "month": "2017-03", "measure": "结案", "count": 9, "of": 10},
            {"unit": "u1", "month": "2017-03", "measure": "满意", "count": 5, "of": 10},
            {"unit": "u1", "month": "2017-03", "measure": "so so", "count": 3},
        ),
        (
            {"month": "2017-03", "measure": "closed", "count": 9, "of": 10},
            {"month": "2017-03", "measure": "satisfied", "count": 5, "of": 10},
            {"month": "2017-03", "measure": "basic", "count": 3},
        ),
    ),
    "show": Told(
        "hotline_show",
        "10",
        'weights = { attended = "1" }, credit = { deputy = "0.8", other = "0.5" }, n_min = 1, '
        "sub_score_decimals = 1",
        'deputy = { zh = "副职", en = "Vice head", also = ["副局长"] }, '
        'attended = { zh = "到场", en = "Present" }',
        (("单位", "场次", "上线人员"), ("u1", "1", "副局长"), ("u1", "2", "主要负责人")),
        (
            {"unit": "u1", "session": "1", "attended_by": "副职"},
            {"unit": "u1", "session": "2", "attended_by": "leader"},
        ),
        ({"session": "1", "attended_by": "deputy"}, {"session": "2", "attended_by": "leader"}),
    ),
    "points": Told(
        "monitoring_points",
        "20",
        f'{BALLOT}, dimensions = {{ law = "1", speed = "1" }}, strata = {{ firm = "1" }}, preset = "50/50"',
        f'{OPTIONS}, law = {{ zh = "守法", en = "Abiding" }}, firm = {{ zh = "企业", en = "Firms" }}, '
        'speed = { zh = "办事快慢", en = "Pace", also = ["快慢"] }, '
        'resolved = { zh = "办妥", en = "Settled" }',
        (
            ("单位", "监测点", "监测点类型", "测评：守法", "快慢", "反映问题数", "解决数"),
            ("u1", "E1", "企业", "好极了", "凑合", "2", "1"),
            ("u1", "E2", "firm", "不满意", "", "", ""),
        ),
        (
            {
                "unit": "u1",
                "point": "E1",
                "stratum": "Firms",
                "answers": {"Abiding": "很好", "快慢": "So so"},
                "reports": 2,
                "resolved": 1,
            },
            {"unit": "u1", "point": "E2", "stratum": "企业", "answers": {"law": "dissatisfied"}},
        ),
        (
            {
                "point": "E1",
                "stratum": "firm",
                "answers": {"law": "satisfied", "speed": "soso"},
                "reports": 2,
                "resolved": 1,
            },
            {"point": "E2", "stratum": "firm", "answers": {"law": "dissatisfied"}},
        ),
    ),
}


def scheme(*, words: bool = True) -> str:
    """The scheme of all these channels, with the titles or without."""
    return scheme_of(
        *(
            channel(key, key, told.points, told.written(words=words), operator=OPERATOR, plugin=told.plugin)
            for key, told in TOLD.items()
        ),
        key="own",
        min_coverage="0",
    )


def open_period(*, words: bool = True) -> None:
    """An open period "p" of 2017 with the units u1 and u2."""
    draft_period(scheme(words=words), names_of(2), starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
    with transaction() as connection:
        roll = RollRow(channel="points", name="registered", stratum="firm", count=4)
        put_rolls(connection, SHELL, find_period(connection, "p"), [roll])
    open_draft()
