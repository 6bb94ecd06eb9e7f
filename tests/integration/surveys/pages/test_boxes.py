"""The office's page of ballots: channels set up with every misfit named, keys, and what is missing."""

from __future__ import annotations

import random
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests import cast_ballots
from tests.ballot_period import OPEN, ROSTER, THREE, ballot_period, close, settings_for
from tests.conftest import bearer
from tests.integration.web.site.test_boards import counted_queries, words
from tests.small_scheme import LAW, channel, draft_period, names_of, scheme_of
from werkzeug.test import TestResponse

from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.settings import Settings
from pingyi_surveys.counting.open_boxes import open_by_itself
from pingyi_surveys.questionnaires.questionnaire import ready_questionnaire
from pingyi_surveys.questionnaires.store import store_questionnaire
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.boxes import boxes_of

PAGE = "/office/periods/p/ballots"
Headers = dict[str, str]
FIVE_KEY, THREE_KEY = "conduct-five-levels", "roster-three-levels"


@pytest.fixture
def draft(app: Flask) -> None:
    """A draft period with two channels of ballots and one of scores, and both questionnaires."""
    document = scheme_of(
        channel(
            OPEN,
            "扫码评议",
            "30",
            settings_for(ready_questionnaire(FIVE_KEY)),
            operator="评议办",
            plugin=OPEN,
        ),
        channel(ROSTER, "代表测评", "10", THREE, operator="人大", plugin=ROSTER),
        LAW,
        min_coverage="0",
    )
    draft_period(document, names_of(3))
    with transaction() as connection:
        for key in (FIVE_KEY, THREE_KEY):
            store_questionnaire(connection, SHELL, ready_questionnaire(key))


def configure(client: FlaskClient, office: Headers, key: str, **given: str) -> TestResponse:
    return client.post(f"{PAGE}/{key}", data={"do": "save", **given}, headers=office)


def boxes() -> dict[str, tuple[str, str, dict[str, object]]]:
    with transaction() as connection:
        period = connection.execute(text("SELECT id FROM period WHERE key = 'p'")).scalar_one()
        return {
            box.channel: (box.kind, box.questionnaire.key, dict(box.rules))
            for box in boxes_of(connection, period)
        }


def test_page_offers_every_channel_of_ballots_and_no_other(
    client: FlaskClient, office: Headers, draft: None
) -> None:
    page = client.get(PAGE, headers=office)
    assert set(re.findall(r'id="channel-(\w+)"', page.text)) == {OPEN, ROSTER}
    assert "不在本系统收票" in page.text
    assert "How ballots come in" in client.get(f"{PAGE}?lang=en", headers=office).text
    assert f'href="{PAGE}"' in client.get("/office/periods/p", headers=office).text
    assert 'href="/office/questionnaires"' in client.get("/office", headers=office).text


def test_period_is_set_up_from_questionnaire_to_opening(
    client: FlaskClient, office: Headers, draft: None
) -> None:
    sent = {"kind": "open", "questionnaire": f"{FIVE_KEY}/1", "rules.burst": "30", "rules.margin": "1/5"}
    done = configure(client, office, OPEN, **sent)
    assert done.status_code == 303
    assert boxes() == {OPEN: ("open", FIVE_KEY, {"burst": 30, "margin": "1/5"})}
    page = client.get(PAGE, headers=office).text
    assert "票箱密钥尚未准备" in page
    assert "同一网络一天对同一单位的票数 30" in words(page)
    refused = client.post("/office/periods/p/open", headers=office)
    assert refused.status_code == 409
    assert client.post("/office/periods/p/ballot-keys", headers=office).status_code == 303
    page = client.get(PAGE, headers=office).text
    assert "票箱已备好" in page
    assert "pingyi box prepare p --printed" in page
    assert client.post("/office/periods/p/open", headers=office).status_code == 303
    page = client.get(PAGE, headers=office).text
    assert 'name="questionnaire"' not in page
    assert f"{PAGE}/{OPEN}/codes" in page


def test_misfit_is_told_with_every_reason_and_keeps_what_was_chosen(
    client: FlaskClient, office: Headers, draft: None
) -> None:
    sent = {"kind": "open", "questionnaire": f"{THREE_KEY}/1", "rules.burst": "1"}
    page = configure(client, office, OPEN, **sent)
    assert page.status_code == 422
    for said in ("渠道设置中有选项“very_satisfied”，问卷没有", "隔离规则的参数有误"):
        assert said in page.text
    assert f'value="{THREE_KEY}/1" selected' in page.text
    assert 'name="rules.burst" value="1"' in page.text
    assert boxes() == {}


@pytest.mark.parametrize("questionnaire", ["", "nobody/1", f"{FIVE_KEY}/x", f"{FIVE_KEY}/²", FIVE_KEY])
def test_questionnaire_that_is_none_is_refused(
    client: FlaskClient, office: Headers, draft: None, questionnaire: str
) -> None:
    page = configure(client, office, OPEN, kind="open", questionnaire=questionnaire)
    assert page.status_code in {404, 422}
    assert boxes() == {}


