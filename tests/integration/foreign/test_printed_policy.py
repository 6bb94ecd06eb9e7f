"""Roles and routes are printed by the shell, those of packages too, and without engines."""

from __future__ import annotations

from click.testing import CliRunner
from tests.integration.foreign.conftest import Write

from pingyi.cli import main
from pingyi.extensions import load_extensions
from pingyi.roles import incompatible_pairs

NO_ENGINES = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1"}
SCRIBE = """
from pingyi.channels import Text
from pingyi.extensions import Extension
from pingyi.roles import RoleKind
from pingyi.web.policy import policy
def init_app(app):
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret", methods=["GET", "POST"])
    app.add_url_rule("/desk", "desk", policy("scribe", "auditor")(lambda: "desk"))
extension = Extension(key="desk", init_app=init_app, roles=[RoleKind(
    key="scribe", title=Text(zh="文书", en="Scribe"), apart_from=frozenset({"approver"}))])
"""


def printed(*command: str) -> list[list[str]]:
    done = CliRunner().invoke(main, command, env=NO_ENGINES)
    assert done.exit_code == 0, done.output
    return [line.split("\t") for line in done.output.splitlines()]


def test_roles_are_printed_with_titles_and_what_they_are_kept_apart_from(package: Write) -> None:
    package("desk", SCRIBE, "pingyi.apps", ":extension")
    lines = {key: (title, apart) for key, title, apart in printed("--lang", "en", "roles")}
    assert lines["auditor"] == ("Auditor", "alone")
    assert lines["scribe"] == ("Scribe", "approver security_administrator auditor")
    assert "scribe" in lines["approver"][1].split()
    assert printed("--lang", "zh", "roles")[0][:2] == ["administrator", "评议办管理员"]


def test_roles_printed_apart_are_those_that_an_account_is_refused() -> None:
    known = load_extensions().roles
    lines = {key: apart for key, _title, apart in printed("roles")}
    for one in known:
        refused = {other for other in known if other != one and incompatible_pairs([one, other], known)}
        apart = set(known) - {one} if lines[one] == "alone" else set(lines[one].split()) - {"-"}
        assert apart == refused, one


def test_routes_are_printed_with_who_may_call_them_and_what_nobody_declared(package: Write) -> None:
    package("desk", SCRIBE, "pingyi.apps", ":extension")
    lines = printed("routes")
    assert {len(line) for line in lines} == {3}
    assert [line for line in lines if line[2] == "undeclared"] == [
        ["GET", "/forgotten", "undeclared"],
        ["POST", "/forgotten", "undeclared"],
    ]
    assert ["GET", "/desk", "auditor scribe"] in lines
    assert ["POST", "/accounts", "security_administrator"] in lines
    assert ["GET", "/sign-in", "public"] in lines


def test_routes_of_ours_are_all_declared() -> None:
    assert [line for line in printed("routes") if line[2] == "undeclared"] == []
