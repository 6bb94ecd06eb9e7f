"""Bodies that may be sent as they stand: in this order they make one small evaluation."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from pingyi.channels import Channel, Flag, Moment, Month, ScoreField, Whole

SCHEME_TOML = """\
key = "example-2017"
title = { zh = "示例方案", en = "Example scheme" }
full_marks = "100"
decimals = 2

[policies]
missing = "reallocate"
min_coverage = "60"
ties = "competition"
tie_break = []

[[categories]]
key = "departments"
title = { zh = "政府部门", en = "Departments" }

[[channels]]
key = "work_law"
plugin = "partner_score"
operator = "市政府法制办"
max_points = "40"
title = { zh = "依法行政情况", en = "Lawful administration" }
settings = { scale = "5" }

[[channels]]
key = "online_poll"
plugin = "web_poll"
operator = "市政府网站"
max_points = "60"
title = { zh = "网上测评", en = "Online poll" }
settings = { preset = ["100/80/60/0", "survey"], unscored = ["no_opinion"], shown_as = "rate" }

[[consequences]]
when = { place = "bottom", k = 1 }
action = "interview"
"""

SCHEME = {"document": SCHEME_TOML}
PERIOD = {
    "key": "example-2017",
    "scheme": "example-2017",
    "starts_on": "2017-01-01",
    "ends_on": "2017-12-31",
    "time_zone": "Asia/Shanghai",
}
UNITS = {
    "units": [
        {"code": "A01", "name": "市发展和改革委员会", "category": "departments", "aliases": ["市发改委"]},
        {"code": "A02", "name": "市公安局", "category": "departments"},
    ]
}
ROLLS = {"rolls": [{"channel": "online_poll", "name": "registered", "count": 52000}]}
PREVIOUS = {
    "previous": [
        {
            "period": "example-2016",
            "unit": "A01",
            "category": "departments",
            "total": "88.5",
            "rank": 1,
            "of": 2,
        }
    ]
}
ADJUSTMENTS = {
    "adjustments": [
        {
            "unit": "A02",
            "kind": "deduction",
            "points": "0.5",
            "reason": "通报批评",
            "document": "纪〔2017〕3号",
        }
    ]
}
DECISIONS = {
    "decisions": [
        {
            "kind": "switch_off",
            "channel": "online_poll",
            "category": "departments",
            "choice": "no",
            "reason": "样本充足",
        }
    ]
}
DRAW = {
    "key": "representatives-2017",
    "title": "行风评议代表抽定",
    "size": 2,
    "alternates": 1,
    "source": "双色球 2099001 期开奖号码",
    "due_on": "2099-01-01",
    "pool": [
        {"id": "R0001", "stratum": "企业"},
        {"id": "R0002", "stratum": "企业"},
        {"id": "R0003", "stratum": "村居"},
        {"id": "R0004", "stratum": "村居"},
    ],
}
DRAW_VALUE = {"value": "03 08 12 21 26 33 + 05"}
SUBSTITUTION = {"replaced": "R0001", "reason": "已迁出本市"}
KEY = {"operator": "市政府法制办", "label": "法制办业务系统"}
OPERATOR = {"name": "市政府法制办"}
REASON = {"reason": "通报已撤销"}
PUBLICATION = {"reason": "评议工作领导小组会议审定"}
REOPENING = {"reason": "市信访局漏报一批数据", "deadline": "2099-01-20T18:00:00+08:00"}
REFUSAL = {"reason": "文号有误，请核对后重新申请"}

_CELLS: dict[str, tuple[Any, ...]] = {
    "unit": ("A01",),
    "score": ("4.5",),
    "evidence": ("依法行政考核通报第3条",),
    "rater": ("rater-01",),
    "batch": ("2017-12",),
    "option": ("satisfied",),
    "count": (120,),
    "of": (125,),
    "measure": ("closed",),
    "month": ("2017-03",),
    "source": ("12345",),
    "case": ("12345-2017-000123",),
    "accepted_at": ("2017-03-01T09:30:00+08:00",),
    "sign_due_at": ("2017-03-01T17:30:00+08:00",),
    "signed_at": ("2017-03-01T11:00:00+08:00",),
    "due_at": ("2017-03-08",),
    "closed_at": ("2017-03-06T16:00:00+08:00",),
    "followed_up": (True,),
    "reached": (True,),
    "resolved": (True, 10),
    "satisfied": (9,),
    "opinion": ("satisfied",),
    "item": ("late",),
    "finding": ("2017-001",),
    "date": ("2017-03-01",),
    "state": ("confirmed",),
    "session": ("2017-03-01",),
    "attended_by": ("leader",),
    "attendees": ("王局长、李科长",),
    "cases": ("12345-2017-000123、12345-2017-000124",),
    "questions": (12,),
    "answered_on_time": (11,),
    "point": ("E017",),
    "reports": (12,),
}
_BY_KIND: tuple[tuple[type[fields.Field[Any]], Any], ...] = (
    (ScoreField, "4.5"),
    (Whole, 12),
    (Moment, "2017-03-01T09:30:00+08:00"),
    (Month, "2017-03"),
    (Flag, True),
    (fields.String, "1"),
)


def entries_example(plugin: Channel) -> dict[str, Any]:
    """A body for a plugin's post: its fields' own `metadata["example"]`, else those of known columns."""
    schema = plugin.entry_schema()
    cells = {
        name: _cell(name, field) for name, field in {"unit": schema.fields["unit"], **schema.fields}.items()
    }
    return {"entries": [{name: cell for name, cell in cells.items() if cell is not None}]}


def _cell(name: str, field: fields.Field[Any]) -> Any:
    """The first value that fits the field; None leaves an optional field out."""
    if "example" in field.metadata:
        return field.metadata["example"]
    by_kind = [value for kind, value in _BY_KIND if isinstance(field, kind)] if field.required else []
    return next((value for value in (*_CELLS.get(name, ()), *by_kind) if _fits(field, value)), None)


def _fits(field: fields.Field[Any], value: Any) -> bool:
    try:
        field.deserialize(value)
    except ValidationError:
        return False
    return True
