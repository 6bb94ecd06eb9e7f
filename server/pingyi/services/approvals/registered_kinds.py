"""Every kind of approval there is: the core's and those of extensions, by the spelling that is stored."""

from __future__ import annotations

from typing import Any

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.extensions import current_extensions
from pingyi.services.approvals.core_kinds import CORE_KINDS
from pingyi.services.approvals.kinds import ApprovalKind, ApprovalRequest, Moment


def approval_kinds() -> tuple[ApprovalKind[Any], ...]:
    """Every kind there is: the core's, then those of extensions."""
    brought = (kind for extension in current_extensions() for kind in extension.approval_kinds())
    return (*CORE_KINDS, *brought)


def kind_of(key: str) -> ApprovalKind[Any]:
    """The kind of that stored spelling; Problem approval_kind_unknown, and nothing is carried out."""
    kind = next((kind for kind in approval_kinds() if kind.key == key), None)
    if kind is None:
        raise Problem("approval_kind_unknown", 409, _UNKNOWN.format(kind=key))
    return kind


_UNKNOWN = Text(
    zh="本系统没有“{kind}”这种审批，可能是某个扩展包未能加载；装好后再审批，或驳回。",
    en="There is no approval of the kind {kind} here; an extension may have failed to load."
    " Install it, or refuse.",
)


def words_of(request: ApprovalRequest, moment: Moment) -> Text:
    """What is asked, as both people read it; a kind that nobody knows is named by its key."""
    known = {kind.key: kind for kind in approval_kinds()}
    if request.kind not in known:
        return Text(zh=f"未知的审批“{request.kind}”", en=f"Unknown approval {request.kind}")
    return known[request.kind].words(request, moment)


def subject_of(request: ApprovalRequest) -> str:
    """The address of the page about what is asked; "" where its kind names none, or nobody knows it."""
    kind = next((kind for kind in approval_kinds() if kind.key == request.kind), None)
    return kind.subject(request) if kind and kind.subject else ""
