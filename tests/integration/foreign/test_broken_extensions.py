"""An extension that cannot be loaded is named with its version; server, shell and good extensions go on."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text
from tests.conftest import bearer
from tests.integration.foreign.conftest import Write, inside, make_open
from tests.small_scheme import channel, draft_period, names_of, open_draft, scheme_of

from pingyi.cli import main
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.embedded.doctor import package_findings
from pingyi.extensions import load_extensions
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.periods.periods import close_period, request_assessment
from pingyi.settings import Settings
from pingyi_workers.jobs import sweep

HEAD = """
from pingyi.channels import Text
from pingyi.extensions import Extension
from pingyi.topics import Topic
def init_app(app):
    app.add_url_rule("/{key}", "{key}", lambda: "here")
from dataclasses import dataclass, field
from pingyi.navigation import FOOT, Link
from pingyi.roles import RoleKind
def role(key): return RoleKind(key=key, title=Text(zh="a", en="a"))
def link(place=FOOT, endpoint="twin"): return Link(place=place, endpoint=endpoint, title=Text(zh="a", en="a"))
def settings(env="PINGYI_ODD", frozen=True):
    return dataclass(frozen=frozen)(type("Odd", (), dict(
        __annotations__=dict(odd=str), odd=field(default="", metadata=dict(env=env, about="x")))))
def topic(key="letters", job="foreign_good:nothing", **more):
    return Topic(key=key, title=Text(zh="信", en="Letters"), job=job, **more)
def nothing(subject):
    return subject
