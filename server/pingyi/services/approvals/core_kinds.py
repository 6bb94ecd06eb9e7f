"""The approvals that the core asks for: a release, a reopening, an adjustment and its withdrawal."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.services.approvals.document_issue import DOCUMENT_ISSUE
from pingyi.services.approvals.kinds import ApprovalKind, ApprovalRequest, Moment
from pingyi.services.periods.adjustments import (
    ADJUSTMENT_TITLES,
    AdjustmentRow,
    add_adjustment,
    withdraw_adjustment,
)
from pingyi.services.periods.periods import Approved, PeriodRow, reopen_period
from pingyi.services.results.release import release_revision


def _release_words(request: ApprovalRequest, _moment: Moment) -> Text:
    words = Text(zh="公布第 {revision} 版结果", en="Publish revision {revision}")
    return words.format(revision=request.content["revision"])


def _release(connection: Connection, approved: Approved, period: PeriodRow, request: ApprovalRequest) -> None:
    release_revision(connection, approved, period, request.content["revision"])


def _reopening_words(request: ApprovalRequest, moment: Moment) -> Text:
    words = Text(zh="重新开放报送，至 {until}", en="Open intake again until {until}")
    return words.format(until=moment(_deadline(request)))


def _reopen(connection: Connection, approved: Approved, period: PeriodRow, request: ApprovalRequest) -> None:
    reopen_period(connection, approved, period, _deadline(request))


def _deadline(request: ApprovalRequest) -> datetime:
    return datetime.fromisoformat(request.content["deadline"])


def _adjustment_words(request: ApprovalRequest, _moment: Moment) -> Text:
    """Unit, kind, and points and document where there are any."""
    content = request.content
    title = ADJUSTMENT_TITLES[content["kind"]]
    rest = [content[name] for name in ("points", "document") if content.get(name)]
    unit = request.unit_name or content["unit"]
    return Text(zh=" ".join([unit, title.zh, *rest]), en=" ".join([unit, title.en, *rest]))


def _adjust(connection: Connection, approved: Approved, period: PeriodRow, request: ApprovalRequest) -> None:
    content = request.content
    row = AdjustmentRow(
        unit=content["unit"],
        kind=content["kind"],
        points=None if content["points"] is None else Decimal(content["points"]),
        reason=request.reason,
        document=content["document"],
        target=content["target"],
    )
    add_adjustment(connection, approved, period, row)


def _withdrawal_words(request: ApprovalRequest, moment: Moment) -> Text:
    words, number = _adjustment_words(request, moment), request.content["adjustment"]
    return Text(zh=f"撤销加减分 {number}：{words.zh}", en=f"Withdraw adjustment {number}: {words.en}")


def _withdraw(
    connection: Connection, approved: Approved, period: PeriodRow, request: ApprovalRequest
) -> None:
    withdraw_adjustment(connection, approved, period, request.content["adjustment"], request.reason)


RELEASE: Final = ApprovalKind(key="publish", words=_release_words, carry_out=_release, alone=True)
REOPENING: Final = ApprovalKind(key="reopen", words=_reopening_words, carry_out=_reopen, alone=True)
ADJUSTMENT: Final = ApprovalKind(
    key="adjustment", words=_adjustment_words, carry_out=_adjust, private=frozenset({"document"})
)
WITHDRAWAL: Final = ApprovalKind(key="withdraw_adjustment", words=_withdrawal_words, carry_out=_withdraw)
CORE_KINDS: Final = (RELEASE, REOPENING, ADJUSTMENT, WITHDRAWAL, DOCUMENT_ISSUE)
