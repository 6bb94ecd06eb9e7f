"""A package of a third party works as ours do; a broken one is named and blocks only what needs it."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from openpyxl import load_workbook
from tests.conftest import bearer
from tests.integration.foreign.conftest import Write, assess, inside, make_open, results_of

from pingyi.cli import main
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.registry import Broken, load_registry
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi.services.core.progress import read_progress
from pingyi.services.intake.deliveries import deliver
from pingyi.services.periods.office_queries import list_periods, period_overview
from pingyi.services.results.load import load_result
from pingyi.services.results.result import results_csv
from pingyi.services.uploads.template_workbook import template_of
from pingyi.topics import ASSESS

NIGHT = {"unit": "u1", "site": "S-1", "month": "2017-03", "nights": 100, "loud": 4}
HEAD = "from pingyi.channels import *\nfrom pingyi.channels.families import partner\n"
TEMPLATE = (
    HEAD
    + """
import dataclasses
made = partner.channel("odd", Text(zh="怪", en="Odd"))
@hookimpl
def pingyi_channels():
    return [dataclasses.replace(made, {changes})]
{more}
"""
)
BROKEN = {
    "import_error": ("import nothing_of_that_name", "ModuleNotFoundError: No module named"),
    "leaves": ("raise SystemExit('bye')", "SystemExit: bye"),
    "duplicate": (
        TEMPLATE.format(changes='key="hotline"', more=""),
        "hotline is already brought by pingyi 0.1.0",
    ),
    "twice": (
        HEAD
        + "@hookimpl\ndef pingyi_channels():\n"
        + "    return [partner.channel('same', Text(zh='a', en='b'))] * 2\n",
        "same is already brought by foreign-twice 1.2",
    ),
    "wrong_type": (
        HEAD + "@hookimpl\ndef pingyi_channels():\n    return ['noise']\n",
        "expected a Channel, got str",
    ),
    "wrong_field": (TEMPLATE.format(changes="entry_schema=dict", more=""), "no class below EntrySchema"),
    "wrong_key": (TEMPLATE.format(changes='key="a/b"', more=""), "'a/b' is no key"),
    "typo": (
        HEAD + "@hookimpl\ndef pingyi_chanels():\n    return []\n",
        "PluginValidationError: unknown hook",
    ),
    "no_hook": ("", "implements no hook of ours"),
    "words": (
        TEMPLATE.format(changes="fact_titles={'mark': 'Mark'}", more=""),
        "fact_titles of channel odd is no table of Text",
    ),
    "raises": (HEAD + "@hookimpl\ndef pingyi_channels():\n    return [1 / 0]\n", "ZeroDivisionError"),
}


def test_foreign_package_works_from_registry_to_result(
    start: Callable[[], Flask], noise_site: Path, package: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(noise_site)
    app = start()
    with inside(app):
        make_open("p", "noise", "{ n_min = 30 }")
        deliver(
            SHELL,
            ChannelRef(period="p", channel="night"),
            [NIGHT, {**NIGHT, "unit": "市第2局", "nights": 20}],
        )
        deliver(
            SHELL,
            ChannelRef(period="p", channel="law"),
            [{"unit": "u1", "score": "5"}, {"unit": "u2", "score": "4"}],
        )
        assess("p")
        with transaction() as connection:
            rows = results_csv(load_result(connection, "p", published_only=False)).decode().splitlines()
        document = app.test_client().get("/api/openapi.json").get_json()
    table = [dict(zip(rows[0].split(","), row.split(","), strict=True)) for row in rows[1:]]
    assert [(r["unit"], r["night"], r["night.quiet"], r["night.status"]) for r in table] == [
        ("u1", "57.60", "96.00", "ok"),
        ("u2", "", "", "too_few"),
    ]
    assert "/api/v1/periods/{period}/noise/{channel}/entries" in document["paths"]


UNTITLED = (
    HEAD
    + """
from fractions import Fraction

class Entry(EntrySchema):
    good = Whole(required=True)

class Settings(SettingsSchema):
    pass

def tally(entry, context):
    return [Count(("good",), entry.values["good"])]

def score(tally, context):
    if not tally["good"]:
        return Score(None, "no_cases")
    facts = {"good": tally["good"], "satisfied_share": Share(1, 2), "how": "pass"}
    return Score(Fraction(1), n=1, facts=facts)

