"""Every bundled channel keeps every law of the contract, under several settings."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from pingyi.channels import Channel
from pingyi.channels.testing import check_channel

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
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "partner_score": [
        {"scale": "5"},
        {"preset": "hundred-2"},
        {"scale": "0.7", "score_decimals": 1, "evidence_required": True},
    ],
    "panel": [{"scale": "100", "trim": 0, "n_min": 1}, {"scale": "10", "trim": 1, "n_min": 3}],
    "districts": [{"scale": "100", "preset": "trimmed"}],
    "hotline": CASES,
    "hotline_totals": MEASURES,
    "messages_totals": [{"preset": "panjin", "n_min": 1}],
    "press_totals": [{"preset": "30/30/40", "n_min": 1}],
    "mobile_qr": OPEN_BALLOTS,
    "web_poll": [RATE],
    "television": [RATE],
    "weibo": [RATE],
    "deputies": ROSTERS,
    "cppcc": [RATE],
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
    "hotline": [
        {
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
        },
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


@pytest.mark.parametrize("key", SETTINGS)
def test_presets_load_with_what_they_leave_open(channels: dict[str, Channel], key: str) -> None:
    channel: Any = channels[key]
    open_settings: dict[str, dict[str, Any]] = {
        "partner": {},
        "panel": {"scale": "100"},
        "ballots": {"unscored": [], "n_min": 1, "shown_as": "score"},
        "cases": {"n_min": 1},
        "case_totals": {"n_min": 1},
    }
    left_open = open_settings[channel.family]
    for name in channel.settings_schema.presets:
        fills = channel.settings_schema.presets[name]
        given: dict[str, Any] = {**left_open, "preset": name}
        if channel.family == "ballots" and "options" not in fills:
            given["options"] = {"satisfied": "100", "basic": "80", "dissatisfied": "0"}
        if channel.family in {"cases", "case_totals"} and "sub_score_decimals" not in fills:
            given |= {"weights": {"closed": "1"}, "sub_score_decimals": 2}
        loaded = channel.settings_schema().load(given)
        assert set(fills) <= set(loaded)


def test_every_package_is_an_entry_point_and_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {path.name for path in (ROOT / "plugins").glob("pingyi_*")}
    assert set(project["project"]["entry-points"]["pingyi.channels"].values()) == packages
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {name.removeprefix("plugins/") for name in wheel if name.startswith("plugins/")} == packages
