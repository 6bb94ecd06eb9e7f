"""Makes a revision of a period's result public: the newest one, if nothing came after it was computed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, insert

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import WITH_RESULT, PeriodState
from pingyi.ledger.leaves import record
from pingyi.models import Publication
from pingyi.outbox import request_work
from pingyi.services.core.errors import require_state
from pingyi.services.periods.periods import Approved, PeriodRow, move_period
from pingyi.services.results.queries import newest_assessment
from pingyi.topics import RELEASE

_RELEASE = insert(Publication)


@dataclass(frozen=True, slots=True)
class NewestRevision:
    """The newest revision of a period's result."""

    assessment_id: int
    revision: int
    sha256: str


def releasable(connection: Connection, period_id: int, state: str) -> NewestRevision:
    """What may be published; Problem wrong_state, already_published, assessment_outdated."""
    require_state(state, WITH_RESULT)
    row = newest_assessment(connection, period_id)
    assert row is not None, "a period in these states has been assessed"
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


def release_revision(connection: Connection, approved: Approved, period: PeriodRow, revision: int) -> None:
    """Publish the revision asked for; Problem act_outdated where a newer one was assessed meanwhile."""
    newest = releasable(connection, period.id, period.state)
    if newest.revision != revision:
        raise Problem(
            "act_outdated", 409, _REQUEST_OUTDATED.format(revision=revision, newest=newest.revision)
        )
    connection.execute(_RELEASE, {"assessment_id": newest.assessment_id, "act_id": approved.act_id})
    content = {"period": period.key, "revision": revision, "sha256": newest.sha256, **approved.told()}
    record(connection, "result.published", content, period.id)
    request_work(connection, RELEASE, period.id)
    if period.state == PeriodState.ASSESSED:
        move_period(connection, approved.told(), period, PeriodState.PUBLISHED)


_REQUEST_OUTDATED = Text(
    zh="申请公布的是第 {revision} 版，现在已有第 {newest} 版；请驳回后重新申请。",
    en="Revision {revision} was to be published, but there is revision {newest} now; refuse this, ask anew.",
)
