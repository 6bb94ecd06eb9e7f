"""Representatives by lot: 3,237 in the pool, 1,000 drawn, each invited with a card."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from tests.ballot_period import ROSTER, Ballots, ballot_period
from tests.mail_sink import running_sink
from tests.waiting import worked_seconds

from pingyi.db import transaction
from pingyi.domain.draw import Member, Rule
from pingyi.services.core.callers import SHELL
from pingyi.services.draws.draws import (
    DrawDraft,
    commit_draw,
    enter_value,
    load_draw,
    local_today,
    substitute,
)
from pingyi.settings import Settings
from pingyi_surveys.ballot.card_codes import write_card
from pingyi_surveys.mail.server import mail_server
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.invitations import Mailing, plan_invitations, post, record_mailing

POOL = [Member(f"R{n:04d}", ("企业", "村居", "群众")[n % 3]) for n in range(3237)]
CONTACTS = [[member.id, f"{member.id.lower()}@people.example"] for member in POOL]


def drawn() -> Ballots:
    """A roster of 1,010 cards, and a draw of 1,000 with 60 alternates."""
    made = ballot_period(opened=False, cards=1010)
    tomorrow = local_today() + timedelta(days=1)
    rule = Rule(size=1000, alternates=60, source="双色球")
    with transaction() as connection:
        draft = DrawDraft(key="lot", title="代表", rule=rule, pool=POOL, due_on=tomorrow)
        commit_draw(connection, SHELL, draft, local_today())
    with transaction() as connection:
        enter_value(connection, SHELL, "lot", "03 08 12", tomorrow)
    return made


def planned(made: Ballots) -> Mailing:
    links = [f"https://ballots.example/c/{write_card(card)}" for card in made.cards]
    with transaction() as connection:
        found = load_draw(connection, "lot")
        return plan_invitations(connection, "p", ROSTER, recipients=CONTACTS, links=links, draw=found)


def test_a_thousand_of_three_thousand_are_drawn_and_their_letters_written_in_two_seconds(app: Flask) -> None:
    made = drawn()
    with transaction() as connection:
        first = load_draw(connection, "lot")
        replaced = next(one.member.id for one in first.places if one.lot.value == "drawn")
        stands_in = substitute(connection, SHELL, "lot", replaced, "已调离")
    started = worked_seconds()
    mailing = planned(made)
    assert worked_seconds() - started < 2
    members = {one.member for one in mailing.recipients.values()}
    assert len(mailing.letters) == len(members) == 1000
    assert stands_in in members and replaced not in members
    assert len(mailing.left_cards()) == 10
    assert mailing.left_recipients() == []


@pytest.mark.long
@pytest.mark.mission("004-01")
def test_a_thousand_invitations_arrive_with_a_card_of_their_own(app: Flask, settings: Settings) -> None:
    mailing = planned(drawn())
    with running_sink() as sink:
        sink.before = lambda number: number == 400
        server = mail_server(
            replace(
                settings.read(SurveySettings), smtp=f"127.0.0.1:{sink.port}", mail_from="o@pingyi.example"
            )
        )
        post(server, mailing, lambda _done, _of: None)
        links = [re.findall(r"https://\S+", message.get_content())[0] for _, message in sink.kept]
        people = {to for to, _ in sink.kept}
    assert len(links) == len(set(links)) == len(people) == 1000
    assert sink.connections == 2
    with transaction() as connection:
        record_mailing(connection, SHELL, mailing)
        leaf = connection.execute(
            text("SELECT convert_from(body, 'UTF8') FROM leaf WHERE kind = 'mail.sent'")
        ).scalar_one()
    assert '"count":1000' in leaf