@hookimpl
def pingyi_channels():
    return [Channel(key="plain", title=Text(zh="甲", en="A"), entry_schema=Entry, settings_schema=Settings,
                    tally=tally, score=score)]
"""
)


def facts_of(app: Flask, unit: str, language: str) -> list[list[str]]:
    """The facts on a unit's page, by channel, as the office sees them before publication."""
    address = f"/periods/p/units/{unit}?revision=1&lang={language}"
    page = app.test_client().get(address, headers=bearer("auditor")).text
    shown = re.findall(r'<span class="facts">((?:<span>[^<]*</span>)*)</span>', page)
    return [re.findall(r"<span>([^<]*)</span>", facts) for facts in shown]


def test_foreign_channel_titles_its_facts_and_orders_them(
    start: Callable[[], Flask], noise_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(noise_site)
    app = start()
    with inside(app):
        make_open("p", "noise", "{ n_min = 30 }")
        deliver(SHELL, ChannelRef(period="p", channel="night"), [NIGHT])
        deliver(
            SHELL,
            ChannelRef(period="p", channel="law"),
            [{"unit": "u1", "score": "5"}, {"unit": "u2", "score": "4"}],
        )
        assess("p")
        chinese, english = (facts_of(app, "u1", language) for language in ("zh", "en"))
    assert chinese == [["评分 5"], ["监测夜数 100", "安静夜 96.00"]]
    assert english == [["mark 5"], ["nights 100", "quiet nights 96.00"]]


def test_untitled_facts_stand_under_their_own_names(
    start: Callable[[], Flask], package: Write, tmp_path: Path
) -> None:
    package("plain", UNTITLED)
    app = start()
    with inside(app):
        make_open("p", "plain", "{}")
        deliver(SHELL, ChannelRef(period="p", channel="night"), [{"unit": "u1", "good": 3}])
        deliver(
            SHELL,
            ChannelRef(period="p", channel="law"),
            [{"unit": "u1", "score": "5"}, {"unit": "u2", "score": "4"}],
        )
        assess("p")
        own = ["good 3", "how pass", "satisfied share 50.00%"]
        assert [facts_of(app, "u1", language)[1] for language in ("zh", "en")] == [own, own]
    (tmp_path / "foreign_plain.py").write_text("import nothing_of_that_name")
    sys.modules.pop("foreign_plain")
    app = start()
    with inside(app):
        assert facts_of(app, "u1", "zh")[1] == own


def test_foreign_columns_and_choices_have_the_words_of_their_schema(
    start: Callable[[], Flask], noise_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(noise_site)
    app = start()
    with inside(app):
        make_open("p", "noise", "{ n_min = 30 }")
        deliver(SHELL, ChannelRef(period="p", channel="night"), [{**NIGHT, "method": "移动监测"}])
        with pytest.raises(Problem) as refused:
            deliver(
                SHELL, ChannelRef(period="p", channel="night"), [{**NIGHT, "unit": "u2", "method": "by ear"}]
            )
        client = app.test_client()
        chinese, english = (
            client.get(f"/entries/p/noise/night?lang={language}", headers=bearer("auditor")).text
            for language in ("zh", "en")
        )
        form = client.get("/api/v1/periods/p/noise/night/entries/form", headers=bearer("auditor")).get_json()
        schemas = client.get("/api/openapi.json").get_json()["components"]["schemas"]
        with transaction() as connection:
            template = template_of(
                connection, bound_channel(connection, ChannelRef(period="p", channel="night", plugin="noise"))
            )
    notes = [row[:2] for row in load_workbook(io.BytesIO(template))["说明 Notes"].values]
    assert ("监测方式 / Method", "固定监测、移动监测 / Fixed, Mobile") in notes
    [error] = refused.value.errors
    assert (error.message.zh, error.message.en) == (
        "只能是：固定监测、移动监测。",
        "Must be one of: fixed, mobile.",
    )
    assert "监测方式" in chinese and "移动监测" in chinese and "Method" in english and "Mobile" in english
    titles = {field["name"]: field["title"] for field in form["fields"]}
    assert titles["site"] == {"zh": "工地", "en": "Site"}
    assert titles["method"] == {"zh": "监测方式", "en": "Method"}
    [entry] = [schema for name, schema in schemas.items() if name == "noise_entry"]
    assert entry["properties"]["method"]["title"] == "监测方式 / Method"
    assert {"fixed", "mobile"} <= set(entry["properties"]["method"]["enum"])


@pytest.mark.parametrize("name", BROKEN)
def test_broken_package_is_named_with_its_version(package: Write, name: str) -> None:
    code, told = BROKEN[name]
    package(name, code)
    package("zz_good", HEAD + _GOOD)
    registry = load_registry()
    [broken] = registry.broken
    assert (broken.name, broken.distribution, broken.version) == (name, f"foreign-{name}", "1.2")
    assert told in broken.error
    assert {"hotline", "good"} <= set(registry.channels)
    assert registry.channels["hotline"].distribution == "pingyi"


_GOOD = "@hookimpl\ndef pingyi_channels():\n    return [partner.channel('good', Text(zh='a', en='a'))]\n"


def test_plugins_command_prints_broken_packages_without_engines(package: Write) -> None:
    package("typo", BROKEN["typo"][0])
    done = CliRunner().invoke(main, ["plugins"], env={"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    lines = [line.split("\t") for line in done.output.splitlines()]
    assert done.exit_code == 0 and {len(line) for line in lines} == {5}
    [line] = [line for line in lines if line[-1] != "ok"]
    assert line[:4] == ["typo", "-", "foreign-typo", "1.2"]
    assert line[4].startswith("broken: PluginValidationError: unknown hook 'pingyi_chanels'")


def test_package_that_breaks_later_blocks_only_what_needs_it(
    start: Callable[[], Flask], package: Write, tmp_path: Path
) -> None:
    package("odd", TEMPLATE.format(changes="key='odd'", more=""))
    with inside(start()):
        make_open("needs", "odd", '{ scale = "5" }')
    (tmp_path / "foreign_odd.py").write_text("import nothing_of_that_name")
    sys.modules.pop("foreign_odd")
    app = start()
    assert [type(one) for one in app.extensions["pingyi.registry"].broken] == [Broken]
    with inside(app):
        with pytest.raises(Problem) as refused:
            make_open("other", "odd", '{ scale = "5" }')
        [missing] = refused.value.errors
        assert (missing.code, missing.pointer) == ("plugin_missing", "/channels/1/plugin")
        assert "foreign-odd 1.2: ModuleNotFoundError" in missing.message.en
        make_open("free", "partner_score", '{ scale = "5" }')
        deliver(SHELL, ChannelRef(period="free", channel="night"), [{"unit": "u1", "score": "5"}])
        with transaction() as connection:
            assert [line.key for line in list_periods(connection)] == ["free", "needs"]
            assert period_overview(connection, "needs").channels[1].plugin == "odd"
        deliver(SHELL, ChannelRef(period="needs", channel="law"), [{"unit": "u1", "score": "5"}])
        with pytest.raises(Problem, match="plugin_missing"):
            deliver(SHELL, ChannelRef(period="needs", channel="night"), [{"unit": "u1", "score": "5"}])
        with pytest.raises(Problem, match="plugin_missing"):
            assess("needs")
        assert results_of("needs") == 0
        with transaction() as connection:
            assert period_overview(connection, "needs").line.state == "closed"
            error = read_progress(connection, ASSESS, 1).error
        assert error is not None and "foreign-odd 1.2: ModuleNotFoundError" in error.en


def test_office_page_shows_every_plugin_and_who_needs_the_broken_one(
    start: Callable[[], Flask], package: Write, tmp_path: Path
) -> None:
    package("odd", TEMPLATE.format(changes="key='odd'", more=""))
    with inside(start()):
        make_open("needs", "odd", '{ scale = "5" }')
    (tmp_path / "foreign_odd.py").write_text("raise ValueError('<b>no</b>')")
    sys.modules.pop("foreign_odd")
    app = start()
    with inside(app):
        shown = app.test_client().get("/office/plugins?lang=en", headers=bearer("auditor")).text
        refused = app.test_client().get("/office/plugins", headers=bearer("security_administrator"))
    first, *rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", shown, re.DOTALL)
    assert "foreign-odd 1.2" in first and "Broken" in first and "needs v1" in first and "(night)" in first
    assert "ValueError: &lt;b&gt;no&lt;/b&gt;" in shown and "<b>no" not in shown
    [scores] = [row for row in rows if "partner_score" in row]
    assert "needs v1" in scores and "(law)" in scores
    assert refused.status_code == 403
