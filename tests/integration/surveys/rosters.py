"""A deputy with a card, as a browser without scripts would act."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.ballot_period import ROSTER, Ballots
from werkzeug.test import TestResponse

from pingyi.db import db, transaction
from pingyi.settings import Settings
from pingyi_surveys.ballot.card_codes import write_card
from pingyi_surveys.ballot.keys import box_keys
from pingyi_surveys.ballot.layout import unpack
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.sealed_box import open_one, tied_to
from pingyi_surveys.casting.box_cache import cached_box
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.key_files import read_box_secret

NAMES = tuple(f"市第{number}局" for number in range(1, 85))
CODE = re.compile(r'<p class="code"[^>]*>([^<]+)</p>')
CHECKED = re.compile(r'name="(q\d+)" value="(\d+)"[^>]* checked')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Voter:
    """One browser with one card; it keeps no cookies between pages."""

    app: Flask
    card: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Accept-Language": "zh-CN"})

    @property
    def path(self) -> str:
        return f"/c/{write_card(self.card)}"

    def get(self, query: str = "") -> TestResponse:
        return self._client().get(self.path + query, headers=dict(self.headers), follow_redirects=True)

    def send(
        self, answers: Mapping[int, int], step: str = "next", page: int = 1, **more: str
    ) -> TestResponse:
        """Send a page with these answers, as its button `step` would."""
        data = {f"q{number}": str(option) for number, option in answers.items()}
        data |= {"go": step, "page": str(page), **more}
        return self._client().post(self.path, data=data, headers=dict(self.headers), follow_redirects=True)

    def confirm(self, answer: TestResponse) -> TestResponse:
        """Press the button of a page that asks whether one is sure."""
        hidden = dict(HIDDEN.findall(answer.text))
        return self._client().post(self.path, data=hidden, headers=dict(self.headers), follow_redirects=True)

    def _client(self) -> FlaskClient:
        return self.app.test_client(use_cookies=False)


def chosen(answer: TestResponse) -> dict[int, int]:
    """What is chosen on a page, by question."""
    return {int(name[1:]): int(value) for name, value in CHECKED.findall(answer.text)}


def code_on(answer: TestResponse) -> str:
    found = CODE.search(answer.text)
    assert found, answer.text
    return found[1]


def cast_count() -> int:
    with transaction() as connection:
        return int(connection.execute(text("SELECT count(*) FROM sealed_ballot")).scalar_one())


def opened(made: Ballots, settings: Settings) -> list[OpenedBallot]:
    """The roster's ballots as the opening will read them."""
    box = cached_box(made.roster_id)
    secret = read_box_secret(settings.read(SurveySettings), box.period_id, box.public)
    assert secret
    keys = box_keys(secret)
    with db.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT nullifier, group_key, position, ciphertext FROM sealed_ballot WHERE channel_id = :id"
            ),
            {"id": made.roster_id},
        ).all()
    found = []
    for row in rows:
        tied = tied_to(ROSTER, bytes(row.nullifier))
        plain = open_one(bytes(row.group_key), row.position, bytes(row.ciphertext), tied, keys.private)
        found.append(unpack(box.layout, "", bytes(row.nullifier), plain, keys.intake))
    return found
