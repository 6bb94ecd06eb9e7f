"""What everybody is told of ballots: how the keys are kept, the thresholds, the limits, the numbers."""

from __future__ import annotations

import html
import random
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.ballot_period import ballot_period, close
from tests.cast_ballots import amounts, boxes, cast_all, open_ballots, roster_ballots, seal_record
from tests.small_scheme import open_draft

from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.periods import find_period
from pingyi_surveys.ballot.keys import new_secret
from pingyi_surveys.counting.open_boxes import open_by_itself
from pingyi_surveys.setup.key_files import configured
from pingyi_surveys.setup.prepare_keys import prepare


def read(client: FlaskClient, path: str, language: str = "zh") -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return html.unescape(answer.text)


@pytest.mark.parametrize(
    ("language", "limits"),
    [
        (
            "zh",
            [
                "选得一模一样",
                "密钥销毁以前掌握网站主机或计票主机的人",
                "没有发出去的票卡",
                "数据库管理员可以删掉",
                "不证明开箱是诚实的",
                "站在旁边看着您填",
                "微信和单位的上网代理",
                "慢慢刷",
                "真的出了事",
            ],
        ),
        (
            "en",
            [
                "Where everybody chose the same",
                "controls the web hosts or the counting host",
                "spare cards",
                "A database administrator can delete",
                "not that the box was opened honestly",
                "watches the screen",
                "WeChat and proxies",
                "A patient farm",
                "angry looks like a smear",
            ],
        ),
    ],
)
def test_every_stated_limit_is_printed(
    app: Flask, client: FlaskClient, language: str, limits: list[str]
) -> None:
    page = read(client, "/about-ballots", language)
    assert [limit for limit in limits if limit not in page] == []
    assert {"zh": "现在没有收票的评议", "en": "No period takes ballots now"}[language] in page


def test_a_key_in_a_file_and_a_printed_one_are_told_apart(app: Flask, client: FlaskClient) -> None:
    ballot_period()
    assert "票箱密钥是计票主机上的一个文件" in read(client, "/about-ballots")
    assert "on the counting host" in read(client, "/periods/p/ballots", "en")
    ballot_period(key="q", opened=False)
    with transaction() as connection:
        prepare(connection, SHELL, find_period(connection, "q"), configured(), new_secret())
    assert client.get("/periods/q/ballots").status_code == 404, "a draft is nobody's business yet"


def test_printed_keys_of_an_open_period(app: Flask, client: FlaskClient) -> None:
    ballot_period(key="q", opened=False)
    with transaction() as connection:
        prepare(connection, SHELL, find_period(connection, "q"), configured(), new_secret())
    open_draft("q")
    assert "印成两份，由两人分别保管" in read(client, "/about-ballots")


def test_an_open_period_tells_its_thresholds_and_no_number_of_ballots(
    app: Flask, client: FlaskClient
) -> None:
    made = ballot_period()
    open_box, _ = boxes(made.open_id, made.roster_id)
    cast_all(open_box, open_ballots(open_box, 23, random.Random(1)))
    page = read(client, "/periods/p/ballots")
    assert page.count("票箱还没有打开") == 2
    assert "达到 20 张" in page and "平常一天的 2 倍、且不少于 30 张" in page
    assert "多出 1/4 以上，并且超过 5 个标准差" in page and "不足 100 张" in page
    assert "共发 20 张" in page
    cast_all(open_box, open_ballots(open_box, 20, random.Random(2)))
    assert read(client, "/periods/p/ballots") == page, "ballots that come in change nothing that is told"


def test_an_opened_box_tells_numbers_that_add_up_and_every_reason(app: Flask, client: FlaskClient) -> None:
    made, draw = ballot_period(), random.Random(2)
    open_box, roster = boxes(made.open_id, made.roster_id)
    cast_all(open_box, open_ballots(open_box, 120, draw))
    same = open_ballots(open_box, 30, draw, unit="u1", device=b"7" * 16, stratum="window")
    cast_all(open_box, same)
    cast_all(roster, roster_ballots(roster, made.cards[:15], draw))
    close()
    seal_record()
    open_by_itself(1)
    sealed, counted, held, rejected = amounts(made.open_id)
    assert (sealed, held) == (150, 29)
    for language in ("zh", "en"):
        page = read(client, "/periods/p/ballots", language)
        found = [int(number) for number in re.findall(r"<dd>(\d+)</dd>", page)]
        assert found == [sealed, counted, held, rejected, 15, 15, 0, 0]
        assert found[0] == sum(found[1:4])
        assert {"zh": "同一设备对同一单位重复评价", "en": "rated again from one device"}[language] in page
    assert re.search(r"pingyi\S* \d+ \S+=", read(client, "/periods/p/ballots")), "the head of the opening"
    assert "销毁" in read(client, "/periods/p/ballots")


def test_an_unknown_period_is_not_found_in_both_languages(app: Flask, client: FlaskClient) -> None:
    for language, words in (("zh", "没有找到"), ("en", "was not found")):
        answer = client.get("/periods/none/ballots", headers={"Accept-Language": language})
        assert answer.status_code == 404
        assert words in answer.text


def test_every_page_leads_to_both(app: Flask, client: FlaskClient) -> None:
    page = client.get("/periods").text
    assert 'href="/r"' in page and 'href="/about-ballots"' in page
