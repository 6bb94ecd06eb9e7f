"""What entries say of evidence files: `sha256:` and 64 hex digits, in their column `evidence`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, select, update

from pingyi.channels import Text
from pingyi.db import json_words
from pingyi.domain.errors import FieldError
from pingyi.models import Evidence
from pingyi.services.core.bound_channels import BoundChannel

COLUMN = "evidence"
_WRITTEN = re.compile(r"sha256:(\w*)", re.IGNORECASE | re.ASCII)
_REFERENCE = re.compile(r"sha256:[0-9a-f]{64}")
_DIGESTS = select(func.decode(json_words("digests").subquery().c.word, "hex"))
_NAMED = (Evidence.channel_id == bindparam("channel"), Evidence.digest.in_(_DIGESTS))
_KNOWN = select(Evidence.digest).where(*_NAMED)
_KEEP = update(Evidence).where(*_NAMED, ~Evidence.referred).values(referred=True)
_KEPT = select(func.count()).select_from(Evidence).where(*_NAMED, Evidence.referred)


def reference_to(digest: bytes) -> str:
    """What an entry writes to refer to a file."""
    return f"sha256:{digest.hex()}"


def unknown_references(
    connection: Connection, working: BoundChannel, rows: Sequence[Mapping[str, Any]]
) -> list[FieldError]:
    """An error for every row that refers to no file of this channel, by its position."""
    written = [references_in(row) for row in rows]
    named = {one for each in written for one in each if _REFERENCE.fullmatch(one)}
    known = _known(connection, working, named)
    return [
        FieldError(
            code="evidence_unknown",
            pointer=f"/entries/{position}/{COLUMN}",
            message=_UNKNOWN.format(reference=each[:80]),
        )
        for position, found in enumerate(written)
        for each in found
        if each not in known
    ]


_UNKNOWN = Text(
    zh="没有为本渠道上传过佐证文件 {reference}；请先上传，再原样填写返回的 reference。",
    en="No evidence file {reference} was uploaded for this channel; upload it, then write its reference.",
)


def references_in(row: Mapping[str, Any]) -> list[str]:
    """The references that a row writes, right ones and wrong ones."""
    said = row.get(COLUMN)
    return [found[0] for found in _WRITTEN.finditer(said)] if isinstance(said, str) else []


def _known(connection: Connection, working: BoundChannel, named: Collection[str]) -> set[str]:
    if not named:
        return set()
    given = _given(working, named)
    return {reference_to(digest) for digest in connection.execute(_KNOWN, given).scalars()}


def _given(working: BoundChannel, named: Iterable[str]) -> dict[str, Any]:
    digests = sorted(one.removeprefix("sha256:") for one in named)
    return {"channel": working.id, "digests": msgspec.json.encode(digests).decode()}


def keep_referred(connection: Connection, working: BoundChannel, rows: Iterable[Mapping[str, Any]]) -> bool:
    """Keep for ever the files that stored rows refer to; False where one was cleaned up meanwhile."""
    named = {one for row in rows for one in references_in(row)}
    if not named:
        return True
    given = _given(working, named)
    # One referred to before needs no lock: it can no longer go.
    connection.execute(_KEEP, given)
    return bool(connection.execute(_KEPT, given).scalar_one() == len(named))
