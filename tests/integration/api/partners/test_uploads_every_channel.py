"""Every channel takes its entries from a file as it takes them from a request."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from pingyi.api.examples import PERIOD, ROLLS, SCHEME_TOML, UNITS, entries_example


def table(entries: list[dict[str, Any]]) -> bytes:
    """The entries as CSV, the keys of a mapping after a dot."""
    flat = [dict(cells(entry)) for entry in entries]
    names = list(dict.fromkeys(name for row in flat for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue().encode()


def cells(entry: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in entry.items():
        if isinstance(value, dict):
            found.extend((f"{name}.{key}", inner) for key, inner in value.items())
        else:
            found.append((name, value))
    return found


def test_file_is_judged_as_the_same_entries_posted(
    app: Flask, client: FlaskClient, world: dict[str, str], key_of: Callable[..., dict[str, str]]
) -> None:
    key = key_of("市政府法制办")
    for plugin, channel in world.items():
        base = f"/api/v1/periods/example-2017/{plugin}/{channel}"
        body = entries_example(app.extensions["pingyi.registry"].channel(plugin))
        sent = client.post(f"{base}/uploads", data=table(body["entries"]), headers=key)
        assert sent.json.get("state") == "ready", (plugin, sent.text)
        headers = {**key, "Idempotency-Key": f"every-channel-{plugin:_<20}"}
        posted = client.post(f"{base}/entries", json=body, headers=headers)
        assert posted.status_code == 201, (plugin, posted.text)
        again = client.post(f"{base}/uploads", data=table(body["entries"]), headers=key)
        identified = bool(app.extensions["pingyi.registry"].channel(plugin).identity)
        assert again.json["counts"]["unchanged" if identified else "new"] == len(body["entries"]), plugin


def test_template_of_every_channel_names_only_columns_that_are_taken(
    client: FlaskClient, world: dict[str, str], key_of: Callable[..., dict[str, str]]
) -> None:
    key = key_of("市政府法制办")
    for plugin, channel in world.items():
        base = f"/api/v1/periods/example-2017/{plugin}/{channel}"
        template = client.get(f"{base}/entries/template.xlsx", headers=key)
        answer = client.post(f"{base}/uploads", data=template.data, headers=key)
        assert answer.json["code"] == "file_empty", (plugin, answer.text)


POINTS = """
settings = { preset = ["100/80/60/0", "50/50"], unscored = ["no_opinion"], n_min = 1, shown_as = "rate", \
dimensions = { overall = "0.5", attitude = "0.5" } }
"""


def test_columns_of_a_mapping_stand_below_one_merged_title(
    client: FlaskClient, office: dict[str, str], key_of: Callable[..., dict[str, str]]
) -> None:
    document = SCHEME_TOML.replace('"web_poll"', '"monitoring_points"')
    document = re.sub(r"settings = \{ preset.*\n", lambda _: POINTS.lstrip(), document)
    for method, path, body in (
        ("POST", "/schemes", {"document": document}),
        ("POST", "/periods", PERIOD),
        ("PUT", "/periods/example-2017/units", UNITS),
        ("PUT", "/periods/example-2017/rolls", ROLLS),
        ("POST", "/periods/example-2017/opening", None),
    ):
        made = client.open(f"/api/v1{path}", method=method, json=body, headers=office)
        assert made.status_code in {200, 201}, made.text
    base = "/api/v1/periods/example-2017/monitoring_points/online_poll"
    key = key_of("市政府网站")
    file = (
        "监测点评议,,,,,\n单位,监测点,监测点类型,测评,,月份\n,,,overall,attitude,\n"
        "A01,E1,enterprise,satisfied,basic,2017年3月\nA02,E2,enterprise,,happy,２０１７/４/１\n"
    )
    found = client.post(f"{base}/uploads", data=file.encode(), headers=key).json
    assert [(row["row"], row["verdict"]) for row in found["verdicts"]] == [(4, "new"), (5, "wrong")]
    assert {error["column"] for error in found["verdicts"][1]["errors"]} == {"attitude"}
    sent = client.post(f"{base}/uploads", data=file[: file.index("A02")].encode(), headers=key).json
    assert client.post(f"{base}/uploads/{sent['upload']}/confirmation", headers=key).status_code == 201
    (entry,) = client.get(f"{base}/entries", headers=key).json["entries"]
    assert entry["values"]["answers"] == {"overall": "satisfied", "attitude": "basic"}
    assert entry["values"]["month"] == "2017-03"
