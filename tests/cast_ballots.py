"""Ballots cast in tests: sealed rows and leaves by the same code as the web hosts'."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from typing import Any

from flask import current_app
from sqlalchemy import text
from tests.ballot_period import unit_id

from pingyi.db import transaction
from pingyi.ledger.sealing import seal
from pingyi_surveys.ballot.keys import device_mark, network_mark, nullifier
from pingyi_surveys.ballot.layout import pack
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.casting.box_cache import CachedBox, cached_box
from pingyi_surveys.casting.seal import SealRequest, write_group

GROUP = 20
LEVELS = (40, 30, 15, 8, 4, 3)


def seal_record() -> int:
    """Put everything under a signed head."""
    return seal(current_app.extensions["pingyi.configuration"])


def open_ballots(box: CachedBox, number: int, draw: random.Random, **more: Any) -> list[OpenedBallot]:
    """Honest open ballots: of many devices and networks, on all days so far, with a comment now and then."""
    units = list(box.layout.units)
    questions = box.layout.questions
    found = []
    for at in range(number):
        seed = hashlib.sha256(b"%d %d" % (at, draw.getrandbits(64))).digest()
        day = draw.randrange(4)
        unit = draw.choice(units)
        one = OpenedBallot(
            unit,
            "window",
            day,
            tuple(draw.choices(range(6), LEVELS, k=questions)),
            draw.randrange(4),
            device_mark(box.keys.mark, seed, box.channel, unit),
            network_mark(box.keys.network, day, f"10.{seed[0]}.{seed[1]}.7"),
            False,
            False,
            nullifier(box.keys.nullifier, box.channel, "page", seed),
            f"评语 {at}" if at % 50 == 0 else "",
        )
        found.append(one._replace(**more))
    return found


def roster_ballots(box: CachedBox, cards: Iterable[bytes], draw: random.Random) -> list[OpenedBallot]:
    """A ballot of every unit for each of these cards."""
    return [
        OpenedBallot(
            "",
            "",
            0,
            tuple(draw.choices(range(4), (50, 30, 10, 10), k=box.layout.questions)),
            0,
            b"",
            b"",
            False,
            False,
            nullifier(box.keys.nullifier, box.channel, "card", card),
        )
        for card in cards
    ]


def cast_all(box: CachedBox, ballots: Sequence[OpenedBallot]) -> list[bytes]:
    """Cast ballots in groups; their receipts in order."""
    ids = {code: unit_id(code) for code in {ballot.unit for ballot in ballots} - {""}}
    receipts = []
    for first in range(0, len(ballots), GROUP):
        jobs = [
            SealRequest(box, ids.get(one.unit, 0), one.nullifier, pack(box.layout, one, box.intake))
            for one in ballots[first : first + GROUP]
        ]
        stored = write_group(jobs)
        receipts += [stored[job.place] for job in jobs]
    return receipts


def amounts(channel_id: int) -> tuple[int, int, int, int]:
    """Sealed, counted, held and rejected as the opening says."""
    with transaction() as connection:
        row = connection.execute(
            text("SELECT sealed, counted, held, rejected FROM box_opening WHERE channel_id = :id"),
            {"id": channel_id},
        ).one()
    return row[0], row[1], row[2], row[3]


def boxes(open_id: int, roster_id: int) -> tuple[CachedBox, CachedBox]:
    """Both boxes, ready to take ballots."""
    return cached_box(open_id), cached_box(roster_id)
