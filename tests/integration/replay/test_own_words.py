"""A bundle whose scheme has words of its own: the same result, and a record that anyone can check."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.integration.record.checking import check
from tests.own_words import TOLD, scheme
from tests.small_scheme import channel, scheme_of

from pingyi.domain.errors import Problem
from pingyi.services.bundles.bundles import read_bundle
from pingyi.services.results.result import Result, results_csv, results_json

PINGYI = Path(sys.executable).with_name("pingyi")
PERIOD = "starts_on = 2017-01-01\nends_on = 2017-12-31\n"
UNITS = "code,name,category\nu1,市第1局,departments\nu2,市第2局,departments\n"
ROLLS = "channel,name,stratum,count\npoints,registered,firm,4\n"


def by_keys(values: Sequence[Mapping[str, Any]], units: Sequence[str]) -> list[list[str]]:
    """What is stored, as a table of keys."""
    flat = [
        {"unit": unit}
        | {name: str(value) for name, value in one.items() if not isinstance(value, dict)}
        | {f"{name}.{key}": str(cell) for name, cells in one.items() if isinstance(cells, dict)
           for key, cell in cells.items()}
        for one, unit in zip(values, units, strict=True)
    ]  # fmt: skip
    names = list(dict.fromkeys(name for row in flat for name in row))
    return [names, *([row.get(name, "") for name in names] for row in flat)]


def write(folder: Path, *, words: bool) -> Path:
    """The bundle in the scheme's words, or the same in keys for the scheme without them."""
    (folder / "entries").mkdir(parents=True)
    files = {
        "scheme.toml": scheme(words=words),
        "period.toml": PERIOD,
        "units.csv": UNITS,
        "rolls.csv": ROLLS,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for key, told in TOLD.items():
        units = [row[0] for row in told.table[1:]]
        table = told.table if words else by_keys(told.values, units)
        with (folder / f"entries/{key}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)
    return folder


def run_replay(bundle: Path, out: Path, language: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PINGYI, "replay", bundle, "--out", out],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": f"{language}.UTF-8", "PYTHONUTF8": "1"},
    )


@pytest.mark.long
def test_result_is_that_of_the_scheme_without_its_words_and_can_be_checked(
    replay: Callable[[Path], Result], tmp_path: Path
) -> None:
    replayed = tmp_path / "out"
    done = run_replay(write(tmp_path / "words", words=True), replayed, "zh_CN")
    assert (done.returncode, done.stderr) == (0, "")
    checked = check(replayed)
    assert (checked.status, checked.wrong) == (0, [])
    plain = replay(write(tmp_path / "keys", words=False))
    assert (replayed / "results.csv").read_bytes() == results_csv(plain)
    own, bare = json.loads((replayed / "results.json").read_bytes()), json.loads(results_json(plain))
    assert own["units"] == bare["units"]
    grades = [unit["channels"]["vote"]["facts"].get("grade") for unit in own["units"]]
    assert grades == ["first", None]
    counters = json.loads((replayed / "snapshot.json").read_bytes())["counters"]
    assert counters["discipline"]["counted"]["u1"] == {"examined": 1, "item/noon_alcohol": 2}


KEYED = 'items = [\n  { key = "noon_alcohol", deduct = "20" },\n  { key = "执行不力", deduct = "5" },\n]\n'
TITLES = """
[channels.settings.titles]
noon_alcohol = { zh = "饮酒", en = "Drink" }

[channels.settings.titles.late]
zh = "迟到"
en = "Late"
also = [
  "晚到",
  "饮 酒",
]
"""
WRONG = [
    (
        KEYED,
        "执行不力",
        "/items/1/key",
        "代号只能用字母、数字、“_”和“-”；中文名称请填在“名称”里。",
        'Not a key of letters, digits, "_" and "-"; Chinese words belong into "titles".',
    ),
    (
        KEYED.replace("执行不力", "late") + TITLES,
        "饮 酒",
        "/titles/late/also/1",
        "“饮 酒”已经指“noon_alcohol”，一个词只能指一个代号。",
        '"饮 酒" means "noon_alcohol" already; a word has one meaning.',
    ),
    (
        KEYED.replace("执行不力", "lates") + TITLES.replace("饮 酒", "迟了"),
        "[channels.settings.titles.late]",
        "/titles/late",
        "本渠道的设置没有用到代号“late”；用到的有：noon_alcohol, lates。",
        'The settings of this channel use no key "late"; they use: noon_alcohol, lates.',
    ),
]  # each with what stands on the line that is named


def wrong_scheme(part: str) -> str:
    whole = scheme_of(
        channel("x", "纪律", "100", "{}", operator="纪委", plugin="checklist", more=""), more=""
    )
    return whole.replace("settings = {}\n", f"[channels.settings]\n{part}")


@pytest.mark.long
@pytest.mark.parametrize(("part", "stands", "pointer", "zh", "en"), WRONG)
def test_wrong_key_or_title_is_named_at_its_line_by_api_bundle_and_shell(
    client: FlaskClient,
    office: dict[str, str],
    tmp_path: Path,
    part: str,
    stands: str,
    pointer: str,
    zh: str,
    en: str,
) -> None:
    document = wrong_scheme(part)
    [line] = [number for number, text in enumerate(document.splitlines(), 1) if stands in text]
    answer = client.post("/api/v1/schemes", json={"document": document}, headers=office)
    (error,) = answer.json["errors"]
    assert (answer.status_code, answer.json["code"]) == (422, "scheme_invalid")
    assert (error["pointer"], error["row"], error["detail"]) == (f"/channels/0/settings{pointer}", line, zh)
    (tmp_path / "scheme.toml").write_text(document, encoding="utf-8")
    with pytest.raises(Problem) as caught:
        read_bundle(tmp_path)
    (told,) = caught.value.errors
    assert (told.file, told.row, told.message.zh, told.message.en) == ("scheme.toml", line, zh, en)
    for language, words in (("zh_CN", zh), ("en_GB", en)):
        done = run_replay(tmp_path, tmp_path / "out", language)
        assert done.returncode == 1
        assert f"scheme.toml:{line}:" in done.stderr.splitlines()[0]
        assert done.stderr.splitlines()[0].endswith(words)
