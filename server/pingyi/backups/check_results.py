"""Checks published results of a restored backup as the public would: export, then verify.py."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import Connection, select

from pingyi.app import create_app
from pingyi.channels import Text
from pingyi.db import db
from pingyi.domain.errors import Problem
from pingyi.embedded.engines import Endpoints
from pingyi.models import Assessment, Period, Publication
from pingyi.services.bundles.export import export_public
from pingyi.settings import load_settings

Check = Callable[[list[Text], list[Text], str], None]

_PUBLISHED = (
    select(Period.key)
    .distinct()
    .join(Assessment, Assessment.period_id == Period.id)
    .join(Publication, Publication.assessment_id == Assessment.id)
    .order_by(Period.key)
)


def published_periods(connection: Connection) -> list[str]:
    """The keys of the periods with a published result."""
    return list(connection.execute(_PUBLISHED).scalars())


@contextmanager
def exporter(endpoints: Endpoints) -> Iterator[Check]:
    """A check of one period on these engines: it adds to the sentences and to the findings."""
    with TemporaryDirectory(prefix="pingyi-") as folder:
        settings = replace(
            load_settings({"PINGYI_STATE": folder}),
            database_url=endpoints.database_url,
            redis_url=endpoints.redis_url,
            secret_key=secrets.token_hex(32),
        )
        app = create_app(settings)

        def check(sentences: list[Text], findings: list[Text], period: str) -> None:
            _check_period(app, period, Path(folder, f"out-{period}"), sentences, findings)

        try:
            yield check
        finally:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def _check_period(app: Flask, period: str, out: Path, sentences: list[Text], findings: list[Text]) -> None:
    try:
        with app.app_context():
            done = export_public(period, out)
    except Problem as problem:
        if problem.code == "record_unsealed":
            sentences.append(_UNSEALED.format(period=period))
        else:
            findings.append(_failed(period, problem.message))
        return
    verified = {lang: _verify(out, lang) for lang in ("zh", "en")}
    if all(status == 0 for status, _ in verified.values()):
        sentences.append(_VERIFIED.format(period=period, revision=done.revision))
    else:
        findings.append(_failed(period, Text(zh=verified["zh"][1], en=verified["en"][1])))


def _failed(period: str, said: Text) -> Text:
    return Text(
        zh=f"周期“{period}”的公开数据包未通过核验：{said.zh}",
        en=f"period {period}: its public bundle fails: {said.en}",
    )


def _verify(out: Path, lang: str) -> tuple[int, str]:
    command = [sys.executable, "-I", str(out / "verify.py"), str(out), "--lang", lang]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)  # noqa: S603 the command is ours
    return done.returncode, " ".join((done.stdout + done.stderr).split())[-400:]


_VERIFIED = Text(
    zh="周期“{period}”：公开数据包（修订 {revision}）通过 verify.py 核验。",
    en="Period {period}: its public bundle, revision {revision}, passes verify.py.",
)
_UNSEALED = Text(
    zh="周期“{period}”：备份时结果尚未封存，未核验其公开数据包。",
    en="Period {period}: its result was not sealed yet when the backup was taken; its bundle is not checked.",
)
