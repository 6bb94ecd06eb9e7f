"""Accepted entries: one and 500 a request through the web server, and 500 through the service beside an ORM."""

from __future__ import annotations

import http.client
import itertools
import json
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
from pingyi.services.callers import SHELL
from pingyi.services.intake import Repeatable, deliver
from pingyi.services.keys import find_operator, new_operator_key

BATCH, CLIENTS, ROUNDS = 500, 8, 5
SINGLES, BATCHES, PLAIN, HELLOS = 800, 24, 2_000, 4_000
ORM_GOAL = 20


class _Table(DeclarativeBase):
    pass


class PlainScore(_Table):
    """The same scores as a row each, for the ORM."""

    __tablename__ = "plain_score"

    channel: Mapped[str] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(primary_key=True)
    score: Mapped[str]
    evidence: Mapped[str]


def figures(house: House) -> list[Figure]:
    """The service beside the ORM, then the API beside a bare route and a plain INSERT."""
    return [*_service(house), *_api(house)]


def _service(house: House) -> list[Figure]:
    open_period_of("bulk", BATCH, ["partner_score"] * (ROUNDS + 1))
    engine = create_engine(house.endpoints.owner_database_url, poolclass=NullPool)
    _Table.metadata.create_all(engine)
    channels = {name: itertools.count() for name in ("service", "orm")}

    def rows() -> list[dict[str, str]]:
        return [
            {"unit": f"u{n}", "score": f"{n % 100}.5", "evidence": "季度考核"} for n in range(1, BATCH + 1)
        ]

    def by_service() -> None:
        channel = f"c{next(channels['service'])}"
        once = Repeatable(key=f"{channel}-0123456789abcdef", fingerprint=b"\0" * 32)
        deliver(SHELL, "bulk", channel, rows(), repeatable=once)

    def by_orm() -> None:
        channel = f"c{next(channels['orm'])}"
        with Session(engine) as session:
            for row in rows():
                session.merge(PlainScore(channel=channel, **row))
            session.commit()

    by_service()
    by_orm()
    found = interleaved({"service": by_service, "orm": by_orm}, ROUNDS, house.postgres)
    ratio = found["orm"].wall / found["service"].wall
    return [
        Figure(f"ORM merge of {BATCH} partner scores", _each(found["orm"], BATCH), "1"),
        Figure(
            f"service, {BATCH} partner scores: identity, leaves, outbox", _each(found["service"], BATCH),
            f"{ratio:.1f} x the ORM's throughput", f">= {ORM_GOAL}", ratio >= ORM_GOAL,
        ),
    ]  # fmt: skip


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
        connection.execute("CREATE TABLE plain_entry (id bigint PRIMARY KEY, unit text, body jsonb)")
        for _ in range(ROUNDS):
            found["bare"].append(keep_busy(bare, get, range(HELLOS), CLIENTS))
            plain.append(spent(lambda: _insert(connection, numbers), house.postgres))
            single = [next(numbers) for _ in range(SINGLES)]
            found["single"].append(keep_busy(ours, _post(token, 1), single, CLIENTS, house.postgres))
            batches = [next(numbers) for _ in range(BATCHES)]
            found["batch"].append(keep_busy(ours, _post(token, BATCH), batches, CLIENTS, house.postgres))
    inserts = median(PLAIN / one.wall for one in plain)
    medians = {
        name: Served(median(one.per_second for one in all_), median(one.cpu for one in all_))
        for name, all_ in found.items()
    }
    return _api_figures(medians, inserts, median(one.cpu for one in plain) / PLAIN)


def _api_figures(found: dict[str, Served], inserts: float, insert_cpu: float) -> list[Figure]:
    bare = found["bare"]
    batch = Served(found["batch"].per_second * BATCH, found["batch"].cpu / BATCH)
    return [
        Figure("bare Flask route", _per_second(bare, "requests"), "1"),
        Figure("plain INSERT, a commit each, one client", f"{inserts:,.0f} / s, {insert_cpu * 1e6:,.0f} µs CPU"),
        *(
            Figure(
                name, _per_second(one, "entries"),
                f"CPU {one.cpu / bare.cpu:.2f} x a bare route, {one.cpu / insert_cpu:.2f} x an INSERT",
            )
            for name, one in (("API, one entry a request", found["single"]), ("API, 500 entries a request", batch))
        ),
    ]  # fmt: skip


def _per_second(one: Served, what: str) -> str:
    return f"{one.per_second:,.0f} {what} / s, {one.cpu * 1e6:,.0f} µs CPU each"


def _insert(connection: psycopg.Connection[tuple[Any, ...]], numbers: itertools.count[int]) -> None:
    for _ in range(PLAIN):
        connection.execute(
            "INSERT INTO plain_entry VALUES (%s, %s, %s)",
            (next(numbers), "u1", '{"option": "basic", "count": 3}'),
        )


def _post(token: str, size: int) -> Ask:
    def ask(connection: http.client.HTTPConnection, number: int) -> None:
        rows = [_ballot(number, at) for at in range(size)]
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"bench-{size}-{number:012d}",
        }
        path = f"/api/v1/periods/api/{BALLOTS}/c0/entries"
        connection.request("POST", path, json.dumps({"entries": rows}).encode(), headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"answered {answer.status}: {said[:300]!r}")

    return ask


def _ballot(number: int, at: int) -> dict[str, Any]:
    return {
        "unit": f"u{at % 84 + 1}",
        "batch": f"b{number}-{at // (84 * 25)}",
        "dimension": DIMENSIONS[at // 84 % 5],
        "option": OPTIONS[at // 420 % 5],
        "count": at % 40 + 1,
    }
