"""The approval that issues a document of a kind that takes two persons."""

from __future__ import annotations

from typing import Final

from flask import url_for
from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.services.approvals.kinds import ApprovalKind, ApprovalRequest, Moment
from pingyi.services.documents.documents import find_document
from pingyi.services.documents.issue import issue_document
from pingyi.services.documents.registered import document_kind, document_kinds
from pingyi.services.periods.periods import Approved


def _words(request: ApprovalRequest, _moment: Moment) -> Text:
    content = request.content
    kind = document_kinds().get(content["document"])
    title = kind.title if kind else Text(zh="文件", en="Document")
    return _ISSUE.format(title=title, key=content["key"], version=content["version"])


_ISSUE = Text(zh="印发{title}“{key}”第 {version} 版", en="Issue {title} {key}, version {version}")


def _subject(request: ApprovalRequest) -> str:
    content = request.content
    here = {"kind": content["document"], "key": content["key"], "version": content["version"]}
    return url_for("console.document", **here)


def _issue(connection: Connection, approved: Approved, _place: None, request: ApprovalRequest) -> None:
    content = request.content
    kind = document_kind(content["document"])
    stored = find_document(connection, kind, content["key"], content["version"])
    issue_document(connection, approved.told(), kind, stored, content["revision"])


DOCUMENT_ISSUE: Final = ApprovalKind(
    key="issue_document", words=_words, carry_out=_issue, of_period=False, subject=_subject
)
