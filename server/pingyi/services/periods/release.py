"""The newest revision of a period's result, and whether it may be published as it stands."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.services.core.errors import require_state


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest revision of a period's result."""

    assessment_id: int
    revision: int
    sha256: str


def publishable(connection: Connection, period_id: int, state: str) -> Newest:
    """What may be published; Problem wrong_state, already_published, assessment_outdated."""
    require_state(state, ("assessed", "published"))
    row = connection.execute(text(_NEWEST), {"id": period_id}).one()
    if row.published:
        message = Text(zh="第 {revision} 版已经公布。", en="Revision {revision} is published already.")
        raise Problem("already_published", 409, message.format(revision=row.revision))
    if row.outdated:
        raise Problem("assessment_outdated", 409, _OUTDATED.format(revision=row.revision))
    return Newest(row.id, row.revision, row.digest.hex())


_OUTDATED = Text(
    zh="第 {revision} 版计算之后又有加减分或决定生效；请先重新计算，再公布新的一版。",
    en="An adjustment or decision came after revision {revision} was computed: assess again, publish that.",
)
# The order of the record decides: what was recorded after the snapshot is not in it.
_NEWEST = """
SELECT a.id, a.revision, a.digest, b.assessment_id IS NOT NULL AS published,
  EXISTS (
    SELECT FROM leaf l WHERE l.period_id = :id
    AND l.kind IN ('adjustment.added', 'adjustment.withdrawn', 'decision.taken')
    AND l.id > (SELECT max(f.id) FROM leaf f WHERE f.period_id = :id AND f.kind = 'snapshot.frozen')
  ) AS outdated
FROM assessment a LEFT JOIN publication b ON b.assessment_id = a.id
WHERE a.period_id = :id ORDER BY a.revision DESC LIMIT 1
"""
