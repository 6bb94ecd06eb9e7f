"""Accepted entries: one and 500 a request through the web server, and 500 by the service beside an ORM."""

from __future__ import annotations

import http.client
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import NullPool

from benchmarks.figures import Figure
from benchmarks.house import BALLOTS, DIMENSIONS, OPTIONS, House, open_period_of
from benchmarks.measuring import Spent, interleaved, spent
from benchmarks.serving import BARE, OURS, Ask, Served, get, keep_busy, server
from pingyi.db import transaction
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import Repeatable, deliver
from pingyi.services.people.api_keys import find_operator, new_operator_key

BATCH, CLIENTS, ROUNDS = 500, 8, 7
SINGLES, BATCHES, PLAIN, HELLOS = 800, 24, 2_000, 4_000
ORM_GOAL = 20


class _Table(DeclarativeBase):
    pass


class PlainScore(_Table):
    """The score alone, one row each."""

    __tablename__ = "plain_score"

    channel: Mapped[str] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(primary_key=True)
    score: Mapped[str]
    evidence: Mapped[str]


class PlainEntry(_Table):
    """The rows that the service writes for a score: the entry itself."""

    __tablename__ = "plain_entry"

    delivery: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[str]
    values: Mapped[str]
    counts: Mapped[str]
    hash: Mapped[str]


class PlainHead(_Table):
    """The rows that the service writes for a score: which entry stands for an identity."""

    __tablename__ = "plain_head"

    channel: Mapped[str] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(primary_key=True)
    delivery: Mapped[int]
    position: Mapped[int]


class PlainLeaf(_Table):
    """The rows that the service writes for a score: its leaf."""

    __tablename__ = "plain_leaf"

    delivery: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str]
    hash: Mapped[str]


def figures(house: House) -> list[Figure]:
    """The service beside the ORM, then the API beside a bare route and a plain INSERT."""
    return [*_service(house), *_api(house)]


def _service(house: House) -> list[Figure]:
    open_period_of("bulk", BATCH, ["partner_score"] * (ROUNDS + 1))
    engine = create_engine(house.endpoints.owner_database_url, poolclass=NullPool)
    _Table.metadata.create_all(engine)
    turns = {name: itertools.count() for name in ("service", "score", "same")}

    def by_service() -> None:
        channel = f"c{next(turns['service'])}"
        once = Repeatable(key=f"{channel}-0123456789abcdef", fingerprint=b"\0" * 32)
        deliver(SHELL, ChannelRef(period="bulk", channel=channel), _scores(), repeatable=once)

    def merge(rows: Iterable[_Table]) -> None:
        with Session(engine) as session:
            for row in rows:
                session.merge(row)
            session.commit()

    acts: dict[str, Callable[[], None]] = {
        "service": by_service,
        "score": lambda: merge(_plain_scores(next(turns["score"]))),
        "same": lambda: merge(_same_rows(next(turns["same"]))),
    }
    for act in acts.values():
        act()
    return _service_figures(interleaved(acts, ROUNDS, house.postgres))


def _service_figures(found: dict[str, Spent]) -> list[Figure]:
    service = found["service"]
    same, score = (found[name].wall / service.wall for name in ("same", "score"))
    by_cpu = found["same"].cpu / service.cpu
    return [
        Figure("ORM merge of the scores alone", _each(found["score"], BATCH)),
        Figure("ORM merge of the same rows (entry, head, leaf)", _each(found["same"], BATCH), "1"),
        Figure(
            f"service, {BATCH} partner scores: identity, leaves, outbox", _each(service, BATCH),
            f"{same:.1f} x the same rows ({by_cpu:.1f} x by CPU), {score:.1f} x the scores alone",
            f">= {ORM_GOAL}", same >= ORM_GOAL,
        ),
    ]  # fmt: skip


def _scores() -> list[dict[str, str]]:
    return [{"unit": f"u{n}", "score": f"{n % 100}.5", "evidence": "季度考核"} for n in range(1, BATCH + 1)]


def _plain_scores(turn: int) -> Iterator[_Table]:
    for row in _scores():
        yield PlainScore(channel=f"c{turn}", **row)


