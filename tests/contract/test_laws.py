"""Every bundled channel keeps every law of the contract, under several settings."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pingyi.channels import Channel
from pingyi.channels.testing import check_channel

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
BALLOT = {"n_min": 1, "unscored": ["no_opinion"], "shown_as": "score"}
RATE = {**BALLOT, "preset": "100/80/60/0", "shown_as": "rate"}
TWO = {"options": {"yes": "100", "no": "0"}, **BALLOT, "shown_as": "rate"}
OPEN_BALLOTS: list[dict[str, Any]] = [
    RATE,
    {**TWO, "dimensions": {"attitude": "1", "speed": "2"}},
    {**TWO, "strata": {"phone": "0.6", "paper": "0.4"}, "dimensions": {"attitude": "1", "speed": "1.5"}},
    {**BALLOT, "preset": "1-10", "unscored": []},
]
ROSTERS: list[dict[str, Any]] = [
    *OPEN_BALLOTS,
    {**BALLOT, "preset": ["100/80/30", "half", "zhenhai"]},
    {
        **TWO,
        "quorum": {"at_least": "0.1", "of": "issued"},
        "grades": [{"key": "good", "options": ["yes"], "over": "0.5", "of": "valid"}, {"key": "bad"}],
        "dimensions": {"law": "1", "duty": "1"},
    },
]
MEASURES: list[dict[str, Any]] = [
    {"preset": "panjin", "n_min": 1},
    {"preset": "three_rate", "n_min": 1},
    {"preset": ["lianyungang", "rate"], "n_min": 2},
    {"events": {"late_sign": "2", "false_reply": "0.33"}, "n_min": 1, "sub_score_decimals": 1},
]
CASES: list[dict[str, Any]] = [
    *MEASURES,
    {
        "weights": {"satisfied": "0.5", "signed": "0.5"},
        "of": {"satisfied": "followed_up", "signed": "accepted"},
        "source": {"satisfied": "12345"},
        "credit": {"basic": "0.7"},
        "n_min": 1,
        "sub_score_decimals": 0,
    },
]
LATE = {"key": "late", "deduct": "2.5", "cap": "20"}
ITEMS: list[dict[str, Any]] = [
    {"items": [LATE, {"key": "accident", "veto": True}]},
    {
        "preset": "national",
        "items": [LATE, {"key": "fees", "deduct": "0.333"}, {"key": "award", "bonus": "3", "cap": "15"}],
    },
    {"items": [{**LATE, "cap": "100"}, {"key": "award", "bonus": "1"}], "bonus_gate": "0"},
]
SHOWS: list[dict[str, Any]] = [
    {"preset": ["100/80/50", "40/20/20/20"], "n_min": 1},
    {
        "weights": {"attended": "0.5", "satisfied": "0.3", "resolved": "0.2"},
        "of": {"satisfied": "resolved", "resolved": "answered_on_time"},
        "preset": "leader_only",
        "n_min": 2,
        "sub_score_decimals": 1,
    },
    {
        "bands": [{"measure": "answered_on_time", "points": "20", "full": "95", "per": "1", "floor": "0"}],
        "n_min": 1,
        "sub_score_decimals": 2,
    },
    {"events": {"absent": "5", "late": "0.25"}, "n_min": 1, "sub_score_decimals": 1},
]
POINTS: list[dict[str, Any]] = [
    {**RATE, "preset": ["100/80/60/0", "50/50"], "dimensions": {"overall": "1"}},
    {
        **TWO,
        "dimensions": {"attitude": "1", "speed": "2"},
        "strata": {"enterprise": "0.6", "village": "0.4"},
        "ballot_share": "0.7",
        "report_weights": {"resolved": "0.25", "satisfied": "0.75"},
    },
    {**TWO, "preset": "50/50", "ballot_share": "0", "dimensions": {"speed": "1"}},
]
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "partner_score": [
        {"scale": "5"},
        {"preset": "hundred-2"},
        {"scale": "0.7", "score_decimals": 1, "evidence_required": True},
    ],
    "panel": [{"scale": "100", "trim": 0, "n_min": 1}, {"scale": "10", "trim": 1, "n_min": 3}],
    "districts": [{"scale": "100", "preset": "trimmed"}],
    "checklist": ITEMS,
    "inspections": ITEMS,
    "hotline": CASES,
    "hotline_show": SHOWS,
    "messages": [{"preset": "30/30/40", "n_min": 1}],
    "press": [{"preset": ["lianyungang_2022", "rate"], "n_min": 1}],
    "hotline_totals": MEASURES,
    "messages_totals": [{"preset": "panjin", "n_min": 1}],
    "press_totals": [{"preset": "30/30/40", "n_min": 1}],
    "mobile_qr": OPEN_BALLOTS,
    "web_poll": [RATE],
    "television": [RATE],
    "weibo": [RATE],
    "deputies": ROSTERS,
    "cppcc": [RATE],
    "roster": [RATE],
    "monitoring_points": POINTS,
}
CASE = {
    "unit": "u1",
    "source": "12345",
    "case": "1",
    "accepted_at": "2017-03-01",
    "sign_due_at": "2017-03-02",
    "signed_at": "2017-03-01T09:30:00+08:00",
    "due_at": "2017-03-15",
    "closed_at": "2017-03-16",
    "followed_up": "是",
    "reached": "是",
    "resolved": "是",
    "opinion": "satisfied",
}
ROWS: dict[str, list[dict[str, Any]]] = {
    "hotline_totals": [
        {"unit": "u1", "month": "2017-03", "measure": "satisfied", "count": 33, "of": 40},
        {"unit": "u1", "month": "2017-04", "measure": "satisfied", "rate": "98.5", "of": 20},
        {"unit": "u1", "month": "2017-03", "measure": "basic", "count": 7},
        {"unit": "u1", "measure": "closed", "rate": "98.06"},
        {"unit": "u2", "month": "2017-03", "measure": "on_time", "count": 6, "of": 7},
        {"unit": "u2", "month": "2017-03", "measure": "late_sign", "count": 2},
    ],
    "deputies": [
        {"unit": "u1", "option": "satisfied", "count": 17},
        {"unit": "u1", "option": "basic", "count": 11},
        {"unit": "u1", "option": "dissatisfied", "count": 1},
        {"unit": "u2", "dimension": "law", "option": "yes", "count": 20},
        {"option": "issued", "count": 29},
    ],
    "hotline": [CASE],
    "messages": [CASE],
    "press": [CASE],
    "checklist": [
        {"unit": "u1", "item": "late", "count": 9},
        {"unit": "u1", "item": "award", "count": 4},
        {"unit": "u2", "item": "accident", "count": 1},
        {"unit": "u2"},
    ],
    "inspections": [
        {"unit": "u1", "finding": "1", "date": "2017-03-01", "item": "late", "state": "confirmed"},
        {"unit": "u1", "finding": "2", "item": "late", "state": "已撤销"},
        {"unit": "u1", "finding": "3", "item": "award", "state": "confirmed"},
        {"unit": "u2", "finding": "4", "state": "confirmed"},
        {"unit": "u2", "finding": "5", "item": "accident", "state": "contested"},
    ],
    "hotline_show": [
        {
            "unit": "u1",
            "session": "1",
            "date": "2017-03-01",
            "attended_by": "leader",
            "questions": 5,
            "answered_on_time": 4,
            "resolved": 3,
            "satisfied": 2,
        },
        {"unit": "u1", "session": "2", "attended_by": "缺席"},
        {"unit": "u2", "session": "1", "attended_by": "other", "questions": 2, "answered_on_time": 2},
    ],
    "monitoring_points": [
        {
            "unit": "u1",
            "point": "E017",
            "stratum": "enterprise",
            "month": "2017-03",
            "answers": {"overall": "satisfied"},
            "reports": 3,
            "answered_on_time": 3,
            "resolved": 2,
        },
        {"unit": "u1", "point": "V1", "stratum": "village", "answers": {"speed": "no"}},
        {"unit": "u2", "point": "V1", "stratum": "village", "reports": 1, "satisfied": 0},
    ],
}
ROLLS = {"deputies": {("eligible", ""): 29, ("issued", "phone"): 40}}
CASES_OF_LAW = [(key, settings) for key, several in SETTINGS.items() for settings in several]


@pytest.mark.parametrize(("key", "settings"), CASES_OF_LAW)
def test_bundled_channel_keeps_every_law(
    channels: dict[str, Channel], key: str, settings: dict[str, Any]
) -> None:
    rows, rolls = ROWS.get(key), ROLLS.get(key)
    check_channel(channels[key], settings=settings, rows=rows, rolls=rolls, examples=25)


def test_bundled_channels_are_all_checked(channels: dict[str, Channel]) -> None:
    assert set(SETTINGS) == set(channels)


BALLOT_ALONE = {"options": {"satisfied": "100", "basic": "80", "dissatisfied": "0"}, **BALLOT}
MEASURES_ALONE = {"weights": {"closed": "1"}, "n_min": 1, "sub_score_decimals": 2}
WHOLE: dict[str, dict[str, Any]] = {
    "partner": {"scale": "100"},
    "panel": {"scale": "100", "trim": 0, "n_min": 3},
    "ballots": BALLOT_ALONE,
    "cases": MEASURES_ALONE,
    "case_totals": MEASURES_ALONE,
    "checklist": {"items": [LATE, {"key": "award", "bonus": "1"}], "bonus_gate": "0"},
    "findings": {"items": [LATE, {"key": "award", "bonus": "1"}], "bonus_gate": "0"},
    "show": {**MEASURES_ALONE, "weights": {"attended": "1"}, "credit": {"deputy": "1", "other": "1"}},
    "monitoring_points": {
        **BALLOT_ALONE,
        "dimensions": {"speed": "1"},
        "ballot_share": "0.5",
        "report_weights": {"resolved": "1"},
    },
}


@pytest.mark.parametrize("key", SETTINGS)
def test_presets_load_with_what_they_leave_open(channels: dict[str, Channel], key: str) -> None:
    channel: Any = channels[key]
    for name, fills in channel.settings_schema.presets.items():
        filled = {*fills, *(("weights",) if "bands" in fills else ())}
        left_open = {
            setting: value for setting, value in WHOLE[channel.family].items() if setting not in filled
        }
        loaded = channel.settings_schema().load({**left_open, "preset": name})
        assert set(fills) <= set(loaded)


def test_every_package_is_an_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {
        f"pingyi_plugins.{path.parent.name}"
        for path in (ROOT / "plugins/pingyi_plugins").glob("*/__init__.py")
    }
    assert set(project["project"]["entry-points"]["pingyi.channels"].values()) == packages
