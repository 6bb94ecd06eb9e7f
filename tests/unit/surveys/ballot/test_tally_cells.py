"""Small cells are withheld, and the entries are what the channels' own families take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from fractions import Fraction
from typing import Any

import pytest
from tests.unit.surveys.sealing import KEYS, POLL, ROSTER, TERMS, ballot, member, seal

from pingyi.channels import Channel, Context, Entry, Period, Score, Tally
from pingyi.channels.types import encode_name
from pingyi_plugins import roster as roster_plugin
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.tally import open_box
from pingyi_surveys.ballot.tally_cells import Tallied, tallied, too_few_to_hold


def counts(ballots: list[OpenedBallot], dimension: str = "attitude") -> dict[str, int]:
    found = tallied(POLL, [(one, "") for one in ballots], "box")
    return {entry.option: entry.count for entry in found if entry.dimension == dimension}


def given(*answers: tuple[int, int]) -> list[OpenedBallot]:
    return [ballot(number, answers=(answer, 0)) for answer, many in answers for number in range(many)]


def test_nine_scored_answers_give_a_number_and_no_options() -> None:
    assert counts(given((0, 5), (1, 3), (2, 1))) == {"withheld": 9}


def test_ten_scored_answers_give_their_options() -> None:
    assert counts(given((0, 5), (1, 3), (2, 2))) == {"satisfied": 5, "basic": 3, "dissatisfied": 2}


def test_unscored_answers_do_not_lift_a_cell_over_the_floor() -> None:
    assert counts(given((0, 9), (3, 30), (255, 4))) == {"withheld": 43}


def test_cell_without_scored_answers_shows_that() -> None:
    assert counts(given((3, 2), (255, 1))) == {"no_opinion": 2, "no_answer": 1}


def test_single_scored_answer_is_withheld() -> None:
    assert counts(given((1, 1))) == {"withheld": 1}


def test_each_dimension_is_judged_by_its_own_answers() -> None:
    ballots = given((0, 9), (3, 3))
    assert counts(ballots, "speed") == {"satisfied": 12}
    assert counts(ballots) == {"withheld": 12}


def test_answers_of_a_ballot_for_every_unit_fall_to_their_units() -> None:
    two = replace(ROSTER, dimensions=("attitude", "speed"))
    ballots = [(member(number, (0, 1, 2, 3, 255, 0)), "") for number in range(10)]
    assert list(tallied(two, ballots, "box")) == [
        Tallied("A01", "box", "", "attitude", "satisfied", 10),
        Tallied("A01", "box", "", "speed", "basic", 10),
        Tallied("A02", "box", "", "attitude", "dissatisfied", 10),
        Tallied("A02", "box", "", "speed", "no_opinion", 10),
        Tallied("B01", "box", "", "attitude", "no_answer", 10),
        Tallied("B01", "box", "", "speed", "satisfied", 10),
    ]


def test_each_unit_stratum_and_reason_is_a_cell() -> None:
    cells = [("A01", "hall", ""), ("A01", "visit", ""), ("A02", "hall", ""), ("A01", "hall", "R1")]
    ballots = [
        (ballot(number, unit, stratum=stratum), reason)
        for unit, stratum, reason in cells
        for number in range(9)
    ]
    found = [entry for entry in tallied(POLL, ballots, "box") if entry.dimension == "speed"]
    assert found == [
        Tallied("A01", "box", "hall", "speed", "withheld", 9),
        Tallied("A01", "box.R1", "hall", "speed", "withheld", 9, "held", "R1"),
        Tallied("A01", "box", "visit", "speed", "withheld", 9),
        Tallied("A02", "box", "hall", "speed", "withheld", 9),
    ]


@pytest.mark.parametrize(("held", "few"), [(1, True), (9, True), (10, False)])
def test_cell_with_under_ten_held_ballots_is_too_few(held: int, *, few: bool) -> None:
    ballots = [ballot(number) for number in range(30)]
    reasons = ["R1"] * held + [""] * (30 - held)
    assert too_few_to_hold(ballots, reasons) == ({("A01", "hall", "R1")} if few else set())


COLUMNS = {"unit", "batch", "stratum", "dimension", "option", "count"}
SETTINGS: dict[str, Any] = {
    "options": {"satisfied": "100", "basic": "60", "dissatisfied": "0"},
    "unscored": ["no_opinion"],
    "n_min": 1,
    "shown_as": "rate",
}


def scored(channel: Channel, entries: Iterable[Tallied], unit: str) -> Score:
    """The unit's score as the core would make it, from the entries' columns."""
    context = Context(channel.settings_schema().load(SETTINGS), Period(), {})
    own, shared = Counter[str](), Counter[str]()
    for entry in entries:
        row = {name: value for name, value in asdict(entry).items() if name in COLUMNS}
        values = channel.entry_schema(context).load(row)
        owner = values.pop("unit", None)
        for count in channel.tally(Entry(owner or None, values), context):
            if owner in {unit, None, ""}:
                (shared if count.shared else own)[encode_name(count.counter)] += count.amount
    return channel.score(Tally(own, Tally(shared)), context)


def test_roster_channel_scores_what_the_opened_box_gives() -> None:
    ballots = [member(number, (number % 2, 0 if number < 9 else 3, 0)) for number in range(20)]
    entries = open_box(seal(ROSTER, ballots), ROSTER, KEYS, TERMS).entries
    roster = next(iter(roster_plugin.pingyi_channels()))
    first = scored(roster, entries, "A01")
    assert (first.status, first.rate, first.n, first.facts["returned"]) == ("ok", Fraction(4, 5), 20, 20)
    small = scored(roster, entries, "A02")
    assert (small.status, small.rate, small.n, small.facts["returned"]) == ("too_few", None, 0, 20)