def _same_rows(turn: int) -> Iterator[_Table]:
    """What the service writes of each score, made beforehand: nothing is validated or hashed here."""
    for at, row in enumerate(_scores()):
        identity, values = f'["{row["unit"]}"]', json.dumps(row)
        yield PlainEntry(
            delivery=turn, position=at, identity=identity, values=values, counts="{}", hash="0" * 64
        )
        yield PlainHead(channel=f"c{turn}", identity=identity, delivery=turn, position=at)
        yield PlainLeaf(delivery=turn, position=at, body=values * 4, hash="0" * 64)


def _each(one: Spent, entries: int) -> str:
    return f"{entries / one.wall:,.0f} entries / s, {one.cpu / entries * 1e6:,.0f} µs CPU each"


def _api(house: House) -> list[Figure]:
    open_period_of("api", 84, [BALLOTS])
    with transaction() as connection:
        token = new_operator_key(connection, SHELL, find_operator(connection, "operator 0")).token
    numbers = itertools.count(1)
    found: dict[str, list[Served]] = {"bare": [], "single": [], "batch": []}
    plain: list[Spent] = []
    with server(house, OURS) as ours, server(house, BARE) as bare, house.as_owner() as connection:
        connection.autocommit = True
        connection.execute("CREATE TABLE plain_insert (id bigint PRIMARY KEY, unit text, body jsonb)")
        for _ in range(ROUNDS):
            found["bare"].append(keep_busy(bare, get, range(HELLOS), CLIENTS))
            plain.append(spent(lambda: _insert(connection, numbers), house.postgres))
            single = [next(numbers) for _ in range(SINGLES)]
            found["single"].append(keep_busy(ours, post(token, 1), single, CLIENTS, house.postgres))
            batches = [next(numbers) for _ in range(BATCHES)]
            found["batch"].append(keep_busy(ours, post(token, BATCH), batches, CLIENTS, house.postgres))
    inserts = median(PLAIN / one.wall for one in plain)
    medians = {
        name: Served(median(one.per_second for one in all_), median(one.cpu for one in all_))
        for name, all_ in found.items()
    }
    return _api_figures(medians, inserts, median(one.cpu for one in plain) / PLAIN)


def _api_figures(found: dict[str, Served], inserts: float, insert_cpu: float) -> list[Figure]:
    bare, single = found["bare"], found["single"]
    batch = Served(found["batch"].per_second * BATCH, found["batch"].cpu / BATCH)
    return [
        Figure("bare Flask route", _per_second(bare, "requests"), "1"),
        Figure("plain INSERT, a commit each", f"{inserts:,.0f} / s, {insert_cpu * 1e6:,.0f} µs CPU each"),
        Figure("API, one entry a request", _per_second(single, "entries"), _beside(single, bare, insert_cpu)),
        Figure("API, 500 entries a request", _per_second(batch, "entries"), _beside(batch, bare, insert_cpu)),
    ]


def _beside(one: Served, bare: Served, insert_cpu: float) -> str:
    return f"CPU {one.cpu / bare.cpu:.2f} x a bare route, {one.cpu / insert_cpu:.2f} x an INSERT"


def _per_second(one: Served, what: str) -> str:
    return f"{one.per_second:,.0f} {what} / s, {one.cpu * 1e6:,.0f} µs CPU each"


def _insert(connection: psycopg.Connection[tuple[Any, ...]], numbers: itertools.count[int]) -> None:
    for _ in range(PLAIN):
        connection.execute(
            "INSERT INTO plain_insert VALUES (%s, %s, %s)",
            (next(numbers), "u1", '{"option": "basic", "count": 3}'),
        )


def post(token: str, size: int, period: str = "api") -> Ask:
    """Post so many ballots of a number of its own."""

    def ask(connection: http.client.HTTPConnection, number: int) -> None:
        rows = [ballot(number, at) for at in range(size)]
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"bench-{size}-{number:012d}",
        }
        path = f"/api/v1/periods/{period}/{BALLOTS}/c0/entries"
        connection.request("POST", path, json.dumps({"entries": rows}).encode(), headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"answered {answer.status}: {said[:300]!r}")

    return ask


def ballot(number: int, at: int) -> dict[str, Any]:
    """Row `at` of the batch of this number; all differ."""
    return {
        "unit": f"u{at % 84 + 1}",
        "batch": f"b{number}-{at // (84 * 25)}",
        "dimension": DIMENSIONS[at // 84 % 5],
        "option": OPTIONS[at // 420 % 5],
        "count": at % 40 + 1,
    }
