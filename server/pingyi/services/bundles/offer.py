"""Keeps the public bundle of every published period as one ZIP file, which the pages offer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import current_app
from sqlalchemy import Connection, bindparam, select

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import RELEASED
from pingyi.models import Assessment, Period, Publication
from pingyi.outbox import request_once, take_requests
from pingyi.services.bundles.export import Exported, export_public
from pingyi.services.bundles.folder import zip_folder
from pingyi.services.core.errors import not_found
from pingyi.settings import Settings
from pingyi.topics import RELEASE

SEALED_WITHIN_SECONDS = 30.0
PAUSE_SECONDS = 0.2
FRESH_SECONDS = 3600
_KEY = select(Period.key).where(Period.id == bindparam("period"))
_NEWEST = (
    select(Period.id, Period.key, Assessment.revision, Period.state)
    .join(Assessment, Assessment.period_id == Period.id)
    .join(Publication, Publication.assessment_id == Assessment.id)
    .where(Period.key == bindparam("key"))
    .order_by(Assessment.revision.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class ReleasedRevision:
    """A period's newest published revision; `at_rest` unless the period takes entries again."""

    period_id: int
    key: str
    revision: int
    at_rest: bool


def make_bundle(period_id: int) -> bool:
    """Export a period and put its ZIP file in place of the one before; False where nothing is published.

    Waits for the publication to be sealed. Safe to run twice and to be killed: the request goes with the
    effect. Raises Problem record_unsealed, out_unwritable.
    """
    with transaction() as connection:
        # Before what is published is read: a publication that comes meanwhile asks anew.
        take_requests(connection, RELEASE, period_id)
        key = connection.execute(_KEY, {"period": period_id}).scalar()
        published = _newest(connection, str(key))
        if published is not None:
            _make(published)
    return published is not None


def _make(published: ReleasedRevision) -> None:
    folder = _folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".making-", dir=folder) as making:
            export_sealed(published.key, Path(making) / "bundle")
            fresh = Path(making) / "bundle.zip"
            zip_folder(Path(making) / "bundle", fresh, f"pingyi-{published.key}")
            fresh.replace(_path(published))
        for old in set(folder.glob(f"{published.key}.*.zip")) - {_path(published)}:
            old.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Problem("out_unwritable", 500, _UNWRITABLE.format(out=folder, reason=reason)) from error


_UNWRITABLE = Text(
    zh="无法写入文件夹 {out}（{reason}）。", en="The folder {out} cannot be written ({reason})."
)


def export_sealed(key: str, out: Path) -> Exported:
    """Export as soon as the publication is under a signed head; see `export_public`.

    Raises Problem record_unsealed where it is not after half a minute.
    """
    until = time.monotonic() + SEALED_WITHIN_SECONDS
    while True:
        try:
            return export_public(key, out)
        except Problem as problem:
            if problem.code != "record_unsealed" or time.monotonic() > until:
                raise
            time.sleep(PAUSE_SECONDS)


def offered_bundle(connection: Connection, period_key: str) -> Path | None:
    """The ZIP file of a period's newest published revision, None while it is being made.

    A missing one, and one older than an hour, is asked for. Problem not_found where nothing is published.
    """
    published = _newest(connection, period_key)
    if published is None:
        raise not_found(zh=f"周期“{period_key}”已公布的结果", en=f"A published result of period {period_key}")
    path = _path(published)
    made_at = path.stat().st_mtime if path.exists() else None
    if made_at is None or (published.at_rest and time.time() - made_at > FRESH_SECONDS):
        request_once(connection, RELEASE, published.period_id)
    return None if made_at is None else path


def _newest(connection: Connection, period_key: str) -> ReleasedRevision | None:
    row = connection.execute(_NEWEST, {"key": period_key}).one_or_none()
    return ReleasedRevision(row.id, row.key, row.revision, row.state in RELEASED) if row else None


def _path(published: ReleasedRevision) -> Path:
    return _folder() / f"{published.key}.{published.revision}.zip"


def _folder() -> Path:
    settings: Settings = current_app.extensions["pingyi.configuration"]
    return settings.bundles_folder
