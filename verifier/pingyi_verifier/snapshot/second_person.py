"""Two persons: what one asked for was approved by another."""

from __future__ import annotations

from collections.abc import Sequence

from pingyi_verifier.record.acts import Act
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import Text
from pingyi_verifier.snapshot.registers import ADJUSTMENTS

SECOND_PERSON = ("result.published", "adjustment.added", "adjustment.withdrawn", *ADJUSTMENTS)


def check_two_persons(report: Report, acts: Sequence[Act]) -> None:
    """Publications, adjustments and reopenings were asked for by one person and approved by another."""
    bound = [act.body for act in acts if act.body["kind"] in SECOND_PERSON or "approved_by" in act.body]
    faults = [
        Text(
            zh=(
                f"“{body['kind']}”（第 {body.get('act', '—')} 号申请）没有由另一人审批：申请 "
                f"{body.get('by')}，审批 {body.get('approved_by')}。"
            ),
            en=(
                f"{body['kind']} (act {body.get('act', '—')}) was not approved by a second person: "
                f"asked by {body.get('by')}, approved by {body.get('approved_by')}."
            ),
        )
        for body in bound
        if not body.get("approved_by") or body["approved_by"] == body.get("by")
    ]
    report.all_wrong(faults)
    if not faults:
        report.ok(
            zh=f"两人：{len(bound)} 项公布、加减分等均由申请人以外的人审批。",
            en=(
                f"Two persons: {len(bound)} publications, adjustments and the like were approved by "
                "somebody else than asked."
            ),
        )
