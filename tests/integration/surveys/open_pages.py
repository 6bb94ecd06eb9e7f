"""A respondent in few words: scans a code, fills in the form, sends it, with cookies or without."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.ballot_period import Ballots, unit_id
from werkzeug.test import TestResponse

from pingyi.db import transaction
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi.settings import Settings
from pingyi_surveys.ballot.card_codes import new_visit_code
from pingyi_surveys.ballot.keys import box_keys
from pingyi_surveys.ballot.layout import unpack
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.sealed_box import open_one, tied_to
from pingyi_surveys.casting.box_cache import cached_box
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.card_hashes import card_hash, commit_cards
from pingyi_surveys.setup.key_files import read_box_secret
from pingyi_surveys.setup.service_windows import WindowLine, put_windows, rated_units
from pingyi_surveys.setup.window_codes import Code, code_of

NONCE = re.compile(r'name="nonce" value="([^"]*)"')
HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>")
CODE = re.compile(r'<p class="code"[^>]*>([^<]+)</p>')
RECEIVED, ALREADY, DUPLICATE = "已收到您的评议", "这张评议票已经用过", "已登记，待核查"


@dataclass
class Visitor:
    """Somebody with a phone at `path`."""

    client: FlaskClient
    path: str
    nonce: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def scan(self, **headers: str) -> TestResponse:
        """Ask for the form and keep its nonce."""
        got = self.client.get(self.path, headers=headers)
        self.keep(got)
        return got

    def keep(self, got: TestResponse) -> None:
        found = NONCE.search(got.text)
        self.nonce = found[1] if found else ""

    def send(self, answers: str = "00000", comment: str = "", **given: Any) -> TestResponse:
        """Send the form; a dash leaves a question open."""
        chosen = {f"q{place}": answer for place, answer in enumerate(answers) if answer != "-"}
        data = {"nonce": self.nonce, "in": "zh", "comment": comment, **chosen, **self.more}
        return self.client.post(self.path, data=data, **given)

    def rate(self, answers: str = "00000") -> TestResponse:
        """Scan and send."""
        self.scan()
        return self.send(answers)


def heading(got: TestResponse) -> str:
    found = HEADING.search(got.text)
    assert found, got.text
    return found[1]


def receipt(got: TestResponse) -> str:
    found = CODE.search(got.text)
    assert found, got.text
    return found[1]


def path_of(settings: Settings, made: Ballots, unit: str = "u1", window: int = 0) -> str:
    return "/s/" + code_of(settings.secret_key, Code(made.open_id, unit_id(unit), window))


def visitor(app: Flask, path: str, *, cookies: bool = True) -> Visitor:
    return Visitor(app.test_client(use_cookies=cookies), path)


def add_window(made: Ballots, name: str, unit: str = "u1", *, kiosk: bool = False) -> int:
    """A window of a unit; its id."""
    with transaction() as connection:
        working = bound_channel(connection, ChannelRef(period="p", channel="mobile_qr"))
        put_windows(connection, SHELL, working, [WindowLine(1, unit, name, kiosk)])
        units = rated_units(connection, made.open_id)
        return next(one.id for each in units for one in each.windows if one.name == name)


def add_visits(unit: str = "u1", count: int = 2) -> list[str]:
    """Visit codes of a unit, registered."""
    codes, numbered = [new_visit_code() for _ in range(count)], unit_id(unit)
    with transaction() as connection:
        working = bound_channel(connection, ChannelRef(period="p", channel="mobile_qr"))
        hashes = [card_hash(code) for code in codes]
        commit_cards(connection, SHELL, working, hashes, purpose="visit", unit_id=numbered, unit_code=unit)
    return [code.decode("ascii") for code in codes]


def ballots(settings: Settings, made: Ballots) -> list[OpenedBallot]:
    """What lies in the open box, as the counting host will see it."""
    box = cached_box(made.open_id)
    secret = read_box_secret(settings.read(SurveySettings), box.period_id, box.public)
    assert secret
    keys = box_keys(secret)
    with transaction() as connection:
        rows = connection.execute(text("SELECT * FROM sealed_ballot ORDER BY nullifier")).all()
    found = []
    for row in rows:
        tied = tied_to(box.channel, row.nullifier)
        plain = open_one(row.group_key, row.position, row.ciphertext, tied, keys.private)
        found.append(unpack(box.layout, box.units[row.unit_id].code, row.nullifier, plain, box.intake))
    return found


def stored() -> int:
    with transaction() as connection:
        count: int = connection.execute(text("SELECT count(*) FROM sealed_ballot")).scalar_one()
    return count
