"""What becomes of letters by what the server says: gone, refused for good, or offered again later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.integration.surveys.mail.conftest import Configure
from tests.mail_sink import Sink

from pingyi_surveys.mail import handover
from pingyi_surveys.mail.handover import Outcome
from pingyi_surveys.mail.letters import LATER, Letter, Posted, send_letters

Say = Callable[[str, str, int], str]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many attempts as always, without the seconds between them."""
    monkeypatch.setattr(handover, "PAUSES_SECONDS", tuple(0.0 for _ in handover.PAUSES_SECONDS))


def letters(count: int) -> list[Letter]:
    return [Letter(n, f"who{n}@people.example", "评议", f"第 {n} 封\n") for n in range(count)]


def sent(configure: Configure, count: int) -> Posted:
    posted = Posted()
    send_letters(configure(), letters(count), posted)
    return posted


def at(verb: str, answer: str, *numbers: int) -> Say:
    """This answer to a verb about these people; the usual one to the others."""
    people = {f"who{number}@people.example" for number in numbers}
    return lambda said, argument, _place: answer if said == verb and argument in people else ""


def people_of(sink: Sink) -> list[int]:
    return [int(to.removeprefix("who").partition("@")[0]) for to, _ in sink.kept]


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "END"])
def test_5xx_is_final_for_the_address_with_the_servers_words(
    sink: Sink, configure: Configure, verb: str
) -> None:
    sink.say = at(verb, "550 5.1.1 <who1@people.example>: no such person who1 at people.example", 1)
    posted = sent(configure, 4)
    assert (posted.sent, posted.refused, posted.waiting) == ([0, 2, 3], [1], [])
    assert posted.said_of(1) == "550 5.1.1 <…>: no such person … at …"
    sink.say = lambda _verb, _argument, _place: ""
    send_letters(configure(), letters(4), posted)
    assert people_of(sink) == [0, 2, 3], "the same call again offers it no more"


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "END"])
@pytest.mark.parametrize("answer", ["450 4.7.1 greylisted, try again", "451 4.3.0 not now", "452 4.2.2 full"])
def test_4xx_waits_and_goes_with_the_next_run(
    sink: Sink, configure: Configure, verb: str, answer: str
) -> None:
    sink.say = at(verb, answer, 0, 2)
    posted = sent(configure, 4)
    assert (posted.sent, posted.deferred, posted.refused) == ([1, 3], [0, 2], [])
    assert posted.next_at is not None
    assert timedelta() < posted.next_at - datetime.now().astimezone() <= LATER
    sink.say = lambda _verb, _argument, _place: ""
    send_letters(configure(), letters(4), posted)
    assert (posted.sent, posted.waiting, posted.next_at, posted.met) == ([1, 3, 0, 2], [], None, {})
    assert sorted(people_of(sink)) == [0, 1, 2, 3], "each once"


def test_421_in_the_middle_of_a_list_goes_on_over_a_new_connection(sink: Sink, configure: Configure) -> None:
    sink.say = lambda verb, _argument, place: "421 4.7.0 enough" if verb == "MAIL" and place == 2 else ""
    posted = sent(configure, 7)
    assert (posted.sent, posted.waiting) == ([0, 1, 2, 3, 4, 5, 6], [])
    assert people_of(sink) == [0, 1, 2, 3, 4, 5, 6]
    assert sink.connections == 4


def test_421_after_a_letter_was_read_sends_it_again_since_it_was_not_taken(
    sink: Sink, configure: Configure
) -> None:
    said: list[str] = []

    def once(verb: str, argument: str, _place: int) -> str:
        if verb == "END" and argument.startswith("who1") and not said:
            said.append(argument)
            return "421 4.3.2 going down"
        return ""

    sink.say = once
    assert sent(configure, 3).sent == [0, 1, 2]
    assert (people_of(sink), sink.connections) == ([0, 1, 2], 2)


