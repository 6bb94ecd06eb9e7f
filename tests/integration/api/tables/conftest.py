"""An open period of 2026 with the channels that people send tables to, and how a table is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

SCHEME = """\
key = "tables-2026"
title = { zh = "表格", en = "Tables" }
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
key = "scores"
plugin = "partner_score"
operator = "市政府法制办"
max_points = "20"
title = { zh = "依法行政", en = "Lawful administration" }
settings = { scale = "100", score_decimals = 2 }

[[channels]]
key = "cases"
plugin = "hotline"
operator = "市政府法制办"
max_points = "20"
title = { zh = "热线办件", en = "Hotline" }
settings = { preset = "three_rate", n_min = 1, sub_score_decimals = 2 }

[[channels]]
key = "totals"
plugin = "hotline_totals"
operator = "市政府法制办"
max_points = "20"
title = { zh = "热线汇总", en = "Hotline totals" }
[channels.settings]
weights = { resolved = "0.5", satisfied = "0.5" }
credit = { basic = "0.9" }
n_min = 1
sub_score_decimals = 2


[[channels]]
key = "poll"
plugin = "web_poll"
operator = "市政府法制办"
max_points = "20"
title = { zh = "网上测评", en = "Online poll" }
settings = { preset = ["100/80/60/0", "survey"], unscored = ["no_opinion"], shown_as = "rate" }

[[channels]]
key = "panel"
plugin = "panel"
operator = "市政府法制办"
max_points = "20"
title = { zh = "评议员", en = "Panel" }
settings = { scale = "100", trim = 1, n_min = 1 }
"""
UNITS = {
    "003": "花山区民政局",
    "010": "市公安局",
    "011": "市财政局",
    "012": "市税务局",
    "013": "市民政局",
}
PLUGINS = {
    "scores": "partner_score",
    "cases": "hotline",
    "totals": "hotline_totals",
    "poll": "web_poll",
    "panel": "panel",
}
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Desk:
    """An operator's table, sent to a channel of the period."""

    client: FlaskClient
    headers: dict[str, str]

    def base(self, channel: str) -> str:
        return f"/api/v1/periods/tables-2026/{PLUGINS[channel]}/{channel}"

    def send(self, channel: str, content: bytes, **query: str) -> Any:
        return self.client.post(
            f"{self.base(channel)}/uploads", data=content, headers=self.headers, query_string=query
        )

    def rows(self, channel: str, content: bytes) -> Rows:
        """The verdicts on a table that can be judged."""
        answer = self.send(channel, content)
        assert answer.status_code == 201, answer.text
        rows: Rows = answer.json["verdicts"]
        return rows

    def codes(self, channel: str, content: bytes) -> dict[int, list[str]]:
        """The codes of what is wrong, by row."""
        return {row["row"]: [error["code"] for error in row["errors"]] for row in self.rows(channel, content)}

    def stored(self, channel: str, content: bytes) -> list[dict[str, Any]]:
        """Send and confirm a table; the values of all entries of the channel that stand."""
        answer = self.send(channel, content)
        assert answer.status_code == 201, answer.text
        assert answer.json["state"] == "ready", answer.text
        number = answer.json["upload"]
        done = self.client.post(f"{self.base(channel)}/uploads/{number}/confirmation", headers=self.headers)
        assert done.status_code == 201, done.text
        return self.entries(channel)

    def entries(self, channel: str) -> list[dict[str, Any]]:
        """The values of the entries that stand."""
        listed = self.client.get(f"{self.base(channel)}/entries", headers=self.headers).json["entries"]
        return [entry["values"] for entry in listed if entry["current"]]


@pytest.fixture
def draft_tables(client: FlaskClient, office: dict[str, str]) -> None:
    units = [{"code": code, "name": name, "category": "departments"} for code, name in UNITS.items()]
    period = {
        "key": "tables-2026",
        "scheme": "tables-2026",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "time_zone": "Asia/Shanghai",
    }
    for method, path, body in (
        ("POST", "/schemes", {"document": SCHEME}),
        ("POST", "/periods", period),
        ("PUT", "/periods/tables-2026/units", {"units": units}),
    ):
        made = client.open(f"/api/v1{path}", method=method, json=body, headers=office)
        assert made.status_code in {200, 201}, made.text


@pytest.fixture
def desk(
    client: FlaskClient,
    draft_tables: None,
    office: dict[str, str],
    key_of: Callable[..., dict[str, str]],
) -> Desk:
    opened = client.post("/api/v1/periods/tables-2026/opening", headers=office)
    assert opened.status_code == 200, opened.text
    return Desk(client, key_of("市政府法制办"))