@pytest.mark.parametrize("typed", ["x", "1/0", "-3", "1e9", "99999999999", "３"])
def test_threshold_that_is_no_number_is_refused(
    client: FlaskClient, office: Headers, draft: None, typed: str
) -> None:
    sent = {"kind": "open", "questionnaire": f"{FIVE_KEY}/1", "rules.surge": typed, "rules.burst": typed}
    assert configure(client, office, OPEN, **sent).status_code == 422


def test_channel_of_scores_takes_no_ballots_and_an_unknown_one_is_not_found(
    client: FlaskClient, office: Headers, draft: None
) -> None:
    sent = {"kind": "open", "questionnaire": f"{FIVE_KEY}/1"}
    assert configure(client, office, "law", **sent).status_code == 422
    assert configure(client, office, "none", **sent).status_code == 404
    assert client.get("/office/periods/none/ballots", headers=office).status_code == 404


def test_box_is_removed_and_keys_without_boxes_or_cards_are_refused(
    client: FlaskClient, office: Headers, draft: None
) -> None:
    assert client.post("/office/periods/p/ballot-keys", headers=office).status_code == 409
    configure(client, office, ROSTER, kind="roster", questionnaire=f"{THREE_KEY}/1")
    page = client.post("/office/periods/p/ballot-keys", headers=office)
    assert page.status_code == 409
    assert f'<a href="#channel-{ROSTER}">' in page.text
    assert "还没有登记票卡" in page.text
    assert client.post(f"{PAGE}/{ROSTER}", data={"do": "remove"}, headers=office).status_code == 303
    assert boxes() == {}


def test_open_period_is_not_changed(client: FlaskClient, office: Headers) -> None:
    ballot_period()
    for path in (f"{PAGE}/{OPEN}", "/office/periods/p/ballot-keys"):
        sent = {"do": "remove"}
        assert client.post(path, data=sent, headers=office).status_code == 409
    assert len(boxes()) == 2


def test_cards_are_counted_by_stratum_and_the_page_asks_as_often_for_many_units(
    app: Flask, client: FlaskClient, office: Headers
) -> None:
    counts = []
    for key, units in (("p", 2), ("q", 30)):
        ballot_period(names_of(units), key=key, opened=False)
        client.get(f"/office/periods/{key}/ballots", headers=office)
        with counted_queries(app) as found:
            page = client.get(f"/office/periods/{key}/ballots", headers=office)
        counts.append(len(found))
        assert "已登记票卡 20" in words(page.text)
    assert counts[0] == counts[1]


def test_closed_period_says_who_opens_its_boxes(
    client: FlaskClient, office: Headers, settings: Settings
) -> None:
    ballot_period()
    close()
    page = client.get(PAGE, headers=office).text
    assert "正在开箱" in page
    assert "查看收票进度" in page
    assert 'http-equiv="refresh"' in page
    for secret in settings.read(SurveySettings).box_folder.glob("period-1-*.box"):
        secret.unlink()
    assert open_by_itself(1) == 0
    page = client.get(PAGE, headers=office).text
    assert "pingyi box open p" in page
    assert 'http-equiv="refresh"' not in page


def test_opened_boxes_show_numbers_that_add_up_and_lead_on(client: FlaskClient, office: Headers) -> None:
    made = ballot_period()
    draw = random.Random(1)
    open_box, roster = cast_ballots.boxes(made.open_id, made.roster_id)
    cast_ballots.cast_all(open_box, cast_ballots.open_ballots(open_box, 60, draw))
    cast_ballots.cast_all(roster, cast_ballots.roster_ballots(roster, made.cards[:12], draw))
    close()
    cast_ballots.seal_record()
    open_by_itself(1)
    page = client.get(PAGE, headers=office)
    numbers = re.findall(r"封存 (\d+) 计入 (\d+) 待核查 (\d+) 不计 (\d+) 开箱", words(page.text))
    assert [int(sealed) for sealed, *_ in numbers] == [60, 12]
    assert all(int(sealed) == sum(map(int, parts)) for sealed, *parts in numbers)
    assert page.text.count("/anomalies") == 2
    assert "收票密钥已销毁" in page.text
    assert "正在开箱" not in page.text
    told = client.get(f"/api/v1/periods/p/channels/{ROSTER}/box", headers=office).json
    assert told and (told["opened"]["sealed"], told["opened"]["rejected"]) == (12, 0)


def test_readers_read_and_only_the_administrator_writes(client: FlaskClient, draft: None) -> None:
    for role in ("approver", "auditor"):
        headers = bearer(role)
        page = client.get(PAGE, headers=headers)
        assert page.status_code == 200
        assert "<select" not in page.text
        for path in (f"{PAGE}/{OPEN}", "/office/periods/p/ballot-keys"):
            assert client.post(path, headers=headers).status_code == 403
    assert client.get(PAGE, headers=bearer("card_issuer")).status_code == 403
