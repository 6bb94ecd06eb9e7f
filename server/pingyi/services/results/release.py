"""Makes a revision of a period's result public: the newest one, if nothing came after it was computed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import WITH_RESULT, PeriodState
from pingyi.ledger.leaves import record
from pingyi.outbox import request_work
from pingyi.services.core.errors import require_state
from pingyi.services.periods.periods import Approved, PeriodRow, move_period
from pingyi.topics import RELEASE


@dataclass(frozen=True, slots=True)
class NewestRevision:
    """The newest revision of a period's result."""

    assessment_id: int
    revision: int
    sha256: str


def releasable(connection: Connection, period_id: int, state: str) -> NewestRevision:
    """What may be published; Problem wrong_state, already_published, assessment_outdated."""
    require_state(state, WITH_RESULT)
    row = connection.execute(text(_NEWEST), {"id": period_id}).one()
    if row.published:
        message = Text(zh="第 {revision} 版已经公布。", en="Revision {revision} is published already.")
        raise Problem("already_published", 409, message.format(revision=row.revision))
    if row.outdated:
        raise Problem("assessment_outdated", 409, _RESULT_OUTDATED.format(revision=row.revision))
    return NewestRevision(row.id, row.revision, row.digest.hex())


_RESULT_OUTDATED = Text(
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


def release_revision(connection: Connection, approved: Approved, period: PeriodRow, revision: int) -> None:
    """Publish the revision asked for; Problem act_outdated where a newer one was assessed meanwhile."""
    newest = releasable(connection, period.id, period.state)
    if newest.revision != revision:
        raise Problem(
            "act_outdated", 409, _REQUEST_OUTDATED.format(revision=revision, newest=newest.revision)
        )
    connection.execute(
        text("INSERT INTO publication (assessment_id, act_id) VALUES (:id, :act)"),
        {"id": newest.assessment_id, "act": approved.act_id},
    )
    content = {"period": period.key, "revision": revision, "sha256": newest.sha256, **approved.told()}
    record(connection, "result.published", content, period.id)
    request_work(connection, RELEASE, period.id)
    if period.state == PeriodState.ASSESSED:
        move_period(connection, approved.told(), period, PeriodState.PUBLISHED)


_REQUEST_OUTDATED = Text(
    zh="申请公布的是第 {revision} 版，现在已有第 {newest} 版；请驳回后重新申请。",
    en="Revision {revision} was to be published, but there is revision {newest} now; refuse this, ask anew.",
)