def test_421_to_every_connection_keeps_the_rest_for_later(sink: Sink, configure: Configure) -> None:
    sink.say = lambda verb, _argument, _place: "421 4.7.0 come back" if sink.kept and verb == "MAIL" else ""
    posted = sent(configure, 4)
    assert (posted.sent, posted.unsent, posted.waiting) == ([0], [1, 2, 3], [1, 2, 3])
    assert posted.stopped is not None
    assert str(posted.stopped.answer) == "421 4.7.0 come back"
    assert posted.next_at is not None
    assert sink.connections == 1 + len(handover.PAUSES_SECONDS)


def test_452_of_a_connection_that_carried_its_share_goes_on_over_a_new_one(
    sink: Sink, configure: Configure
) -> None:
    sink.say = lambda verb, _argument, place: "452 4.5.3 too many" if verb == "RCPT" and place >= 2 else ""
    posted = sent(configure, 9)
    assert (posted.sent, posted.deferred) == ([0, 1, 2, 3, 4, 5, 6, 7, 8], [])
    assert sink.connections == 5


def test_452_of_a_full_mailbox_waits_and_holds_up_nobody(sink: Sink, configure: Configure) -> None:
    sink.say = at("RCPT", "452 4.2.2 mailbox full", 3)
    posted = sent(configure, 6)
    assert (posted.sent, posted.deferred) == ([0, 1, 2, 4, 5], [3])
    assert sink.connections == 2


def test_a_drop_in_the_middle_sends_nothing_twice(sink: Sink, configure: Configure) -> None:
    sink.before = lambda number: number == 2
    sink.after = lambda number: number == 4
    posted = sent(configure, 7)
    assert (posted.sent, posted.unclear, posted.out) == ([0, 1, 2, 3, 5, 6], [4], 7)
    assert people_of(sink) == [0, 1, 2, 3, 4, 5, 6]
    assert sink.connections == 3


def test_a_refusal_that_ends_the_connection_is_still_told(sink: Sink, configure: Configure) -> None:
    sink.hang_up_after = "RSET"
    sink.say = at("RCPT", "554 5.7.1 not wanted", 1)
    posted = sent(configure, 3)
    assert (posted.sent, posted.refused) == ([0, 2], [1])


def test_a_sender_that_is_refused_stops_the_run(sink: Sink, configure: Configure) -> None:
    sink.say = lambda verb, _argument, _place: "553 5.7.1 not your address" if verb == "MAIL" else ""
    posted = sent(configure, 5)
    assert (posted.unsent, posted.refused, posted.next_at) == ([0, 1, 2, 3, 4], [], None)
    assert posted.stopped is not None
    assert posted.stopped.stage == "sender"


def test_answers_of_one_kind_are_told_once_with_their_letters(sink: Sink, configure: Configure) -> None:
    def say(verb: str, argument: str, _place: int) -> str:
        number = int(argument[3:].partition("@")[0]) if verb == "RCPT" else 0
        return {
            1: "550-5.1.1 The account that you tried\r\n550 5.1.1 does not exist. q8-1001",
            2: "550-5.1.1 The account that you tried\r\n550 5.1.1 does not exist. q9-1002",
            3: "450 4.2.0 greylisted for 300 seconds",
            4: "450 4.2.0 greylisted for 299 seconds",
            5: "550 spam from 10 hosts",
            6: "550 spam from 11 hosts",
        }.get(number, "")

    sink.say = say
    posted = sent(configure, 8)
    assert [(met.outcome, str(met.answer), met.lines) for met in posted.met.values()] == [
        (Outcome.REFUSED, "550 5.1.1 The account that you tried does not exist. q8-1001", [1, 2]),
        (Outcome.DEFERRED, "450 4.2.0 greylisted for 300 seconds", [3, 4]),
        (Outcome.REFUSED, "550 spam from 10 hosts", [5, 6]),
    ]


def test_no_answer_shows_an_address_or_a_card(sink: Sink, configure: Configure) -> None:
    card = "0123456789ABCDEFGHJKMNPQRS"
    sink.say = at("END", f"554 5.7.1 bad link https://b.example/c/{card} or {card}, <who0@people.example>", 0)
    posted = sent(configure, 1)
    assert posted.said_of(0) == "554 5.7.1 bad link … or …, <…>"
