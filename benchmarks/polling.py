"""A period that takes ballots, and clients that fetch a form, fill it in and send it."""

from __future__ import annotations

import http.client
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import text

from benchmarks.house import BALLOTS, House, scheme_text
from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.periods import create_period, find_period, open_period
from pingyi.services.periods.schemes import store_scheme
from pingyi.services.periods.units import UnitRow, put_units
from pingyi_surveys.questionnaires.questionnaire import parse_questionnaire, ready_questionnaire
from pingyi_surveys.questionnaires.store import store_questionnaire
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.boxes import put_box
from pingyi_surveys.setup.prepare_keys import prepare
from pingyi_surveys.setup.window_codes import Code, code_of

UNITS = 84
QUESTIONNAIRE = "conduct-five-levels"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_RECEIPT = re.compile(r"SHA-256 ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Poll:
    """An open poll: the path of every unit's ballot, how many questions it has, and what a web host needs."""

    channel_id: int
    paths: tuple[str, ...]
    questions: int
    environment: Mapping[str, str]


@contextmanager
def open_poll(house: House) -> Iterator[Poll]:
    """A period with one open box, its keys in a folder of their own."""
    document = ready_questionnaire(QUESTIONNAIRE)
    asked = [dimension.key for dimension in parse_questionnaire(document).dimensions]
    today = datetime.now(UTC).date()
    with tempfile.TemporaryDirectory(prefix="pingyi-bench-") as folder:
        kept = {"ballots": f"{folder}/ballots", "box": f"{folder}/box"}
        with transaction() as connection:
            scheme, _, scheme_id = store_scheme(connection, SHELL, scheme_text("poll", [BALLOTS], asked))
            draft = PeriodDraft(key="poll", starts_on=today - timedelta(1), ends_on=today + timedelta(30))
            create_period(connection, SHELL, draft, scheme, scheme_id)
            period = find_period(connection, "poll")
            rows = [UnitRow(code=f"u{n}", name=f"市第{n}局", category="a") for n in range(1, UNITS + 1)]
            put_units(connection, SHELL, period, scheme, rows)
            stored = store_questionnaire(connection, SHELL, document)
            version = (stored.key, stored.version)
            put_box(connection, SHELL, period, "c0", kind="open", questionnaire=version, rules={})
            own = SurveySettings(ballots_folder=Path(kept["ballots"]), box_folder=Path(kept["box"]))
            prepare(connection, SHELL, period, own)
            open_period(connection, SHELL, "poll")
            ids = connection.execute(text("SELECT c.id, u.unit_id FROM channel c, period_unit u")).all()
        secret = house.settings.secret_key
        paths = tuple(f"/s/{code_of(secret, Code(channel, unit, 0))}" for channel, unit in ids)
        environment = {"PINGYI_BALLOTS": kept["ballots"], "PINGYI_BOX": kept["box"], "PINGYI_STATE": folder}
        yield Poll(ids[0][0], paths, len(asked), environment)


def fetch(connection: http.client.HTTPConnection, path: str) -> list[tuple[str, str]]:
    """The hidden fields of a form that was fetched."""
    connection.request("GET", path)
    answer = connection.getresponse()
    page = answer.read().decode()
    if answer.status != 200:
        raise RuntimeError(f"the form answered {answer.status}")
    return _HIDDEN.findall(page)


def send(
    connection: http.client.HTTPConnection, path: str, hidden: list[tuple[str, str]], poll: Poll, number: int
) -> str:
    """Send a form filled in; the receipt that the page shows."""
    answers = [(f"q{at}", str((number + at) % 5)) for at in range(poll.questions)]
    body = urlencode([*hidden, *answers, ("go", "submit")])
    connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    page = answer.read().decode()
    found = _RECEIPT.search(page)
    if answer.status != 200 or not found:
        raise RuntimeError(f"the ballot was answered {answer.status}")
    return found[1]
