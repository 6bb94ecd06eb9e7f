"""The office's questionnaires: listed, edited in a form, exported and imported as files."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pingyi.channels import Text
from pingyi.console.pages import page
from pingyi.db import transaction
from pingyi.domain.errors import FieldError, Problem
from pingyi.roles import OFFICE_READERS, Role
from pingyi.services.spreadsheets.text_files import decode
from pingyi.web.callers import require_caller
from pingyi.web.policy import policy
from pingyi_surveys.questionnaires.drafts import (
    QuestionnaireDraft,
    change_rows,
    document_of,
    draft_of,
    empty_draft,
    field_of,
    read_draft,
)
from pingyi_surveys.questionnaires.questionnaire import (
    parse_questionnaire,
    ready_questionnaire,
    ready_questionnaires,
)
from pingyi_surveys.questionnaires.store import (
    StoredQuestionnaire,
    find_questionnaire,
    list_questionnaires,
    store_new_questionnaire,
    store_questionnaire,
)

ALL = "/office/questionnaires"
ONE = f"{ALL}/<key:key>/<int(max=9999):version>"
MOST_BYTES = 65_536
blueprint = Blueprint("questionnaire_pages", __name__, template_folder="../templates")


@blueprint.get(ALL)
@policy(*OFFICE_READERS)
def index() -> AnyResponse:
    """All versions, and the ready-made ones to begin with."""
    return _index(200, None)


@blueprint.get(f"{ALL}/new")
@policy(Role.ADMINISTRATOR)
def new() -> AnyResponse:
    """A new questionnaire: empty, from a ready-made one, or the next version of one of ours."""
    return _editor(_beginning(request.args.get("from", ""), request.args.get("version", "")), None)


@blueprint.post(f"{ALL}/new")
@policy(Role.ADMINISTRATOR)
def create() -> AnyResponse:
    """Store a new one, or do to its form what the button asks for."""
    return _submitted(None)


@blueprint.post(f"{ALL}/file")
@policy(Role.ADMINISTRATOR)
def read_file() -> AnyResponse:
    """Fill the form in from a file; nothing is stored before it is saved."""
    try:
        document = _uploaded()
        found = parse_questionnaire(document)
    except Problem as problem:
        return _index(problem.status, problem)
    with transaction() as connection:
        stored = {one.version: one for one in list_questionnaires(connection) if one.key == found.key}
    draft, same = draft_of(document), stored.get(found.version)
    if same and same.frozen:
        draft.version = str(max(stored) + 1)
        return _editor(draft, None, notice=_NEXT.format(old=same.version, new=draft.version))
    return _editor(draft, same, notice=_OVER if same else _READ)


_READ = Text(zh="已从文件读入，尚未保存。", en="Read from the file; not saved yet.")
_OVER = Text(
    zh="已从文件读入，尚未保存；保存后将替换这一版现有的内容。",
    en="Read from the file; not saved yet. Saving replaces what this version holds now.",
)
_NEXT = Text(
    zh="第 {old} 版已用于评议，不能再改；文件内容已读入，将另存为第 {new} 版。",
    en="Version {old} is in use and never changes; saving makes version {new} of the file.",
)


@blueprint.get(ONE)
@policy(*OFFICE_READERS)
def show(key: str, version: int) -> AnyResponse:
    """One version: its form, or only to read where ballots rest on it."""
    kept = _kept(key, version)
    notice = _SAVED if request.args.get("saved") else None
    return _editor(draft_of(kept.document), kept, notice=notice)


_SAVED = Text(zh="已保存。", en="Saved.")


@blueprint.post(ONE)
@policy(Role.ADMINISTRATOR)
def change(key: str, version: int) -> AnyResponse:
    """Store the form over a version that nothing rests on, or do what the button asks for."""
    return _submitted(_kept(key, version))


@blueprint.get(f"{ONE}/file")
@policy(*OFFICE_READERS)
def file(key: str, version: int) -> AnyResponse:
    """The version's document, to be saved."""
    response = Response(_kept(key, version).document, content_type="application/toml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{key}-{version}.toml"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _kept(key: str, version: int) -> StoredQuestionnaire:
    with transaction() as connection:
        return find_questionnaire(connection, key, version)


def _beginning(source: str, version: str) -> QuestionnaireDraft:
    """The draft of what is named, under the next version where there are some of its key already."""
    with transaction() as connection:
        stored = {str(one.version): one for one in list_questionnaires(connection) if one.key == source}
    if version in stored:
        draft = draft_of(stored[version].document)
    elif source in ready_questionnaires():
        draft = draft_of(ready_questionnaire(source))
    else:
        return empty_draft()
    return replace(draft, version=str(max(map(int, stored)) + 1)) if stored else draft


def _submitted(kept: StoredQuestionnaire | None) -> AnyResponse:
    caller, draft = require_caller(), read_draft(request.form)
    if kept:
        draft.key, draft.version = kept.key, str(kept.version)
    asked = request.form.get("do", "")
    if change_rows(draft, asked):
        return _editor(draft, kept)
    document = document_of(draft)
    try:
        if asked != "save":
            parse_questionnaire(document)
            return _editor(draft, kept, notice=_RIGHT)
        with transaction() as connection:
            store = store_questionnaire if kept else store_new_questionnaire
            stored = store(connection, caller, document)
    except Problem as problem:
        return _editor(draft, kept, problem)
    address = url_for("questionnaire_pages.show", key=stored.key, version=stored.version, saved=1)
    return redirect(address, 303)


_RIGHT = Text(zh="没有错误，尚未保存。", en="Nothing is wrong; not saved yet.")


def _uploaded() -> str:
    given = request.files.get("file")
    content = given.read(MOST_BYTES + 1) if given and given.filename else b""
    if not content:
        raise Problem(
            "invalid", 422, _CHOOSE, [FieldError(code="required", message=_CHOOSE, pointer="/file")]
        )
    if len(content) > MOST_BYTES:
        raise Problem("body_too_large", 413, _LARGE)
    found, _ = decode(content)
    if found is None or "\0" in found:
        raise Problem("file_unreadable", 422, _UNREADABLE)
    return found


_CHOOSE = Text(zh="请选择一个文件。", en="Choose a file.")
_LARGE = Text(zh="问卷文件至多 64 KB。", en="The file of a questionnaire has 64 KB at most.")
_UNREADABLE = Text(
    zh="这不是文本文件；请选择导出的 .toml 文件。", en="This is no text; choose a .toml file as exported."
)


def _index(status: int, problem: Problem | None) -> AnyResponse:
    with transaction() as connection:
        stored = list_questionnaires(connection)
    ready = [parse_questionnaire(ready_questionnaire(key)) for key in ready_questionnaires()]
    return page(
        "office/questionnaires.html",
        status,
        stored=[(one, one.questionnaire) for one in stored],
        ready=ready,
        problem=problem,
        may_write=_may_write(),
    )


def _may_write() -> bool:
    return Role.ADMINISTRATOR in require_caller().roles


def _editor(
    draft: QuestionnaireDraft,
    kept: StoredQuestionnaire | None,
    problem: Problem | None = None,
    notice: Text | None = None,
) -> AnyResponse:
    errors: dict[str, list[Text]] = defaultdict(list)
    for error in problem.errors if problem else ():
        errors[field_of(draft, error.pointer)].append(error.message)
    writes = _may_write() and not (kept and kept.frozen)
    return page(
        "office/questionnaire.html",
        problem.status if problem else 200,
        draft=draft,
        kept=kept,
        problem=problem,
        errors=errors,
        notice=notice,
        writes=writes,
        may_write=_may_write(),
        place=_place,
        action=url_for("questionnaire_pages.change", key=kept.key, version=kept.version)
        if kept
        else url_for("questionnaire_pages.create"),
    )


_PLACES = {
    "key": Text(zh="代码", en="Key"),
    "version": Text(zh="版本", en="Version"),
    "title": Text(zh="标题", en="Title"),
    "wordings": Text(zh="表述", en="Wording"),
    "options": Text(zh="选项", en="Option"),
    "dimensions": Text(zh="评议内容", en="Subject"),
    "comment": Text(zh="留言", en="Comment"),
}


def _place(name: str) -> Text:
    """Where in the form a name stands, in words."""
    parts = name.split(".")
    words = _PLACES.get(parts[0], Text(zh="问卷", en="Questionnaire"))
    if len(parts) > 1 and parts[1].isdigit():
        number = int(parts[1]) + 1
        words = Text(zh=f"{words.zh} {number}", en=f"{words.en} {number}")
    tongue = {"zh": Text(zh="（中文）", en=" (Chinese)"), "en": Text(zh="（英文）", en=" (English)")}.get(
        parts[-1]
    )
    return Text(zh=words.zh + tongue.zh, en=words.en + tongue.en) if tongue else words