"""
GOOD = HEAD.format(key="good") + 'made = Extension(key="good", init_app=init_app, topics=[topic()])'
MADE = HEAD.format(key="twin") + 'made = Extension(key="twin", init_app=init_app, {more})'
GROUP = {"group": "pingyi.apps", "within": ":made"}
RUDE = 'made = Extension(key="rude", init_app=init_app, checks=lambda settings: 1 / 0)'
BROKEN = {
    "import_error": ("import nothing_of_that_name", "ModuleNotFoundError: No module named"),
    "leaves": ("raise SystemExit('bye')", "SystemExit: bye"),
    "lacks": ("", "AttributeError"),
    "wrong_type": ("made = 'twin'", "expected an Extension, got str"),
    "same_key": (MADE.format(more="").replace("twin", "good"), "there is an extension good already"),
    "same_topic": (MADE.format(more="topics=[topic()]"), "the topic letters is already registered"),
    "core_topic": (MADE.format(more="topics=[topic('fold')]"), "the topic fold is already registered"),
    "sweep": (MADE.format(more="topics=[topic('sweep')]"), "the topic sweep is already registered"),
    "no_topic": (MADE.format(more="topics=['letters']"), "expected a Topic, got str"),
    "wrong_topic": (MADE.format(more="topics=[topic('a/b')]"), "'a/b' is no topic"),
    "wrong_job": (MADE.format(more="topics=[topic('two', 'foreign_good')]"), "form module:function"),
    "wrong_key": (MADE.format(more="").replace('key="twin"', 'key="Twin One"'), "'Twin One' is no key"),
    "no_role": (MADE.format(more="roles=['chair']"), "expected a RoleKind, got str"),
    "core_role": (MADE.format(more="roles=[role('auditor')]"), "the role auditor is already registered"),
    "word_role": (MADE.format(more="roles=[role('public')]"), "the role public is already registered"),
    "our_role": (MADE.format(more="roles=[role('reviewer')]"), "the role reviewer is already registered"),
    "core_code": (MADE.format(more="refusals=dict(PY004=print)"), "PY004 is already registered"),
    "our_code": (MADE.format(more="refusals=dict(PY006=print)"), "PY006 is already registered"),
    "no_code": (MADE.format(more="refusals={'23505': print}"), "'23505' is no SQLSTATE of ours"),
    "core_setting": (MADE.format(more="settings=settings('PINGYI_PORT')"), "PINGYI_PORT is already read"),
    "our_setting": (MADE.format(more="settings=settings('PINGYI_BOX')"), "PINGYI_BOX is already read"),
    "no_setting": (MADE.format(more="settings=settings('')"), "odd names no variable"),
    "no_settings": (MADE.format(more="settings=settings(frozen=False)"), "no frozen dataclass"),
    "no_place": (MADE.format(more="links=[link('ceiling')]"), "not in 'ceiling'"),
    "no_link": (MADE.format(more="links=['/twin']"), "expected a Link, got str"),
    "no_home": (MADE.format(more="home=['sofa']"), "expected a HomePart, got str"),
    "seals": (MADE.format(more="topics=[topic('two', seals=True)]"), "the sealer's role"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_twin_is_named_and_the_good_one_works(package: Write, name: str) -> None:
    code, reason = BROKEN[name]
    package("good", GOOD, **GROUP)
    package(name, code, **GROUP)
    loaded = load_extensions()
    [broken] = loaded.broken
    assert (broken.name, broken.distribution, broken.version) == (name, f"foreign-{name}", "1.2")
    assert reason in broken.error
    assert {"demonstration", "good", "surveys"} == {one.extension.key for one in loaded.working}
    assert loaded.topics["letters"].load()(7) == 7
    assert {"fold", "open_boxes"} <= set(loaded.topics)


@pytest.mark.parametrize(
    "code",
    [
        BROKEN["leaves"][0],
        MADE.format(more="").replace("    app.", "    1 / 0 #"),
        MADE.format(more="links=[link(endpoint='nowhere')]"),
        MADE.format(more="links=[link(endpoint='console.office_period')]"),
        MADE.format(more="approval_kinds=lambda: 1 / 0"),
        MADE.format(more="approval_kinds=lambda: [role('publish')]"),
    ],
)
def test_server_runs_beside_a_broken_extension_and_shows_it(
    start: Callable[[], Flask], package: Write, code: str
) -> None:
    package("good", GOOD, **GROUP)
    package("twin", code, **GROUP)
    app = start()
    with inside(app):
        client = app.test_client()
        shown = client.get("/office/plugins?lang=en", headers=bearer("auditor")).text
        assert client.get("/").status_code == 200
        assert client.get("/api/openapi.json").status_code == 200
    assert "good" in app.view_functions
    extensions = shown.partition("<h2>Extensions</h2>")[2]
    assert "foreign-twin 1.2" in extensions and "Broken" in extensions
    assert "foreign-good 1.2" in extensions and "Letters" in extensions
    assert "the extension cannot be loaded (" in shown


def test_nothing_is_opened_or_assessed_while_nobody_knows_what_is_missing(
    start: Callable[[], Flask], package: Write
) -> None:
    whole = start()
    package("twin", BROKEN["leaves"][0], **GROUP)
    broken = start()
    with inside(whole):
        make_open("p", "partner_score", '{ scale = "5" }')
        alone = channel("law", "依法行政", "100", '{ scale = "5" }', operator="法制办")
        draft_period(scheme_of(alone, key="q", more=""), names_of(2), "q")
    with inside(broken):
        deliver(
            SHELL,
            ChannelRef(period="p", channel="law"),
            [{"unit": "u1", "score": "5"}, {"unit": "u2", "score": "4"}],
        )
        with pytest.raises(Problem) as refused:
            open_draft("q")
        assert [error.code for error in refused.value.errors] == ["extension_broken"]
        with transaction() as connection:
            close_period(connection, SHELL, "p")
        with pytest.raises(Problem, match="extension_broken") as waits, transaction() as connection:
            request_assessment(connection, SHELL, "p")
        assert "foreign-twin 1.2" in waits.value.message.en
    with inside(whole):
        open_draft("q")
        with transaction() as connection:
            request_assessment(connection, SHELL, "p")


ASKED = """
from sqlalchemy import text
def lacking(connection, period_id):
    connection.execute(text("SELECT FROM nothing_of_that_name"))
