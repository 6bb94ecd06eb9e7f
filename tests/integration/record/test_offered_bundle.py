"""The pages offer the public bundle of every published period as one ZIP file, and its verifier alone."""

from __future__ import annotations

import io
import os
import time
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from tests.integration.record.checking import check
from tests.integration.record.conftest import publish, reopen, scheme, start, stored

from pingyi.db import db
from pingyi.embedded.engines import Endpoints
from pingyi.outbox import open_requests
from pingyi.services.bundles import offer
from pingyi.services.bundles.export import verifier
from pingyi.settings import Settings
from pingyi_workers.work import drain

ADDRESS = "/periods/p/bundle.zip"


@pytest.fixture(autouse=True)
def clean(settings: Settings) -> None:
    for path in settings.bundles_folder.glob("*"):
        path.unlink()


def work(app: Flask, endpoints: Endpoints) -> None:
    db.session.remove()
    with Redis.from_url(endpoints.redis_url) as redis:
        drain(app, redis)
    assert open_requests(db.session.connection()) == 0


def there(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.bundles_folder.glob("*"))


def test_publication_makes_the_file_that_the_pages_offer(
    played: Flask, client: FlaskClient, endpoints: Endpoints, settings: Settings, tmp_path: Path
) -> None:
    early = client.get(ADDRESS, buffered=True, headers={"Accept-Language": "en"})
    assert (early.status_code, "is being made" in early.text) == (404, True)
    work(played, endpoints)
    answer = client.get(ADDRESS, buffered=True)
    assert (answer.status_code, answer.content_type) == (200, "application/zip")
    zipfile.ZipFile(io.BytesIO(answer.data)).extractall(tmp_path)
    assert check(tmp_path / "pingyi-p").status == 0
    assert there(settings) == ["p.1.zip"]
    assert 'href="/verify.py"' in client.get("/check").text
    for page in ("/", "/check"):
        assert f'href="{ADDRESS}"' in client.get(page).text
    again = client.get(ADDRESS, buffered=True, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_file_is_the_same_bytes_when_it_is_made_again(
    played: Flask, client: FlaskClient, endpoints: Endpoints, settings: Settings
) -> None:
    work(played, endpoints)
    before = client.get(ADDRESS, buffered=True).data
    (period,) = stored("SELECT id FROM period")
    (settings.bundles_folder / "p.1.zip").write_bytes(b"")
    assert offer.make_bundle(period.id)
    assert client.get(ADDRESS, buffered=True).data == before


def test_the_next_revision_takes_its_place(
    played: Flask, client: FlaskClient, endpoints: Endpoints, settings: Settings
) -> None:
    work(played, endpoints)
    reopen()
    publish(settings)
    assert client.get(ADDRESS, buffered=True).status_code == 404
    work(played, endpoints)
    assert (client.get(ADDRESS, buffered=True).status_code, there(settings)) == (200, ["p.2.zip"])


def test_an_old_file_is_made_anew_but_not_while_the_period_takes_entries(
    played: Flask, client: FlaskClient, endpoints: Endpoints, settings: Settings
) -> None:
    work(played, endpoints)
    path = settings.bundles_folder / "p.1.zip"
    long_ago = time.time() - 2 * offer.FRESH_SECONDS
    os.utime(path, (long_ago, long_ago))
    for _ in range(3):
        assert client.get(ADDRESS, buffered=True).status_code == 200
    assert [row.topic for row in stored("SELECT topic FROM outbox")] == ["publish"]
    work(played, endpoints)
    assert path.stat().st_mtime > long_ago
    reopen()
    work(played, endpoints)
    os.utime(path, (long_ago, long_ago))
    assert (client.get(ADDRESS, buffered=True).status_code, stored("SELECT topic FROM outbox")) == (200, [])


def test_a_job_for_nothing_is_done_at_once(app: Flask, settings: Settings) -> None:
    start(scheme())
    (period,) = stored("SELECT id FROM period")
    assert [offer.make_bundle(period.id), offer.make_bundle(99)] == [False, False]
    assert there(settings) == []


def test_the_verifier_is_offered_alone_and_unpublished_periods_are_not(
    app: Flask, client: FlaskClient
) -> None:
    start(scheme())
    assert (
        client.get(ADDRESS, buffered=True).status_code,
        client.get("/periods/none/bundle.zip").status_code,
    ) == (404, 404)
    assert stored("SELECT topic FROM outbox WHERE topic = 'publish'") == []
    answer = client.get("/verify.py")
    assert (answer.data, answer.headers["Content-Disposition"]) == (
        verifier(),
        'attachment; filename="verify.py"',
    )
