"""Replays a bundle through the real pipeline: the same services and jobs, on engines that are thrown away."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from redis import Redis

from pingyi import migrations
from pingyi.app import create_app
from pingyi.channels import Text
from pingyi.db import db, transaction
from pingyi.embedded.engines import Endpoints, running_engines
from pingyi.ledger.keys import ensure_key
from pingyi.outbox import take_requests
from pingyi.registry import EXTENSION, Registry, load_registry
from pingyi.services.approvals.requests import BUNDLE, approve_all, request_release
from pingyi.services.bundles.bundles import Bundle, read_bundle, store_bundle
from pingyi.services.bundles.export import export_public
from pingyi.services.bundles.folder import require_replaceable
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.periods import close_period, find_period, request_assessment
from pingyi.services.results.load import load_result
from pingyi.services.results.result import Result
from pingyi.settings import load_settings
from pingyi.topics import RELEASE
from pingyi_workers.work import drain

Progress = Callable[[Text], None]

READING = Text(zh="正在核对数据包……", en="Checking the bundle ...")
STARTING = Text(zh="正在启动临时数据库……", en="Starting throwaway engines ...")
IMPORTING = Text(zh="正在导入数据包……", en="Importing the bundle ...")
ASSESSING = Text(zh="正在汇总计分……", en="Folding and assessing ...")
WRITING = Text(zh="正在写出结果……", en="Writing the results ...")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to."""

    result: Result
    folder: Path

    def summary(self) -> Text:
        """One line: who was ranked, and where the files are."""
        ranked = sum(unit.rank is not None for unit in self.result.units)
        return Text(
            zh="周期“{period}”：{units} 个单位，{ranked} 个参与排名；结果写入 {folder}。",
            en="Period {period}: {units} units, {ranked} ranked; results in {folder}.",
        ).format(
            period=self.result.period,
            units=len(self.result.units),
            ranked=ranked,
            folder=self.folder,
        )


def replay_bundle(bundle: Path, out: Path, progress: Progress) -> Replayed:
    """Replay on engines of its own and write the public bundle, verify.py included, into `out`.

    Raises Problem bundle_invalid, plugin_failed, out_foreign, out_unwritable and what the engines refuse.
    """
    progress(READING)
    require_replaceable(out)
    registry = load_registry()
    read = _read(registry, bundle)
    progress(STARTING)
    with TemporaryDirectory(prefix="pingyi-") as state, running_engines(durable=False) as endpoints:
        migrations.upgrade(endpoints.owner_database_url)
        app = _throwaway_app(endpoints, registry, Path(state))
        try:
            result = replay_in(app, endpoints.redis_url, read, progress)
            progress(WRITING)
            with app.app_context():
                export_public(result.period, out)
        finally:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
    return Replayed(result, out)


def _read(registry: Registry, bundle: Path) -> Bundle:
    """Read before any engine starts: a wrong bundle is refused at once."""
    app = Flask(__name__)
    app.extensions[EXTENSION] = registry
    with app.app_context():
        return read_bundle(bundle)


def replay_in(app: Flask, redis_url: str, bundle: Bundle, progress: Progress) -> Result:
    """Replay inside a migrated application whose period and queues nobody else uses."""
    with app.app_context():
        progress(IMPORTING)
        period = store_bundle(SHELL, bundle, entries=True)
        with transaction() as connection:
            close_period(connection, SHELL, period)
        with transaction() as connection:
            request_assessment(connection, SHELL, period)
        progress(ASSESSING)
        with Redis.from_url(redis_url) as redis:
            drain(app, redis)
        with transaction() as connection:
            approve_all(connection, [request_release(connection, BUNDLE, period, _AS_BROUGHT)])
            # Whoever replays takes the bundle itself, not its ZIP file.
            take_requests(connection, RELEASE, find_period(connection, period).id)
        with Redis.from_url(redis_url) as redis:
            drain(app, redis)
        with transaction() as connection:
            return load_result(connection, period)


_AS_BROUGHT = "重放数据包"


def _throwaway_app(endpoints: Endpoints, registry: Registry, state: Path) -> Flask:
    settings = load_settings({"PINGYI_STATE": str(state), "PINGYI_SEAL_SECONDS": "0"})
    ensure_key(settings.sealer_key_file)
    return create_app(
        replace(
            settings,
            database_url=endpoints.database_url,
            sealer_database_url=endpoints.sealer_database_url,
            redis_url=endpoints.redis_url,
            secret_key=secrets.token_hex(32),
        ),
        registry,
    )
