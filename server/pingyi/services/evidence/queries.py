"""The evidence files of a channel with the entries that refer to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pingyi.db import rows
from pingyi.services.core.bound_channels import BoundChannel
from pingyi.services.evidence.files import ENDINGS
from pingyi.services.intake.evidence_references import reference_to

MOST_PAGES = 100_000


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A file: what it is, who brought it, how many standing entries refer to it and of which units."""

    sha256: str
    reference: str
    ending: str
    size: int
    referred: bool
    uploaded_by: str
    uploaded_at: datetime
    entries: int
    units: Sequence[str]


@dataclass(frozen=True, slots=True)
class EvidenceLines:
    """A page of files, newest first, how many there are in all, and whether more follow."""

    files: Sequence[EvidenceLine]
    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class _FileRow:
    digest: bytes
    media_type: str
    size: int
    referred: bool
    brought_by: str
    uploaded_at: datetime
    total: int
    entries: int
    units: Sequence[str] | None


def evidence_lines(
    connection: Connection, working: BoundChannel, *, page: int = 0, limit: int = 50
) -> EvidenceLines:
    """The files of a channel, `limit` to a page, in one query."""
    asked = {"channel": working.id, "limit": limit + 1, "offset": page * limit}
    found = rows(connection, _FileRow, _FILES, **asked)
    files = [
        EvidenceLine(
            row.digest.hex(),
            reference_to(row.digest),
            ENDINGS[row.media_type],
            row.size,
            row.referred,
            row.brought_by,
            row.uploaded_at,
            row.entries,
            row.units or (),
        )
        for row in found[:limit]
    ]
    return EvidenceLines(files, found[0].total if found else 0, len(found) > limit)


_FILES = """
WITH file AS (
  SELECT f.*, coalesce(a.login, f.uploaded_by) AS brought_by, count(*) OVER () AS total
  FROM evidence f LEFT JOIN account a ON f.uploaded_by = 'account-' || a.id WHERE f.channel_id = :channel
  ORDER BY uploaded_at DESC, digest LIMIT :limit OFFSET :offset
), said AS (
  SELECT DISTINCT m[1] AS hex, e.delivery_id, e.position, coalesce(p.name, '') AS unit
  FROM entry_head h JOIN entry e ON e.delivery_id = h.delivery_id AND e.position = h.position
  JOIN channel c ON c.id = h.channel_id
  LEFT JOIN period_unit p ON p.period_id = c.period_id AND p.unit_id = e.unit_id
  CROSS JOIN LATERAL regexp_matches(e.values->>'evidence', 'sha256:([0-9a-f]{64})', 'g') AS m
  WHERE h.channel_id = :channel AND e.values->>'evidence' LIKE '%sha256:%'
)
SELECT f.digest, f.media_type, f.size, f.referred, f.brought_by, f.uploaded_at, f.total,
  count(s.hex) AS entries, array_agg(DISTINCT s.unit) FILTER (WHERE s.unit <> '') AS units
FROM file f LEFT JOIN said s ON s.hex = encode(f.digest, 'hex')
GROUP BY f.digest, f.channel_id, f.media_type, f.size, f.referred, f.brought_by, f.uploaded_at, f.total
ORDER BY f.uploaded_at DESC, f.digest
"""
