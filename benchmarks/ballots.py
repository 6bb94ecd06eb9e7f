"""What a ballot costs: the form, the ballot stored and sealed, its receipt's page; and the box's opening."""

from __future__ import annotations

import http.client
import os
import time
from statistics import median
from typing import Final

from benchmarks.figures import Figure
from benchmarks.house import House
from benchmarks.polling import Poll, fetch, open_poll, send
from benchmarks.serving import BARE, OURS, Ask, Served, get, keep_busy, server
from pingyi.channels import Text
from pingyi_surveys.ballot.keys import box_keys
from pingyi_surveys.ballot.layout import Layout, pack
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.quarantine import judge_by
from pingyi_surveys.ballot.sealed_box import seal_group, tied_to
from pingyi_surveys.ballot.tally import Sealed, Terms, open_box
from pingyi_surveys.ballot.thresholds import Rules
from pingyi_surveys.casting.page_html import Frame, ReceiptPage, render_receipt, short_code

HELLOS, SENT, CLIENTS, ROUNDS = 4_000, 800, 32, 5
STORED_GOAL, WHOLE_GOAL, OPENED_GOAL = 5, 7, 10_000
OPENED, IN_GROUP, PAGES, WARM = 100_000, 20, 300, 600
LEVELS: Final = (4, 3, 2, 1, 0, None)
LAYOUT: Final = Layout(
    channel="c0",
    units=tuple(f"u{n}" for n in range(84)),
    dimensions=("law", "conduct", "integrity", "openness", "management"),
    options=("a", "b", "c", "d", "e", "no_opinion"),
    scored=5,
    strata=("window", "visit", "kiosk"),
)


def figures(house: House) -> list[Figure]:
    """Form and ballot beside the bare route in turns, then the receipt's page and the opening."""
    found: dict[str, list[Served]] = {"bare": [], "form": [], "whole": []}
    with (
        open_poll(house) as poll,
        server(house, OURS, environment=poll.environment) as ours,
        server(house, BARE) as bare,
    ):
        keep_busy(ours, _whole(poll), range(CLIENTS * 40), CLIENTS)
        for turn in range(ROUNDS):
            numbers = range(turn * SENT, (turn + 1) * SENT)
            found["bare"].append(keep_busy(bare, get, range(HELLOS), CLIENTS))
            found["form"].append(keep_busy(ours, _form(poll), numbers, CLIENTS, house.postgres))
            found["whole"].append(keep_busy(ours, _whole(poll), numbers, CLIENTS, house.postgres))
    cpu = {name: median(one.cpu for one in all_) for name, all_ in found.items()}
    receipt, bare_cpu = _receipt(), cpu["bare"]
    stored = cpu["whole"] - cpu["form"] - receipt
    return [
        Figure("bare Flask route", _micro(bare_cpu), "1"),
        _figure("form, cached per unit and language", cpu["form"], bare_cpu),
        _figure("ballot read, stored, deduplicated and sealed", stored, bare_cpu, STORED_GOAL),
        _figure("form and ballot", cpu["form"] + stored, bare_cpu, WHOLE_GOAL),
        _figure("the receipt's page with its QR", receipt, bare_cpu),
        _figure("all three", cpu["whole"], bare_cpu),
        _opened(),
    ]


def _figure(name: str, cpu: float, bare: float, goal: int | None = None) -> Figure:
    times = cpu / bare
    if goal is None:
        return Figure(name, _micro(cpu), f"{times:.1f}")
    return Figure(name, _micro(cpu), f"{times:.1f}", f"<= {goal}", times <= goal)


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs CPU"


def _form(poll: Poll) -> Ask:
    def ask(connection: http.client.HTTPConnection, number: int) -> None:
        fetch(connection, poll.paths[number % len(poll.paths)])

    return ask


def _whole(poll: Poll) -> Ask:
    def ask(connection: http.client.HTTPConnection, number: int) -> None:
        path = poll.paths[number % len(poll.paths)]
        send(connection, path, fetch(connection, path), poll, number)

    return ask


def _receipt() -> float:
    frame = Frame(site=Text(zh="评议", en="Pingyi"), period=Text(zh="本期", en="Now"), action="", style="")
    digests = [os.urandom(32).hex() for _ in range(PAGES + WARM)]
    receipts = [
        ReceiptPage(digest=digest, look_up=f"http://127.0.0.1:8000/r/{short_code(digest)}")
        for digest in digests
    ]
    for receipt in receipts[PAGES:]:  # every character of a code is drawn once in every place
        render_receipt(receipt, frame, "zh")
    begun = time.process_time()
    for receipt in receipts[:PAGES]:
        render_receipt(receipt, frame, "zh")
    return (time.process_time() - begun) / PAGES


def _opened() -> Figure:
    keys = box_keys(os.urandom(32))
    rows = []
    for start in range(0, OPENED, IN_GROUP):
        ballots = [_ballot(number) for number in range(start, start + IN_GROUP)]
        plain = [(pack(LAYOUT, one, keys.intake), tied_to("c0", one.nullifier)) for one in ballots]
        group = seal_group(plain, keys.public)
        rows += [
            Sealed(start + at, one.unit, one.nullifier, group.public, at, group.ciphertexts[at])
            for at, one in enumerate(ballots)
        ]
    begun = time.process_time()
    opening = open_box(rows, LAYOUT, keys, Terms(last_day=30, size=OPENED), judge_by(Rules(), LEVELS))
    rate = OPENED / (time.process_time() - begun)
    if opening.total("counted") + opening.total("held") != OPENED:
        raise RuntimeError("the opening lost ballots")
    return Figure(
        f"opening {OPENED:,} ballots of five questions, with the quarantine",
        f"{rate:,.0f} ballots / CPU s",
        "",
        f">= {OPENED_GOAL:,}",
        rate >= OPENED_GOAL,
    )


def _ballot(number: int) -> OpenedBallot:
    return OpenedBallot(
        unit=f"u{number % 84}",
        stratum="window",
        day=number % 30,
        answers=tuple((number * (at + 1) + number // 7) % 6 for at in range(5)),
        fill=2,
        device=os.urandom(16),
        network=(number % 5000).to_bytes(16, "big"),
        kiosk=False,
        visit=False,
        nullifier=number.to_bytes(32, "big"),
    )
