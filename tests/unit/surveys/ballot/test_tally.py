"""The box opened: what is rejected and why, what adds up, and that order does not matter."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.surveys.sealing import (
    KEYS,
    POLL,
    ROSTER,
    STRANGER,
    TERMS,
    ballot,
    ballots_of,
    member,
    seal,
    token,
)

from pingyi_surveys.ballot.layout import pack
from pingyi_surveys.ballot.opened_ballot import Judge, OpenedBallot
from pingyi_surveys.ballot.quarantine import Rules, judge_by
from pingyi_surveys.ballot.sealed_box import seal_group, tied_to
from pingyi_surveys.ballot.tally import Opening, Result, Sealed, Terms, open_box, open_rows, settle
from pingyi_surveys.ballot.tally_cells import Number, Tallied

TWENTY = [ballot(number) for number in range(20)]
STANDINGS = ("counted", "held", "rejected")


def opened(rows: Sequence[Sealed], terms: Terms = TERMS, judge: Judge | None = None) -> Opening:
    return open_box(rows, POLL, KEYS, terms, judge)


def rejected(opening: Opening) -> dict[tuple[str, str], int]:
    return {
        (number.unit, number.reason): number.count
        for number in opening.numbers
        if number.standing == "rejected"
    }


def hold(reason: str, chosen: Callable[[OpenedBallot], bool]) -> Judge:
    return lambda ballots: [reason if chosen(one) else "" for one in ballots]


def flipped(row: Sealed, at: int) -> Sealed:
    sealed = row.ciphertext
    return replace(row, ciphertext=sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])


def test_empty_box_gives_nothing() -> None:
    assert opened([]) == Opening((), (), ())
    assert open_box([], ROSTER, KEYS, TERMS) == Opening((), (), ())


def test_honest_box_is_counted() -> None:
    given = [*TWENTY, *(ballot(100 + number, "A02", (2, 3)) for number in range(10))]
    opening = opened(seal(POLL, given))
    assert opening.numbers == (Number("A01", "counted", "", 20), Number("A02", "counted", "", 10))
    assert opening.entries == (
        Tallied("A01", "box", "hall", "attitude", "satisfied", 20),
        Tallied("A01", "box", "hall", "speed", "satisfied", 20),
        Tallied("A02", "box", "hall", "attitude", "dissatisfied", 10),
        Tallied("A02", "box", "hall", "speed", "no_opinion", 10),
    )


@pytest.mark.parametrize(
    ("spoil", "unit", "reason"),
    [
        (lambda row: flipped(row, 0), "A01", "undecryptable"),
        (lambda row: flipped(row, -1), "A01", "undecryptable"),
        (lambda row: replace(row, unit="A02"), "A02", "moved"),
        (lambda row: replace(row, unit=""), "", "moved"),
        (lambda row: replace(row, nullifier=token(99)), "A01", "undecryptable"),
        (lambda row: replace(row, position=row.position + 1), "A01", "undecryptable"),
        (lambda row: replace(row, group=STRANGER.public), "A01", "undecryptable"),
        (lambda row: replace(row, ciphertext=b""), "A01", "undecryptable"),
        (lambda row: replace(row, index=TERMS.size), "A01", "late"),
    ],
)
def test_spoiled_row_is_rejected_with_its_reason(
    spoil: Callable[[Sealed], Sealed], unit: str, reason: str
) -> None:
    rows = seal(POLL, TWENTY)
    opening = opened([*rows[:7], spoil(rows[7]), *rows[8:]])
    assert rejected(opening) == {(unit, reason): 1}
    assert opening.total("counted") == 19


def test_ballot_of_a_day_after_the_last_is_late() -> None:
    rows = seal(POLL, [*TWENTY, ballot(20, day=90), ballot(21, day=91)])
    assert rejected(opened(rows)) == {("A01", "late"): 1}


def test_box_sealed_for_a_foreign_key_is_rejected_whole() -> None:
    opening = opened(seal(POLL, TWENTY, STRANGER))
    assert rejected(opening) == {("A01", "undecryptable"): 20}
    assert opening.entries == ()


def test_ballot_made_without_the_intake_key_is_rejected() -> None:
    forger = KEYS._replace(intake=STRANGER.intake)
    rows = [*seal(POLL, TWENTY), *seal(POLL, [ballot(50)], forger)]
    assert rejected(opened(rows)) == {("A01", "bad_mac"): 1}


def test_ballot_of_another_length_is_rejected() -> None:
    given = [(pack(POLL, TWENTY[0], KEYS.intake) + b"\0", tied_to("mobile_qr", TWENTY[0].nullifier))]
    group = seal_group(given, KEYS.public)
    row = Sealed(0, "A01", TWENTY[0].nullifier, group.public, 0, group.ciphertexts[0])
    assert rejected(opened([row])) == {("A01", "unreadable"): 1}


def test_of_one_nullifier_the_first_in_the_record_counts() -> None:
    later = [ballot(number, answers=(2, 2)) for number in range(20)]
    rows = [*seal(POLL, later, first=100), *seal(POLL, TWENTY, first=0)]
    opening = opened(rows)
    assert rejected(opening) == {("A01", "replayed"): 20}
    assert [entry.option for entry in opening.entries] == ["satisfied", "satisfied"]


def test_copied_row_counts_once() -> None:
    rows = seal(POLL, TWENTY)
    assert rejected(opened([*rows, rows[3], replace(rows[3], index=900)])) == {("A01", "replayed"): 2}


def test_forged_ballot_never_takes_the_place_of_a_true_one() -> None:
    forger = KEYS._replace(intake=STRANGER.intake)
    rows = [*seal(POLL, TWENTY, forger, first=0), *seal(POLL, TWENTY, first=100)]
    opening = opened(rows)
    assert (rejected(opening), opening.total("counted")) == ({("A01", "bad_mac"): 20}, 20)


def test_late_ballot_never_takes_the_place_of_a_timely_one() -> None:
    late = [one._replace(day=91) for one in TWENTY]
    opening = opened([*seal(POLL, late, first=0), *seal(POLL, TWENTY, first=100)])
    assert (rejected(opening), opening.total("counted")) == ({("A01", "late"): 20}, 20)


def test_more_ballots_than_cards_lose_their_last_in_the_record() -> None:
    terms = replace(TERMS, cards={"": 12})
    first, last = [member(n, (0, 0, 0)) for n in range(12)], [member(n, (2, 2, 2)) for n in range(12, 15)]
    rows = [*seal(ROSTER, last, first=50), *seal(ROSTER, first, first=0)]
    opening = open_box(rows, ROSTER, KEYS, terms)
    assert rejected(opening) == {("", "cards_exceeded"): 3}
    assert opening.entries[0] == Tallied("", "box", "", "", "returned", 12)
    assert {entry.option for entry in opening.entries[1:]} == {"satisfied"}


def test_cards_are_counted_by_stratum() -> None:
    given = [*TWENTY, *(ballot(40 + n, stratum="visit") for n in range(3))]
    terms = replace(TERMS, cards={"hall": 20, "visit": 2})
    assert rejected(opened(seal(POLL, given), terms)) == {("A01", "cards_exceeded"): 1}
    assert rejected(opened(seal(POLL, given), replace(TERMS, cards={"visit": 3}))) == {
        ("A01", "cards_exceeded"): 20
    }


def test_roster_gives_every_unit_its_answers_and_one_returned() -> None:
    rows = seal(ROSTER, [member(number, (0, 1 + number % 2, 255)) for number in range(20)])
    opening = open_box(rows, ROSTER, KEYS, replace(TERMS, cards={"": 40}))
    assert opening.numbers == (Number("", "counted", "", 20),)
    assert opening.entries == (
        Tallied("", "box", "", "", "returned", 20),
        Tallied("A01", "box", "", "overall", "satisfied", 20),
        Tallied("A02", "box", "", "overall", "basic", 10),
        Tallied("A02", "box", "", "overall", "dissatisfied", 10),
        Tallied("B01", "box", "", "overall", "no_answer", 20),
    )


def test_held_ballots_stand_in_a_batch_of_their_own() -> None:
    given = [*TWENTY, *(ballot(100 + number, answers=(2, 2), fill=9) for number in range(10))]
    opening = opened(seal(POLL, given), judge=hold("R3", lambda one: one.fill == 9))
    assert opening.numbers == (Number("A01", "counted", "", 20), Number("A01", "held", "R3", 10))
    assert Tallied("A01", "box.R3", "hall", "speed", "dissatisfied", 10, "held", "R3") in opening.entries
    assert {entry.standing for entry in opening.entries if entry.batch == "box"} == {"counted"}


def test_nine_held_ballots_of_a_cell_become_a_number() -> None:
    given = [*TWENTY, *(ballot(100 + number, fill=9, stratum="visit") for number in range(9))]
    given += [ballot(200 + number, fill=9) for number in range(10)]
    opening = opened(seal(POLL, given), judge=hold("R3", lambda one: one.fill == 9))
    assert opening.numbers == (
        Number("A01", "counted", "", 20),
        Number("A01", "held", "R3", 10),
        Number("A01", "rejected", "R3", 9),
    )
    assert {entry.stratum for entry in opening.entries} == {"hall"}


def test_repeats_of_one_device_are_held_by_the_rules() -> None:
    given = [ballot(number, device=token(number)[:16]) for number in range(20)]
    given += [ballot(100 + number, day=number) for number in range(12)]
    rows = seal(POLL, given)
    opening = opened(rows, judge=judge_by(Rules(), (2, 1, 0, None)))
    assert opening.numbers == (Number("A01", "counted", "", 21), Number("A01", "held", "R1", 11))


def test_judge_sees_valid_ballots_once_in_the_order_of_their_nullifiers() -> None:
    seen: list[OpenedBallot] = []

    def judge(ballots: Sequence[OpenedBallot]) -> Sequence[str]:
        seen.extend(ballots)
        return [""] * len(ballots)

    rows = seal(POLL, TWENTY)
    opened([*rows, rows[0], replace(rows[1], index=77)], judge=judge)
    assert seen == sorted(TWENTY, key=lambda one: one.nullifier)


def test_comments_part_from_their_ballots_and_are_sorted_by_their_bytes() -> None:
    said = {0: "zeit", 1: "好", 2: "  ", 3: "Zeit", 4: "a"}
    given = [one._replace(comment=said.get(number, "")) for number, one in enumerate(TWENTY)]
    opening = opened(seal(POLL, given))
    assert [(one.unit, one.standing, one.text) for one in opening.opinions] == [
        ("A01", "counted", text) for text in ("Zeit", "a", "zeit", "好")
    ]


def test_rejected_ballots_leave_no_comment() -> None:
    late = [ballot(number, day=91, comment="late") for number in range(20)]
    assert opened(seal(POLL, late)).opinions == ()


@settings(max_examples=25, deadline=None)
@given(st.lists(ballots_of(POLL), max_size=60), st.lists(st.integers(0, 10**6), max_size=20), st.randoms())
def test_three_numbers_add_up_and_order_never_matters(
    given: list[OpenedBallot], spoiled: list[int], chance: random.Random
) -> None:
    rows = [row for at in range(0, len(given), 7) for row in seal(POLL, given[at : at + 7], first=at)]
    for pick in spoiled if rows else []:
        at = pick % len(rows)
        rows.append(replace(rows[at], index=pick))
        rows[at] = replace(flipped(rows[at], pick % 40), unit="A02")
    judge = hold("R1", lambda one: one.fill % 2 == 0)
    opening = opened(rows, judge=judge)
    assert sum(map(opening.total, STANDINGS)) == len(rows)
    for _ in range(3):
        chance.shuffle(rows)
        assert opened(rows, judge=judge).canonical() == opening.canonical()


@settings(max_examples=25, deadline=None)
@given(st.lists(ballots_of(POLL), max_size=60, unique_by=lambda one: one.nullifier))
def test_options_of_every_cell_add_up_to_its_ballots(given: list[OpenedBallot]) -> None:
    opening = opened(seal(POLL, given), judge=hold("R1", lambda one: one.fill % 2 == 0))
    ballots = Counter((one.unit, one.standing) for one in opening.numbers for _ in range(one.count))
    for dimension in POLL.dimensions:
        options = Counter[tuple[str, str]]()
        for entry in opening.entries:
            if entry.dimension == dimension:
                options[entry.unit, entry.standing] += entry.count
        assert options == {cell: n for cell, n in ballots.items() if cell[1] != "rejected"}


def test_box_opened_in_parts_is_the_box_opened_whole() -> None:
    rows = seal(POLL, TWENTY)
    parts: list[Result] = []
    for part in (rows[13:], rows[:13]):
        parts.extend(open_rows(part, POLL, KEYS))
    assert settle(parts, POLL, TERMS).canonical() == opened(rows).canonical()
