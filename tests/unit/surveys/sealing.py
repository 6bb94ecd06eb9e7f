"""Layouts, ballots and sealed rows for the tests of the box."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from hypothesis import strategies as st

from pingyi_surveys.ballot.keys import BoxKeys, box_keys
from pingyi_surveys.ballot.layout import Layout, pack
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER, OpenedBallot
from pingyi_surveys.ballot.sealed_box import seal_group, tied_to
from pingyi_surveys.ballot.tally import Sealed, Terms

UNITS = ("A01", "A02", "B01")
POLL = Layout(
    channel="mobile_qr",
    units=UNITS,
    dimensions=("attitude", "speed"),
    options=("satisfied", "basic", "dissatisfied", "no_opinion"),
    scored=3,
    strata=("hall", "visit"),
    comment=30,
)
ROSTER = Layout(
    channel="deputies",
    units=UNITS,
    dimensions=("overall",),
    options=("satisfied", "basic", "dissatisfied", "no_opinion"),
    scored=3,
    every_unit=True,
)
KEYS = box_keys(bytes(range(32)))
STRANGER = box_keys(bytes(range(1, 33)))
TERMS = Terms(last_day=90, size=1_000_000)
MARK = bytes(range(16))


def token(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def ballot(number: int, unit: str = "A01", answers: tuple[int, ...] = (0, 0), **more: object) -> OpenedBallot:
    base = OpenedBallot(unit, "hall", 3, answers, 2, MARK, MARK, False, False, token(number))
    return base._replace(**more)


def member(number: int, answers: tuple[int, ...]) -> OpenedBallot:
    return OpenedBallot("", "", 3, answers, 2, b"", b"", False, False, token(number))


def seal(
    layout: Layout, ballots: Sequence[OpenedBallot], keys: BoxKeys = KEYS, first: int = 0
) -> list[Sealed]:
    """The rows of one commit group, in the record from `first` on."""
    given = [(pack(layout, one, keys.intake), tied_to(layout.channel, one.nullifier)) for one in ballots]
    group = seal_group(given, keys.public)
    return [
        Sealed(first + at, one.unit, one.nullifier, group.public, at, group.ciphertexts[at])
        for at, one in enumerate(ballots)
    ]


def ballots_of(layout: Layout) -> st.SearchStrategy[OpenedBallot]:
    """Any ballot that the layout can hold."""
    mark = st.binary(min_size=16, max_size=16).filter(any) | st.just(b"")
    answer = st.sampled_from([*range(len(layout.options)), NO_ANSWER])
    width = layout.questions
    words = st.text(max_size=layout.comment // 4)
    return st.builds(
        OpenedBallot,
        unit=st.just("") if layout.every_unit else st.sampled_from(layout.units),
        stratum=st.sampled_from(layout.strata),
        day=st.integers(0, 90),
        answers=st.lists(answer, min_size=width, max_size=width).map(tuple),
        fill=st.integers(0, 255),
        device=mark,
        network=mark,
        kiosk=st.booleans(),
        visit=st.booleans(),
        nullifier=st.binary(min_size=32, max_size=32),
        comment=words,
    )
