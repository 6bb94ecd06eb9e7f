"""Names that nobody can read or tell apart are refused at every door; what stands from before stays."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.integration.api.conftest import BASE
from tests.small_scheme import LAW, WINDOW, names_of, open_draft, scheme_of

from pingyi.api.examples import PERIOD, SCHEME, SCHEME_TOML
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.callers import SHELL
from pingyi.services.documents.drafts import check_draft, new_draft
from pingyi.services.documents.scheme_kind import SCHEME as SCHEMES
from pingyi.services.people.accounts import AccountDraft, create_account
from pingyi.services.people.api_keys import new_office_key
from pingyi.services.people.sign_in import sign_in
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.periods import create_period, find_period
from pingyi.services.periods.schemes import read_scheme, store_scheme
from pingyi.services.periods.units import UnitRow, put_units
from pingyi_surveys.questionnaires.questionnaire import ready_questionnaire, ready_questionnaires

Headers = dict[str, str]
UNITS = f"{BASE}/periods/example-2017/units"
RLO, ZERO = "\u202e", "\u200b"
FOUR = ["市教育局", f"市教{ZERO}育局", "市敎育局", f"{RLO}局育教市"]
PASSWORD = "correct horse battery"


def rows(*names: str, **more: Any) -> dict[str, Any]:
    return {
        "units": [
            {"code": f"N{n}", "name": name, "category": "departments", **more}
            for n, name in enumerate(names, 1)
        ]
    }


def told(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["code"], error["pointer"]) for error in answer.json["errors"]]


def test_four_units_that_all_read_alike_are_refused_with_both_rows_named(
    client: FlaskClient, draft: None, office: Headers
) -> None:
    answer = client.put(UNITS, json=rows(*FOUR), headers={**office, "Accept-Language": "en"})
    assert answer.json["code"] == "units_invalid"
    assert told(answer) == [
        ("unseen_letter", "/units/1/name"),
        ("unseen_letter", "/units/3/name"),
        ("name_alike", "/units/1/name"),
        ("name_alike", "/units/2/name"),
    ]
    details = [error["detail"] for error in answer.json["errors"]]
    assert "U+200B" in details[0] and "U+202E" in details[1]
    assert "市教[U+200B]育局" in details[2] and "in row 1" in details[2] and ZERO not in answer.text
    assert "市敎育局 reads like 市教育局 in row 1" in details[3]


@pytest.mark.parametrize("name", ["\ufeff", "a\nb", "市\u3164局", "市局\u2067", "市\x85局", "市局\ufe0f"])
@pytest.mark.parametrize("column", ["name", "superior", "subordination", "aliases"])
def test_text_beside_a_unit_with_an_unseen_letter_is_refused(
    client: FlaskClient, draft: None, office: Headers, name: str, column: str
) -> None:
    unit = {"code": "N1", "name": "市局", "category": "departments"}
    unit[column] = [name] if column == "aliases" else name  # type: ignore[assignment]  # a row is JSON
    assert told(client.put(UNITS, json={"units": [unit]}, headers=office)) == [
        ("unseen_letter", f"/units/0/{column}")
    ]


@pytest.mark.parametrize(
    "names",
    [
        ("第一中学", "第⼀中学"),
        ("第一中学", "第—中学"),
        ("ABC中心", "ＡＢＣ中心"),
        ("ABC中心", "АВС中心"),
        ("市教育局", "市教育局"),
    ],
)
def test_units_that_read_alike_are_refused(
    client: FlaskClient, draft: None, office: Headers, names: tuple[str, str]
) -> None:
    answer = client.put(UNITS, json=rows(*names), headers=office)
    assert told(answer) == [("name_alike", "/units/1/name")]
    assert "第 1 行" in answer.json["errors"][0]["detail"]


def test_one_name_below_different_units_is_told_apart_by_them(
    client: FlaskClient, draft: None, office: Headers
) -> None:
    body = rows("东镇", "西镇", "财政所", "财政所")
    body["units"][2]["parent"] = body["units"][3]["parent"] = "N1"
    assert told(client.put(UNITS, json=body, headers=office)) == [("name_alike", "/units/3/name")]
    body["units"][3]["parent"] = "N2"
    assert client.put(UNITS, json=body, headers=office).status_code == 200


def upgraded(names: list[str]) -> None:
    """A period as it was left by an installation that looked at no name."""
    with transaction() as connection:
        scheme, _, scheme_id = store_scheme(connection, SHELL, SCHEME_TOML)
        create_period(connection, SHELL, PeriodDraft(key="before"), scheme, scheme_id)
        listed = [
            UnitRow(code=f"N{n}", name=name, category="departments", aliases=(f"旧{ZERO}名",))
            for n, name in enumerate(names, 1)
        ]
        put_units(connection, SHELL, find_period(connection, "before"), scheme, listed, of_old=True)


def test_names_that_stand_go_on_into_the_next_period_and_no_new_one_joins_them(
    client: FlaskClient, office: Headers
) -> None:
    upgraded(FOUR)
    for path, body in (("/schemes", SCHEME), ("/periods", PERIOD)):
        assert client.post(BASE + path, json=body, headers=office).status_code == 201
    standing = client.get(f"{BASE}/periods/before/units", headers=office).json
    assert [unit["name"] for unit in standing["units"]] == FOUR
    assert client.put(UNITS, json=standing, headers=office).json == standing
    more = [*standing["units"], {"code": "N9", "name": "市文化局", "category": "departments"}]
    assert client.put(UNITS, json={"units": more}, headers=office).status_code == 200
    more[-1]["name"] = "市敎育局"
    assert told(client.put(UNITS, json={"units": more}, headers=office)) == [("name_alike", "/units/4/name")]


def test_names_taken_one_by_one_do_not_stand_together(
    client: FlaskClient, draft: None, office: Headers
) -> None:
    one, other = rows("市教育局", "市敎育局")["units"]
    for units in ([one], [other]):
        assert client.put(UNITS, json={"units": units}, headers=office).status_code == 200
    both = client.put(UNITS, json={"units": [one, other]}, headers=office)
    assert told(both) == [("name_alike", "/units/1/name")]


ODD = scheme_of(LAW, WINDOW, key="odd").replace("小方案", f"小{RLO}方案")


def test_scheme_with_an_unseen_letter_is_refused_with_its_line(client: FlaskClient, office: Headers) -> None:
    answer = client.post(f"{BASE}/schemes", json={"document": ODD}, headers=office)
    assert (answer.json["code"], told(answer)) == ("scheme_invalid", [("unseen_letter", "/title/zh")])
    assert answer.json["errors"][0]["row"] == 2
    begun = client.post(f"{BASE}/documents/scheme", json={"document": ODD}, headers=office).json
    assert (begun["errors"], begun["wrong"][0]["code"]) == (1, "unseen_letter")
    issue = client.post(f"{BASE}/documents/scheme/odd/1/issue", json={"revision": 1}, headers=office)
    assert told(issue) == [("unseen_letter", "/title/zh")]


def test_words_of_a_channel_and_keys_of_tables_are_looked_at_too(
    client: FlaskClient, office: Headers
) -> None:
    settings = '{ scale = "5", titles = { "a\\u200bb" = { zh = "甲\\u2066", en = "A" } } }'
    answer = client.post(
        f"{BASE}/documents/scheme",
        json={"document": ODD.replace(RLO, "").replace('{ scale = "5" }', settings)},
        headers=office,
    )
    unseen = [one["pointer"] for one in answer.json["wrong"] if one["code"] == "unseen_letter"]
    place = "/channels/0/settings/titles/a\u200bb"
    assert unseen == [place, f"{place}/zh"]


def test_scheme_that_was_whole_before_is_opened_and_scored_with(app: Flask) -> None:
    with transaction() as connection:
        scheme = read_scheme(ODD)
        draft = check_draft(SCHEMES, ODD, "odd", 1, of_old=True)
        stored = new_draft(connection, SHELL, SCHEMES, "odd", draft, 1)
        create_period(connection, SHELL, PeriodDraft(key="p"), scheme, stored.id)
        listed = [
            UnitRow(code=f"u{n}", name=name, category="departments") for n, name in enumerate(names_of(2))
        ]
        put_units(connection, SHELL, find_period(connection, "p"), scheme, listed)
        assert store_scheme(connection, SHELL, ODD)[1:] == (1, stored.id)
    open_draft("p")


def test_questionnaire_with_an_unseen_letter_is_refused(client: FlaskClient, office: Headers) -> None:
    key = next(iter(ready_questionnaires()))
    words = ready_questionnaire(key)
    odd, url = words.replace('zh = "', f'zh = "{ZERO}', 1), f"{BASE}/questionnaires/{key}/1"
    answer = client.put(url, json={"document": odd}, headers=office)
    assert {code for code, _ in told(answer)} == {"unseen_letter"}
    assert client.put(url, json={"document": words}, headers=office).status_code == 200


def test_operators_keys_and_accounts_have_names_that_people_can_read(
    client: FlaskClient, security: Headers
) -> None:
    def post(path: str, **body: Any) -> Any:
        return client.post(BASE + path, json=body, headers=security)

    assert post("/operators", name="市信访局").status_code == 201
    assert post("/operators", name="市信访局").status_code == 201
    assert told(post("/operators", name=f"市{ZERO}信访局")) == [("unseen_letter", "/name")]
    assert told(post("/operators", name="市 信访局")) == [("operator_alike", "/name")]
    assert told(post("/keys", operator="市信访局", label=f"夜{RLO}间")) == [("unseen_letter", "/label")]
    with transaction() as connection:
        names = connection.execute(text("SELECT name FROM operator ORDER BY name")).scalars().all()
    assert [name for name in names if "信访" in name] == ["市信访局"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": f"王{RLO}伟"}, "unseen_letter"),
        ({"name": "王\u3164伟"}, "unseen_letter"),
        ({"login": "adrnin1"}, "login_alike"),
        ({"login": "adminl"}, "login_alike"),
        ({"login": "admin1"}, "login_taken"),
        ({"login": "admin2"}, None),
    ],
)
def test_account_has_a_login_that_nobody_takes_for_another(
    app: Flask, changes: dict[str, str], code: str | None
) -> None:
    draft = {"login": "zhao.min", "name": "赵敏", "password": PASSWORD, "roles": ("auditor",)}
    with transaction() as connection:
        create_account(connection, SHELL, AccountDraft(**{**draft, "login": "admin1"}))  # type: ignore[arg-type]  # of two types
    try:
        with transaction() as connection:
            create_account(connection, SHELL, AccountDraft(**{**draft, **changes}))  # type: ignore[arg-type]  # of two types
    except Problem as problem:
        assert problem.code == code
    else:
        assert code is None


def test_login_that_stands_beside_one_like_it_goes_on_to_sign_in(app: Flask, client: FlaskClient) -> None:
    draft = {"name": "赵敏", "password": PASSWORD, "roles": ("auditor",)}
    with transaction() as connection:
        for login in ("admin1", "zhao.min"):
            create_account(connection, SHELL, AccountDraft(login=login, **draft))  # type: ignore[arg-type]  # of two types
        connection.execute(text("UPDATE account SET login = 'adminl' WHERE login = 'zhao.min'"))
    assert sign_in("admin1", PASSWORD) != sign_in("adminl", PASSWORD)


def test_key_of_the_shell_has_a_label_that_people_can_read(app: Flask) -> None:
    with transaction() as connection, pytest.raises(Problem) as refused:
        new_office_key(connection, SHELL, ["auditor"], label="夜\x1b[31m间")
    assert refused.value.code == "unseen_letter"
