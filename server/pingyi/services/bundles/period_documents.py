"""The documents of a bundle's period: documents/<kind>/<key>.toml, each as it was issued."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from pingyi.domain.errors import Problem
from pingyi.services.approvals.requests import BUNDLE, approve_all, issue_or_ask
from pingyi.services.bundles.files import Faults, read_text
from pingyi.services.core.callers import Caller
from pingyi.services.documents.documents import list_documents
from pingyi.services.documents.drafts import CheckedDraft, check_draft, new_draft, next_version
from pingyi.services.documents.kinds import DocumentKind
from pingyi.services.documents.registered import document_kinds
from pingyi.services.periods.period_documents import name_document, period_documents
from pingyi.services.periods.periods import PeriodRow

DOCUMENTS = "documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleDocument:
    """A document that a bundle brings, found right."""

    kind: DocumentKind
    key: str
    draft: CheckedDraft


def document_files(connection: Connection, period_id: int) -> Iterator[tuple[str, bytes]]:
    """Every document that the period goes by, with its name in the bundle."""
    for stored in period_documents(connection, period_id):
        yield f"{DOCUMENTS}/{stored.kind}/{stored.key}.toml", stored.toml.encode()


def read_documents(folder: Path, faults: Faults) -> list[BundleDocument]:
    """Read and check all of documents/; a kind that nobody brings here is a fault."""
    there = sorted((folder / DOCUMENTS).rglob("*"))
    paths = [path for path in there if path.is_file() and not path.name.startswith(".")]
    read = (_read(path, path.relative_to(folder).as_posix(), faults) for path in paths)
    return [document for document in read if document is not None]


def _read(path: Path, file: str, faults: Faults) -> BundleDocument | None:
    kinds = {kind.key: kind for kind in document_kinds().values() if kind.of_periods}
    if file.count("/") != 2 or path.suffix != ".toml" or path.parent.name not in kinds:
        known = ", ".join(f"{DOCUMENTS}/{key}/*.toml" for key in kinds)
        faults.note("file_unknown", file, known=known or "-")
        return None
    text = read_text(path, file, faults)
    if text is None:
        return None
    kind, key = kinds[path.parent.name], path.stem
    try:
        draft = check_draft(kind, text, key, 1)
    except Problem as problem:
        for error in problem.errors:
            faults.add(replace(error, file=file))
        return None
    for error in draft.errors:
        faults.add(replace(error, file=file))
    return BundleDocument(kind=kind, key=key, draft=draft)


def store_documents(
    connection: Connection, caller: Caller, period: PeriodRow, brought: Sequence[BundleDocument]
) -> None:
    """Have a draft period go by what its bundle brings: an issued version of the same words, or a new one."""
    for one in brought:
        version = _standing(connection, one) or _issued(connection, caller, one)
        name_document(connection, caller, period, one.kind, one.key, version)


def _standing(connection: Connection, one: BundleDocument) -> int | None:
    digest = one.kind.digest(one.draft.toml, one.draft.content)
    same = (one.key, "issued", digest)
    stored = list_documents(connection, one.kind)
    return next((line.version for line in stored if (line.key, line.state, line.digest) == same), None)


def _issued(connection: Connection, caller: Caller, one: BundleDocument) -> int:
    version = next_version(connection, one.kind, one.key)
    stored = new_draft(connection, caller, one.kind, one.key, one.draft, version)
    if one.kind.persons == 1:
        issue_or_ask(connection, caller, one.kind, stored, stored.revision)
    else:  # two names on the record, as for the adjustments that a bundle brings
        asked = issue_or_ask(connection, BUNDLE, one.kind, stored, stored.revision, _REASON)
        approve_all(connection, [asked] if asked else [])
    return version


_REASON = "随数据包导入 / brought by a bundle"
