"""The README's first request fits the API and the demonstration, and its commands are there."""

from __future__ import annotations

import csv
import json
import re
import shlex
from importlib.resources import files

from flask import Flask
from tests.docs.reading import ROOT, text_of

from pingyi.api.requests import IDEMPOTENCY_KEY
from pingyi.registry import load_registry
from pingyi_demonstration.running.first_post import CHANNEL, PLUGIN
from pingyi_demonstration.running.periods import OPEN
from pingyi_demonstration.running.post_deliveries import entries_path

README = "README.md"


def first_request() -> list[str]:
    [block] = re.findall(r"^curl .*?[^\\]$", text_of(README), re.MULTILINE | re.DOTALL)
    return shlex.split(block.replace("\\\n", " "))


def headers() -> dict[str, str]:
    words = first_request()
    given = [words[position + 1].partition(": ") for position, word in enumerate(words) if word == "-H"]
    return {name: value for name, _, value in given}


def test_readme_request_goes_to_the_open_period(application: Flask) -> None:
    path = re.sub(r"^https?://[^/]+", "", next(word for word in first_request() if word.startswith("http")))
    assert path == entries_path(OPEN, PLUGIN, CHANNEL)
    endpoint, values = application.url_map.bind("localhost").match(path, method="POST")
    assert (endpoint, values["period"]) == (f"partner_{PLUGIN}.post_entries", OPEN)


def test_readme_request_has_the_headers_of_a_delivery() -> None:
    assert re.fullmatch(IDEMPOTENCY_KEY, headers()["Idempotency-Key"])
    assert headers()["Authorization"].startswith("Bearer ")
    assert headers()["Content-Type"] == "application/json"


def test_readme_entry_loads_and_names_a_unit_of_the_demonstration() -> None:
    words = first_request()
    [entry] = json.loads(words[words.index("-d") + 1])["entries"]
    assert load_registry().channel(PLUGIN).entry_schema().validate(entry) == {}
    table = files("pingyi_demonstration.data").joinpath("units.csv").read_text(encoding="utf-8-sig")
    assert entry["unit"] in {row["name"] for row in csv.DictReader(table.splitlines())}


def test_readme_bundle_is_there() -> None:
    [bundle] = re.findall(r"pingyi replay (\S+)", text_of(README))
    assert (ROOT / bundle / "scheme.toml").is_file()


def test_readme_is_short() -> None:
    assert len(text_of(README).splitlines()) <= 120