"""


def test_extension_that_fails_when_asked_is_named_and_holds_up_no_closing(
    start: Callable[[], Flask], package: Write
) -> None:
    whole = start()
    package("odd", ASKED + MADE.format(more="missing=lacking, closed=lacking, unfinished=lacking"), **GROUP)
    failing = start()
    with inside(whole):
        make_open("p", "partner_score", '{ scale = "5" }')
        alone = channel("law", "依法行政", "100", '{ scale = "5" }', operator="法制办")
        draft_period(scheme_of(alone, key="q", more=""), names_of(2), "q")
    with inside(failing):
        with pytest.raises(Problem) as refused:
            open_draft("q")
        [error] = refused.value.errors
        assert error.code == "extension_broken"
        assert "foreign-odd 1.2" in error.message.en and "UndefinedTable" in error.message.en
        with transaction() as connection:
            close_period(connection, SHELL, "p")
        with pytest.raises(Problem, match="extension_broken"), transaction() as connection:
            request_assessment(connection, SHELL, "p")


def test_refusal_of_a_trigger_whose_extension_is_gone_is_told(start: Callable[[], Flask]) -> None:
    with inside(start()), pytest.raises(Problem) as refused, transaction() as connection:
        connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'PY9ZZ'; END $$"))
    assert refused.value.code == "conflict" and "PY9ZZ" in refused.value.message.zh


def test_sweep_of_one_extension_holds_up_no_other(start: Callable[[], Flask], package: Write) -> None:
    note = "import os\ndef tidy():\n    os.environ['SWEPT'] = 'zz'\n"
    package("aa", MADE.format(more="sweep=lambda: 1 / 0").replace("twin", "aa"), **GROUP)
    package("zz", note + MADE.format(more="sweep=tidy").replace("twin", "zz"), **GROUP)
    with pytest.MonkeyPatch.context() as patch, inside(start()):
        patch.setenv("SWEPT", "")
        with pytest.raises(ZeroDivisionError):
            sweep()
        assert os.environ["SWEPT"] == "zz"


def test_shell_runs_and_names_what_is_broken(package: Write) -> None:
    commands = "commands={'letter': 'foreign_twin_shell'}"
    package("good", GOOD, **GROUP)
    package("twin", MADE.format(more=commands), **GROUP)
    package("gone", BROKEN["import_error"][0], **GROUP)
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    listed = CliRunner().invoke(main, ["plugins"], env=nowhere)
    lines = [line.split("\t") for line in listed.output.splitlines()]
    assert listed.exit_code == 0 and {len(line) for line in lines} == {5}
    assert ["good", "extension", "foreign-good", "1.2", "ok"] in lines
    [line] = [line for line in lines if line[-1] != "ok"]
    assert line[:4] == ["gone", "extension", "foreign-gone", "1.2"]
    assert line[4].startswith("broken: ModuleNotFoundError")
    assert CliRunner().invoke(main, ["--help"], env=nowhere).exit_code == 0
    unknown = CliRunner().invoke(main, ["--lang", "en", "letter"], env=nowhere)
    assert unknown.exit_code == 2
    assert "The command letter of foreign_twin_shell cannot be loaded: ModuleNotFoundError" in unknown.output
    assert "The extension gone (foreign-gone 1.2) cannot be loaded: ModuleNotFoundError" in unknown.output


def test_doctor_finds_a_broken_extension(package: Write, settings: Settings) -> None:
    fine = package_findings(settings)
    assert all(one.ok for one in fine)
    assert [one.code for one in fine] == ["extensions", "extension_settings", "extension_tables"]
    assert "PINGYI_BALLOTS, PINGYI_BOX, PINGYI_SMTP, PINGYI_SMTP_TLS" in fine[1].message.zh
    package("rude", HEAD.format(key="rude") + RUDE, **GROUP)
    *_, rude = package_findings(settings)
    assert (rude.code, rude.ok) == ("extensions", False)
    assert "rude" in rude.message.en and "ZeroDivisionError" in rude.message.en
    package("gone", BROKEN["import_error"][0], **GROUP)
    found, *_ = package_findings(settings)
    assert (found.code, found.ok) == ("extensions", False)
    assert "foreign-gone 1.2" in found.message.en and "foreign-gone 1.2" in found.message.zh
