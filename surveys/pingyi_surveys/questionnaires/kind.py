"""Questionnaires as documents: what a ballot asks, issued when a period's boxes get their keys."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.domain.document_reading import Content
from pingyi.services.documents.documents import StoredDocument, find_document
from pingyi.services.documents.kinds import DocumentKind, DocumentLink, Path
from pingyi_surveys.questionnaires.questionnaire import (
    QUESTIONNAIRE,
    parse_questionnaire,
    ready_questionnaire,
    ready_questionnaires,
)


def _ready() -> Mapping[str, str]:
    return {key: ready_questionnaire(key) for key in ready_questionnaires()}


def _digest(toml: str, _content: Content) -> bytes:
    return bytes.fromhex(parse_questionnaire(toml).digest())


def _rehearsals(key: str, version: int, loaded: Content) -> list[DocumentLink]:
    """The real ballot, filled in for a try: an open one of each wording, and a roster's."""
    here = {"key": key, "version": version}
    wordings = [table["key"] for table in loaded["wordings"]]
    links = []
    for number, wording in enumerate(wordings, 1):
        title = _OPEN if len(wordings) == 1 else _OPEN_WORDED.format(number=number)
        address = {**here, "kind": "open", "wording": wording}
        links.append(DocumentLink(title=title, endpoint="rehearsals.preview", values=address))
    roster = {**here, "kind": "roster"}
    return [*links, DocumentLink(title=_ROSTER, endpoint="rehearsals.preview", values=roster)]


def _choices(path: Path, content: Content) -> Mapping[str, Text] | None:
    """A subject has words for the wordings that the questionnaire has."""
    match path:
        case ("dimensions", _, "wording", _, "key"):
            rows = content.get("wordings")
            listed = rows if isinstance(rows, list) else []
            keys = [one.get("key") if isinstance(one, Mapping) else None for one in listed]
            return {
                key: _WORDING.format(number=at + 1, key=key)
                for at, key in enumerate(keys)
                if isinstance(key, str) and key
            }
    return None


_WORDING = Text(zh="表述 {number}（{key}）", en="Wording {number} ({key})")
_OPEN = Text(zh="预览和演练扫码票", en="Preview and rehearse an open ballot")
_OPEN_WORDED = Text(
    zh="预览和演练扫码票：表述 {number}", en="Preview and rehearse an open ballot: wording {number}"
)
_ROSTER = Text(zh="预览和演练名册票", en="Preview and rehearse a roster ballot")

QUESTIONNAIRES = DocumentKind(
    key="questionnaire",
    title=Text(zh="问卷", en="Questionnaire"),
    plural=Text(zh="问卷", en="Questionnaires"),
    about=Text(
        zh="评议票上问什么、怎么选：评议内容、选项、不同类别单位的表述和留言。",
        en="What a ballot asks: subjects, options, wordings for some categories of units, the comment.",
    ),
    document_type=lambda: QUESTIONNAIRE,
    identity=frozenset({"key", "version"}),
    ready=_ready,
    choices_at=_choices,
    digest=_digest,
    links=_rehearsals,
    of_periods=False,  # boxes name them
    record="questionnaire",
    recorded=lambda _kind, key: {"key": key},
)


def find_questionnaire(connection: Connection, key: str, version: int) -> StoredDocument:
    """One stored version; Problem not_found."""
    return find_document(connection, QUESTIONNAIRES, key, version)
