"""Real engines, the application, and periods with many units and channels, for every measurement."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg
from flask import Flask
from sqlalchemy import text

from pingyi import migrations
from pingyi.app import create_app
from pingyi.db import db, transaction
from pingyi.embedded.engines import Endpoints, running_engines
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.periods import create_period, find_period, open_period
from pingyi.services.periods.schemes import store_scheme
from pingyi.services.periods.units import UnitRow, put_units
from pingyi.settings import Settings, load_settings

OPTIONS = ("very_satisfied", "satisfied", "basic", "dissatisfied", "very_dissatisfied")
DIMENSIONS = ("attitude", "speed", "skill", "honesty", "result")
BALLOTS = "mobile_qr"


@dataclass(frozen=True, slots=True)
class House:
    """Running engines and an application upon them; `postgres` is the pid of the server's first process."""

    app: Flask
    endpoints: Endpoints
    settings: Settings

    @property
    def postgres(self) -> int:
        return self.endpoints.postgres_pid

    def as_owner(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection that may do what the application may not."""
        return psycopg.connect(self.endpoints.owner_database_url.replace("+psycopg", ""))


@contextmanager
def house() -> Iterator[House]:
    """Durable engines in a temporary folder, and an application in its context."""
    with running_engines() as endpoints:
        migrations.upgrade(endpoints.owner_database_url)
        settings = replace(
            load_settings({"PINGYI_STATE": os.devnull}),
            database_url=endpoints.database_url,
            owner_database_url=endpoints.owner_database_url,
            redis_url=endpoints.redis_url,
            rate_per_second=1_000_000,
            secret_key="a key for the measurements, long enough",  # noqa: S106 - nothing is kept behind it
        )
        app = create_app(settings)
        with app.app_context():
            try:
                yield House(app, endpoints, settings)
            finally:
                db.session.remove()
                db.engine.dispose()


def scheme_text(key: str, plugins: list[str], dimensions: Sequence[str] = DIMENSIONS) -> str:
    """A scheme of 100 points over these channels, ballots with these dimensions of five options."""
    channels = "".join(
        _CHANNEL.format(
            n=n, plugin=plugin, points=_points(n, len(plugins)), settings=_settings(plugin, dimensions)
        )
        for n, plugin in enumerate(plugins)
    )
    return _SCHEME.format(key=key) + channels


def _points(n: int, channels: int) -> str:
    share = 1000 // channels
    tenths = share if n else 1000 - share * (channels - 1)
    return f"{tenths // 10}.{tenths % 10}"


def _settings(plugin: str, dimensions: Sequence[str]) -> str:
    if plugin == "partner_score":
        return 'scale = "100"'
    weights = ", ".join(f'{key} = "1"' for key in dimensions)
    return (
        'preset = "100/80/60/40/20", unscored = ["no_opinion"], n_min = 1, shown_as = "score",'
        f" dimensions = {{ {weights} }}"
    )


_SCHEME = """
key = "{key}"
title = {{ zh = "测量用方案", en = "For measurements" }}
full_marks = "100"
decimals = 2
[policies]
missing = "reallocate"
min_coverage = "60"
ties = "competition"
tie_break = []
[[categories]]
key = "a"
title = {{ zh = "甲类", en = "A" }}
[[categories]]
key = "b"
title = {{ zh = "乙类", en = "B" }}
[[categories]]
key = "c"
title = {{ zh = "丙类", en = "C" }}
[[consequences]]
when = {{ place = "bottom", k = 2, consecutive = 1 }}
action = "interview"
"""

_CHANNEL = """
[[channels]]
key = "c{n}"
plugin = "{plugin}"
operator = "operator {n}"
max_points = "{points}"
title = {{ zh = "渠道{n}", en = "Channel {n}" }}
settings = {{ {settings} }}
"""


def open_period_of(key: str, units: int, plugins: list[str]) -> int:
    """An open period with so many units in three categories; returns its id."""
    with transaction() as connection:
        scheme, _, scheme_id = store_scheme(connection, SHELL, scheme_text(key, plugins))
        create_period(connection, SHELL, PeriodDraft(key=key), scheme, scheme_id)
        rows = [UnitRow(code=f"u{n}", name=f"第{n}局", category="abc"[n % 3]) for n in range(1, units + 1)]
        put_units(connection, SHELL, find_period(connection, key), scheme, rows)
        open_period(connection, SHELL, key)
        return find_period(connection, key).id


def channel_ids(period_id: int) -> list[int]:
    """The period's channels in the order of its scheme."""
    with transaction() as connection:
        return list(
            connection.execute(
                text("SELECT id FROM channel WHERE period_id = :id ORDER BY position"), {"id": period_id}
            ).scalars()
        )
