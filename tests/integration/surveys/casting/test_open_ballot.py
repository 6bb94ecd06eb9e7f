"""Rating a unit by its code: once per page, with nothing lost, and nothing kept but the sealed ballot."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.cookies import SimpleCookie
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import text
from tests.ballot_period import Ballots, ballot_period, close, first_day, unit_id
from tests.configured import configured
from tests.integration.surveys.open_pages import (
    ALREADY,
    DUPLICATE,
    RECEIVED,
    add_window,
    ballots,
    heading,
    path_of,
    receipt,
    stored,
    visitor,
)
from tests.small_scheme import open_draft
from werkzeug.test import TestResponse

from pingyi.db import db, transaction
from pingyi.settings import Settings
from pingyi_surveys.ballot.page_nonce import OLDEST_SECONDS, Bound, new_nonce
from pingyi_surveys.casting.box_cache import cached_box
from pingyi_surveys.casting.page_html import stylesheet, stylesheet_version
from pingyi_surveys.pages import open_ballot

LIMIT = 25_000


def test_scan_to_receipt_stores_one_sealed_ballot_of_what_was_chosen(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    someone = visitor(app, path_of(settings, made, "u2"))
    asked = someone.scan()
    assert asked.status_code == 200
    assert "市教育局" in asked.text
    got = someone.send("04125", "窗口排队太久\r\n第二行")
    assert (got.status_code, heading(got)) == (200, RECEIVED)
    (found,) = ballots(settings, made)
    assert (found.unit, found.stratum, found.answers) == ("u2", "window", (0, 4, 1, 2, 5))
    assert (found.comment, found.day, found.fill) == ("窗口排队太久\n第二行", cached_box(made.open_id).day, 0)
    assert found.device
    assert found.network
    assert not found.kiosk
    assert not found.visit


def test_page_sent_again_gives_the_first_receipt_and_a_link_to_a_fresh_page(
    app: Flask, settings: Settings
) -> None:
    made = ballot_period()
    someone = visitor(app, path_of(settings, made), cookies=False)
    first, again = someone.rate("00000"), someone.send("44444")
    assert (heading(first), heading(again)) == (RECEIVED, ALREADY)
    assert receipt(first) == receipt(again)
    assert f'href="{someone.path}"' in again.text
    assert [one.answers for one in ballots(settings, made)] == [(0,) * 5]
    assert heading(someone.rate("44444")) == RECEIVED
    assert stored() == 2


def test_page_sent_twice_without_a_cookie_is_one_device(app: Flask, settings: Settings) -> None:
    someone = visitor(app, path_of(settings, ballot_period()), cookies=False)
    first, again = someone.rate(), someone.send()
    assert device(first) == device(again)


def device(got: TestResponse) -> str:
    return SimpleCookie(got.headers["Set-Cookie"])["ballot_device"].value


@pytest.mark.parametrize("change", ["other unit", "other window", "altered", "missing", "made up", "too old"])
def test_nonce_that_is_not_this_pages_gives_a_fresh_page_with_everything_typed(
    app: Flask, settings: Settings, change: str
) -> None:
    made = ballot_period()
    someone = visitor(app, path_of(settings, made))
    someone.scan()
    someone.nonce = changed(app, settings, made, someone.nonce, change)
    got = someone.send("0412-", "没有丢 <b>")
    assert got.status_code == 422
    assert "还没有提交" in got.text
    assert "没有丢 &lt;b&gt;" in got.text
    assert got.text.count(" checked") == 4
    assert stored() == 0
    someone.keep(got)
    assert heading(someone.send("04125")) == RECEIVED


def changed(app: Flask, settings: Settings, made: Ballots, nonce: str, change: str) -> str:
    if change.startswith("other"):
        window = add_window(made, "一号窗口") if change == "other window" else 0
        unit = "u1" if window else "u2"
        other = visitor(app, path_of(settings, made, unit, window))
        other.scan()
        return other.nonce
    if change == "too old":
        return nonce_of(made, OLDEST_SECONDS + 5)
    return {"altered": "B" + nonce[1:] if nonce[0] == "A" else "A" + nonce[1:]}.get(
        change, "" if change == "missing" else "A" * 54
    )


def nonce_of(made: Ballots, age: int, unit: str = "u1") -> str:
    """The nonce of a page that was shown so many seconds ago."""
    bound = Bound(made.open_id, unit_id(unit), 0)
    return new_nonce(cached_box(made.open_id).keys.nullifier, bound, int(time.time()) - age)


def test_old_page_that_was_used_still_gives_its_receipt(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_of(settings, ballot_period())
    someone, slow = visitor(app, path), visitor(app, path)
    slow.scan()
    first = someone.rate()
    later = time.time() + OLDEST_SECONDS + 5
    monkeypatch.setattr(open_ballot, "time", SimpleNamespace(time=lambda: later))
    again = someone.send("44444")
    assert slow.send().status_code == 422
    assert (heading(first), heading(again)) == (RECEIVED, ALREADY)
    assert receipt(first) == receipt(again)


@pytest.mark.parametrize(("age", "fill"), [(3, 0), (20, 1), (45, 2), (100, 3), (4000, 4), (-60, 0)])
def test_time_to_fill_in_is_kept_as_a_class(app: Flask, settings: Settings, age: int, fill: int) -> None:
    made = ballot_period()
    someone = visitor(app, path_of(settings, made))
    someone.nonce = nonce_of(made, age)
    someone.send()
    assert [one.fill for one in ballots(settings, made)] == [fill]


def test_second_rating_of_a_unit_from_one_phone_is_told_and_marked_alike(
    app: Flask, settings: Settings
) -> None:
    made = ballot_period()
    someone, paths = visitor(app, ""), [path_of(settings, made, unit) for unit in ("u1", "u2", "u1")]
    told = []
    for someone.path in paths:
        told.append(heading(someone.rate()))
    assert told == [RECEIVED, RECEIVED, DUPLICATE]
    marks = {(one.unit, one.device) for one in ballots(settings, made)}
    assert len(marks) == 2
    assert len({mark for _, mark in marks}) == 2
    assert heading(visitor(app, paths[0]).rate()) == RECEIVED


@pytest.mark.parametrize("cookie", ["", "x", "=" * 300, "A" * 22, "é", "AAAA" * 80])
def test_cookie_that_is_not_ours_is_replaced(app: Flask, settings: Settings, cookie: str) -> None:
    someone = visitor(app, path_of(settings, ballot_period()), cookies=False)
    someone.scan()
    got = someone.send(headers={"Cookie": f"ballot_device={cookie}".encode().decode("latin-1")})
    assert heading(got) == RECEIVED
    assert device(got) != cookie
    assert heading(someone.send(headers={"Cookie": f"ballot_device={device(got)}"})) == ALREADY


def test_cookie_is_for_ballots_alone_and_goes_with_the_period(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    someone = visitor(app, path_of(settings, made))
    plain, secure = someone.rate(), None
    someone.scan()
    secure = someone.send(base_url="https://localhost")
    told = plain.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/s"} <= set(told.split("; "))
    assert "Secure" not in told
    assert "Secure" in secure.headers["Set-Cookie"].split("; ")
    until = parsedate_to_datetime(SimpleCookie(told)["ballot_device"]["expires"])
    assert until.date() <= first_day() + timedelta(days=34)


def test_kiosk_marks_nobody_tells_the_second_person_and_gives_a_fresh_page(
    app: Flask, settings: Settings
) -> None:
    made = ballot_period()
    kiosk = visitor(app, path_of(settings, made, "u1", add_window(made, "自助机", kiosk=True)))
    assert "同一部手机" not in kiosk.scan().text
    first = kiosk.send("00000")
    by_the_back_button = kiosk.send("44444")
    assert (heading(first), heading(by_the_back_button)) == (RECEIVED, ALREADY)
    assert f'href="{kiosk.path}"' in by_the_back_button.text
    assert heading(kiosk.rate("11111")) == RECEIVED
    found = ballots(settings, made)
    assert {(one.stratum, one.kiosk, one.device, one.network) for one in found} == {("kiosk", True, b"", b"")}
    assert "Set-Cookie" not in first.headers
    assert len(found) == 2


def test_window_names_itself_until_it_is_removed(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    window = add_window(made, "出入境<1>窗口")
    someone = visitor(app, path_of(settings, made, "u1", window))
    assert "出入境&lt;1&gt;窗口" in someone.scan().text
    with transaction() as connection:
        connection.execute(text("DELETE FROM ballot_window"))
    app.extensions.pop("pingyi_surveys.windows")
    got = someone.scan()
    assert (got.status_code, heading(got)) == (404, "没有找到")
    assert someone.send().status_code == 404


def test_invalid_form_keeps_everything_and_stores_nothing(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    someone = visitor(app, path_of(settings, made))
    someone.scan()
    for answers, comment in (("0-12-", "短"), ("09125", "长" * 201), ("", "")):
        got = someone.send(answers, comment)
        assert got.status_code == 422
        assert comment in got.text
        assert NONCE_FIELD.findall(got.text) == [someone.nonce]
        right = sum(one in "012345" for one in answers)
        assert got.text.count(" checked") == right
    assert "还有 5 项没有选" in got.text
    assert stored() == 0
    assert heading(someone.send("04125", "长" * 200)) == RECEIVED
    assert ballots(settings, made)[0].comment == "长" * 200


NONCE_FIELD = re.compile(r'name="nonce" value="([^"]*)"')


def test_language_button_keeps_everything_and_the_receipt_is_in_that_language(
    app: Flask, settings: Settings
) -> None:
    someone = visitor(app, path_of(settings, ballot_period()))
    someone.scan()
    english = someone.send("04---", "慢", headers={"Accept-Language": "zh"}, query_string={})
    assert english.status_code == 422
    someone.more = {"lang": "en"}
    english = someone.send("04---", "慢")
    assert english.status_code == 200
    assert '<html lang="en">' in english.text
    assert (english.text.count(" checked"), "慢" in english.text) == (2, True)
    assert NONCE_FIELD.findall(english.text) == [someone.nonce]
    someone.more = {"in": "en"}
    got = someone.send("04125", "慢", headers={"Accept-Language": "zh"})
    assert heading(got) == "Your rating has been received"


def test_english_browser_gets_english_and_its_refusals_too(app: Flask, settings: Settings) -> None:
    someone = visitor(app, path_of(settings, ballot_period()))
    assert "Submit" in someone.scan(**{"Accept-Language": "en-GB"}).text
    lost = app.test_client().get("/s/nothing", headers={"Accept-Language": "en"})
    assert (lost.status_code, heading(lost)) == (404, "Not found")


def test_ballots_wait_for_the_opening_and_end_with_the_closing(app: Flask, settings: Settings) -> None:
    made = ballot_period(opened=False)
    someone = visitor(app, path_of(settings, made))
    early = someone.scan()
    assert (early.status_code, heading(early)) == (423, "评议还没有开始")
    open_draft()
    assert someone.scan().status_code == 200
    close()
    late = someone.send()  # within the second for which a box is kept: the trigger refuses
    assert (late.status_code, heading(late)) == (423, "评议已经截止")
    app.extensions.pop("pingyi_surveys.live")
    assert someone.scan().status_code == 423
    assert stored() == 0


def test_code_of_a_roster_an_unknown_unit_or_nobody_finds_nothing(app: Flask, settings: Settings) -> None:
    made = ballot_period()
    good = path_of(settings, made)
    roster = path_of(settings, Ballots(open_id=made.roster_id, roster_id=0, cards=(), prepared=made.prepared))
    for path in (roster, good[:-1], good + "A", "/s/" + "A" * 500, "/s/%00", "/s/é", "/s/."):
        got = app.test_client().get(path)
        assert got.status_code in {400, 404}, path
        assert "Set-Cookie" not in got.headers
    assert app.test_client().get("/s/").status_code == 404


@pytest.mark.parametrize("comment", ["a\0b", "\0"])
def test_nul_is_refused_in_the_layout_of_the_ballot(app: Flask, settings: Settings, comment: str) -> None:
    someone = visitor(app, path_of(settings, ballot_period()))
    someone.scan()
    got = someone.send("00000", comment)
    assert (got.status_code, "ballot.css" in got.text) == (400, True)
    assert stored() == 0


def test_huge_bodies_are_refused_before_they_are_read(app: Flask, settings: Settings) -> None:
    someone = visitor(app, path_of(settings, ballot_period()))
    someone.scan()
    got = someone.send("00000", "x" * 20_000)
    assert (got.status_code, "ballot.css" in got.text) == (413, True)
    many = app.test_client().post(someone.path, data={f"x{n}": "1" for n in range(1500)})
    assert many.status_code in {413, 422}
    parts = app.test_client().post(someone.path, data=b"\xff" * 16_000, content_type="multipart/form-data")
    assert parts.status_code in {400, 413, 422}
    assert stored() == 0


def test_form_of_another_site_is_refused_and_none_needs_a_session(app: Flask, settings: Settings) -> None:
    someone = visitor(app, path_of(settings, ballot_period()))
    asked = someone.scan()
    assert "Set-Cookie" not in asked.headers
    foreign = someone.send(headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, stored()) == (403, 0)
    plain_http = someone.send(headers={"Origin": "http://evil.example"})
    assert (plain_http.status_code, stored()) == (403, 0)
    got = someone.send(headers={"Sec-Fetch-Site": "same-origin"})
    assert heading(got) == RECEIVED
    assert [name.partition("=")[0] for name in got.headers.getlist("Set-Cookie")] == ["ballot_device"]
    with transaction() as connection:
        assert connection.execute(text("SELECT count(*) FROM session")).scalar_one() == 0


def test_database_away_keeps_what_was_typed_and_the_same_page_can_be_sent(
    app: Flask, settings: Settings
) -> None:
    made = ballot_period()
    someone = visitor(app, path_of(settings, made))
    someone.scan()
    pool = db.engine.pool
    held, waits = [db.engine.connect() for _ in range(20)], pool._timeout
    pool._timeout = 0.1
    try:
        kept_box = someone.send("04125", "别丢")
        app.extensions["pingyi_surveys.live"].clear()
        no_box = someone.send("04125", "别丢")
        nobody = app.test_client().get(someone.path)
    finally:
        pool._timeout = waits
        for each in held:
            each.close()
    for got in (kept_box, no_box):
        assert (got.status_code, got.headers["Retry-After"]) == (503, "5")
        assert "不会重复计票" in got.text
        assert got.text.count(" checked") == 5
        assert "别丢" in got.text
        assert NONCE_FIELD.findall(got.text) == [someone.nonce]
    assert (nobody.status_code, "ballot.css" in nobody.text) == (503, True)
    assert heading(someone.send("04125")) == RECEIVED


def test_a_receipt_is_looked_up_at_the_public_address(app: Flask, settings: Settings) -> None:
    someone = visitor(app, path_of(settings, ballot_period()))
    with configured(app, public_address="https://public.example"):
        told = someone.rate().text
    assert len(re.findall(r'href="https://public\.example/r/[\w-]+"', told)) == 1
    assert "localhost" not in told


def test_every_answer_is_small_strict_and_kept_nowhere(app: Flask, settings: Settings) -> None:
    made = ballot_period(["市政府信访局与政务公开办公室" * 3])
    someone = visitor(app, path_of(settings, made))
    answers = [someone.scan(), someone.send("0-1--", "“引号”" * 60), someone.send("04125")]
    answers += [someone.send("04125"), someone.rate(), app.test_client().get("/s/nothing")]
    for got in answers:
        assert len(got.data) + len(stylesheet()) < LIMIT
        assert got.headers["Cache-Control"] == "no-store"
        policy = got.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "<script" not in got.text
        assert not re.search(r"https?://(?!localhost/r/)", got.text.replace("http://www.w3.org/2000/svg", ""))
    style = app.test_client().get(f"/ballot.css?v={stylesheet_version()}")
    assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert f'href="/ballot.css?v={stylesheet_version()}"' in answers[0].text


def test_form_is_the_same_for_everyone_but_for_its_nonce(app: Flask, settings: Settings) -> None:
    someone = visitor(app, path_of(settings, ballot_period()))
    pages = [someone.scan() for _ in range(3)]
    nonces = {NONCE_FIELD.findall(got.text)[0] for got in pages}
    assert len(nonces) == 3
    assert len({NONCE_FIELD.sub("", got.text) for got in pages}) == 1
