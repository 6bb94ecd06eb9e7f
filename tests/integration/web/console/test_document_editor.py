"""What the editor of a document costs: queries, bytes, and what a saved form comes back as."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tests.integration.web.conftest import SignIn, csrf
from tests.integration.web.site.test_boards import counted_queries
from tests.unit.web.forms.page_of_form import read_page
from werkzeug.datastructures import MultiDict

ALL = "/office/documents/scheme"


@pytest.fixture
def office_page(signed_in: SignIn) -> FlaskClient:
    return signed_in("administrator")


def begun(client: FlaskClient, key: str) -> str:
    answer = client.post(ALL, data={"from": key, "csrf_token": csrf(client, ALL)})
    assert answer.status_code == 303, answer.text
    return answer.location


def sent_back(client: FlaskClient, path: str, do: str) -> MultiDict[str, str]:
    """What a browser sends of the editor when a button is pressed."""
    html = client.get(path).text
    [form] = re.findall(r'<form class="editor".*?</form>', html, re.DOTALL)
    posted = read_page(form).sent()
    posted.add("do", do)
    return posted


def test_editor_takes_as_many_queries_for_17_channels_as_for_few(
    app: Flask, office_page: FlaskClient
) -> None:
    taken = []
    for key in ("county-quarterly", "maanshan-2017"):
        path = begun(office_page, key)
        counts = []
        for do in ("", "add.channels", "save"):
            posted = sent_back(office_page, path, do)
            with counted_queries(app) as queries:
                answer = office_page.post(path, data=posted) if do else office_page.get(path)
            assert answer.status_code == (303 if do == "save" else 200)
            counts.append(len(queries))
        taken.append(counts)
        assert len(office_page.get(path).data) < 400_000
    assert taken[0] == taken[1], taken


def test_button_draws_the_settings_of_another_plugin_and_saves_nothing(office_page: FlaskClient) -> None:
    path = begun(office_page, "maanshan-2017")
    posted = sent_back(office_page, path, "redraw.channels.1.plugin")
    posted["channels.1.plugin"] = "hotline"
    html = office_page.post(path, data=posted).text
    assert 'id="channels.1.settings.weights"' in html
    assert "有改动尚未保存" in html
    assert 'id="channels.1.settings.weights"' not in office_page.get(path).text


@pytest.mark.parametrize("do", ["redraw", "redraw.nowhere", "anything"])
def test_what_no_button_asks_for_saves_nothing(office_page: FlaskClient, do: str) -> None:
    path = begun(office_page, "maanshan-2017")
    posted = sent_back(office_page, path, do)
    posted["full_marks"] = "99"
    answer = office_page.post(path, data=posted)
    assert answer.status_code == 200
    assert "各渠道合计 100 分，应正好等于满分 99 分。" in answer.text
    assert 'name="full_marks" type="text" value="100"' in office_page.get(path).text


def test_points_so_far_are_told_while_they_are_typed(office_page: FlaskClient) -> None:
    path = begun(office_page, "maanshan-2017")
    for changes, told in (
        ({"channels.0.max_points": ""}, "各渠道合计 90 分，满分 100 分，还有 1 个渠道没有分值。"),
        ({"full_marks": ""}, "各渠道合计 100 分，满分还没有填好。"),
        ({"full_marks": "一百"}, "各渠道合计 100 分，满分还没有填好。"),
        ({}, "各渠道合计 100 分，满分 100 分，二者相等。"),
    ):
        posted = sent_back(office_page, path, "check")
        for name, typed in changes.items():
            posted[name] = typed
        assert told in office_page.post(path, data=posted).text
