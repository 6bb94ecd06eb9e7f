"""Published periods on a sealed record, exported and checked by the program that travels with the bundle."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from tests.conftest import superuser_url
from tests.integration.foreign.conftest import install
from tests.small_scheme import LAW, channel, draft_period, names_of, open_draft, scheme_of

from pingyi.app import create_app
from pingyi.db import db, transaction
from pingyi.embedded.engines import Endpoints
from pingyi.ledger.sealing import seal
from pingyi.registry import load_registry
from pingyi.services.approvals.requests import (
    BUNDLE,
    approve_all,
    request_adjustments,
    request_release,
    request_reopening,
)
from pingyi.services.bundles.export import export_public
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import SHELL
from pingyi.services.intake.deliveries import deliver
from pingyi.services.intake.dispositions import dispose
from pingyi.services.periods.adjustments import AdjustmentRow
from pingyi.services.periods.periods import close_period, find_period, request_assessment
from pingyi.services.results.assess import assess_period
from pingyi.settings import Settings

FOREIGN = Path(__file__).resolve().parents[2] / "foreign"
NIGHT = channel("night", "夜间噪声", "20", "{ n_min = 1 }", operator="监测站", plugin="noise")
HALL = channel("window", "窗口", "{points}", '{ scale = "100" }', operator="服务中心")


def scheme(*more: str, rest: int = 40) -> str:
    return scheme_of(LAW, HALL.replace("{points}", str(rest)), *more, min_coverage="0")


def start(document: str, units: int = 4) -> None:
    draft_period(document, names_of(units))
    open_draft()


def post(key: str, *rows: dict[str, Any]) -> None:
    deliver(SHELL, ChannelRef(period="p", channel=key), list(rows))


def move(key: str, standing: str, *identities: str) -> None:
    with transaction() as connection:
        working = bound_channel(connection, ChannelRef(period="p", channel=key))
        dispose(connection, SHELL, working, dict.fromkeys(identities, (standing, "张三刷分")))


def deduct(unit: str) -> None:
    with transaction() as connection:
        row = AdjustmentRow(unit=unit, kind="deduction", points=1, reason="通报", document="纪〔2017〕3号")
        approve_all(connection, request_adjustments(connection, BUNDLE, find_period(connection, "p"), [row]))


def publish(settings: Settings, *, sealed: bool = True) -> None:
    """Close, assess, publish and seal; a head is signed before and after."""
    seal(settings)
    with transaction() as connection:
        close_period(connection, SHELL, "p")
        request_assessment(connection, SHELL, "p")
        period = find_period(connection, "p")
    assess_period(period.id)
    with transaction() as connection:
        approve_all(connection, [request_release(connection, BUNDLE, "p", "评议结束")])
    if sealed:
        seal(settings)


def reopen() -> None:
    with transaction() as connection:
        until = datetime.now(UTC) + timedelta(hours=1)
        approve_all(connection, [request_reopening(connection, BUNDLE, "p", "漏报", until)])


def play(settings: Settings, second: str = "2.5") -> None:
    """A small evaluation with a correction, a rejected and a held entry and a deduction, published.

    `second`: what the second unit is given on the first channel.
    """
    start(scheme())
    scores = {"u1": "1.5", "u2": second, "u3": "3.5", "u4": "4.5"}
    post("law", *({"unit": unit, "score": score} for unit, score in scores.items()))
    post("window", *({"unit": f"u{n}", "score": str(60 + n)} for n in range(1, 5)))
    seal(settings)
    post("law", {"unit": "u1", "score": "4", "reason": "录入错误"})
    move("window", "rejected", '["u4"]')
    move("window", "held", '["u3"]')
    deduct("u2")
    publish(settings)


Superuser = Callable[[str], None]


@pytest.fixture
def superuser(endpoints: Endpoints) -> Superuser:
    """Run statements as PostgreSQL's superuser, for whom every trigger is off."""
    engine = create_engine(superuser_url(endpoints), poolclass=NullPool)

    def run(statements: str) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("SET session_replication_role = replica")
            for statement in statements.split(";"):
                assert connection.exec_driver_sql(statement).rowcount, statement

    return run


@pytest.fixture
def played(app: Flask, settings: Settings) -> Flask:
    play(settings)
    return app


@pytest.fixture
def export(tmp_path: Path) -> Callable[[str], Path]:
    def run(name: str = "bundle") -> Path:
        return export_public("p", tmp_path / name).folder

    return run


@pytest.fixture
def with_noise(
    app: Flask, settings: Settings, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """An application that has a channel of somebody else."""
    site, source = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("source")
    subprocess.run(["cp", "-r", FOREIGN / "pingyi_noise", source], check=True)
    install(site, source / "pingyi_noise")
    monkeypatch.syspath_prepend(site)
    made = create_app(replace(settings, pool_size=4), load_registry())
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()
    for name in [name for name in sys.modules if name.startswith("pingyi_noise")]:
        del sys.modules[name]


def stored(statement: str, **given: Any) -> list[Any]:
    with transaction() as connection:
        return list(connection.execute(text(statement), given))
