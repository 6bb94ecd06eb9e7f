"""Writes the public bundle of a published result: all that is needed to check it without this software."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from pingyi.db import db
from pingyi.domain.canonical import canonical_json
from pingyi.domain.period_state import RELEASED
from pingyi.services.bundles.export_record import cut_of, epochs_json, head_lines, leaf_lines
from pingyi.services.bundles.export_tables import entry_files, plain_files
from pingyi.services.bundles.folder import BundleFolder, placed
from pingyi.services.bundles.period_documents import document_files
from pingyi.services.bundles.queries import (
    PublishedRevision,
    covered_draws,
    epochs_up_to,
    published_revisions,
)
from pingyi.services.core.bound_channels import period_channels
from pingyi.services.core.errors import not_found
from pingyi.services.draws.documents import draw_document
from pingyi.services.draws.draws import load_draw
from pingyi.services.results.load import load_result
from pingyi.services.results.result import record_json, results_csv, results_json

VERIFIER = "verify.py"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported, and to where."""

    period: str
    revision: int
    folder: Path


def export_public(period_key: str, out: Path) -> Exported:
    """Write the public bundle of the newest published revision; `out` is whole or as it was before.

    Everything is read from one moment of the database, streamed, never all in memory. Raises Problem
    not_found, record_unsealed (try again), out_foreign, out_unwritable.
    """
    with placed(out) as folder, _one_moment() as connection:
        revision = write_bundle(connection, period_key, folder)
    return Exported(period_key, revision, out)


def verifier() -> bytes:
    """verify.py, as it stands in every bundle."""
    return files("pingyi").joinpath(VERIFIER).read_bytes()


@contextmanager
def _one_moment() -> Iterator[Connection]:
    """A connection of its own on which every query sees the same moment."""
    with db.engine.connect() as connection:
        yield connection.execution_options(isolation_level="REPEATABLE READ")


def write_bundle(connection: Connection, period_key: str, folder: BundleFolder) -> int:
    """Write every file, the manifest last; returns the revision."""
    published = _published(connection, period_key)
    newest = published[-1]
    cut = cut_of(connection, newest.period_id, newest.revision, reopened=newest.state not in RELEASED)
    epochs = epochs_up_to(connection, cut.epoch, cut.size)
    folder.put("epochs.json", epochs_json(epochs))
    folder.put("heads.jsonl", head_lines(connection, newest.period_id, cut, epochs))
    for epoch in epochs:
        lines = leaf_lines(connection, newest.period_id, epoch.number, epoch.size)
        folder.stream(f"leaves/{epoch.number}.txt", lines)
    assert newest.body is not None
    body = zlib.decompress(newest.body)
    folder.put("snapshot.json", body)
    snapshot = msgspec.json.decode(body)
    for name, content in plain_files(connection, newest.period_id, snapshot):
        folder.put(name, content)
    for name, content in document_files(connection, newest.period_id):
        folder.put(name, content)
    channels = period_channels(connection, newest.period_id)
    for name, pieces in entry_files(connection, channels, newest.period_id, cut):
        folder.stream(name, pieces)
    _put_results(connection, period_key, published, folder)
    for draw in covered_draws(connection, cut.epoch, cut.size):
        document = canonical_json(draw_document(load_draw(connection, draw.key)))
        folder.put(f"draws/{draw.key}.json", document + b"\n")
    folder.put(VERIFIER, verifier())
    folder.finish(period_key)
    return newest.revision


def _published(connection: Connection, period_key: str) -> list[PublishedRevision]:
    """The published revisions of a period, the newest last; Problem not_found where there is none."""
    published = published_revisions(connection, period_key)
    if not published:
        raise not_found(zh=f"周期“{period_key}”已公布的结果", en=f"A published result of period {period_key}")
    return published


def _put_results(
    connection: Connection, period_key: str, published: list[PublishedRevision], folder: BundleFolder
) -> None:
    for row in published[:-1]:
        earlier = load_result(connection, period_key, row.revision)
        folder.put(f"revisions/{row.revision}/results.json", results_json(earlier))
    result = load_result(connection, period_key, published[-1].revision)
    folder.put("results.csv", results_csv(result))
    folder.put("results.json", results_json(result))
    folder.put("record.json", record_json(result))
