"""Small kinds of documents, as a package would bring them: calendars, and bylaws that take two persons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from marshmallow import fields
from sqlalchemy import text

from pingyi.channels import Text
from pingyi.channels.wordings import worded
from pingyi.db import transaction
from pingyi.domain.document_fields import (
    Table,
    TitleTable,
    count_field,
    line_field,
    messages,
    table_field,
    tables_field,
)
from pingyi.domain.document_messages import MESSAGES, pointer
from pingyi.domain.document_reading import DocumentType
from pingyi.domain.errors import FieldError
from pingyi.extensions import EXTENSION, Extension, Extensions, RegisteredExtension
from pingyi.services.core.callers import SHELL
from pingyi.services.documents.documents import StoredDocument, find_document
from pingyi.services.documents.drafts import begin_draft
from pingyi.services.documents.issue import issue_document
from pingyi.services.documents.kinds import DocumentKind

# A kind begins here.


class HolidayTable(Table):
    date = fields.Date(
        required=True,
        error_messages=messages("not_a_date"),
        metadata=worded(Text(zh="日期", en="Date"), Text(zh="例如“2027-01-01”。", en="Such as 2027-01-01.")),
    )
    name = line_field(required=True, metadata=worded(Text(zh="名称", en="Name")))


class CalendarTable(Table):
    title = table_field(TitleTable, required=True, metadata=worded(Text(zh="标题", en="Title")))
    year = count_field("not_a_year", 2000, 2100, required=True, metadata=worded(Text(zh="年份", en="Year")))
    holidays = tables_field(
        HolidayTable,
        required=True,
        metadata=worded(Text(zh="节假日", en="Holidays"), row=Text(zh="节假日", en="Holiday")),
    )


def outside_its_year(content: Mapping[str, Any], _errors: Sequence[FieldError]) -> list[FieldError]:
    """Holidays of another year, so far as they could be read."""
    days = [one.get("date") for one in content.get("holidays") or () if isinstance(one, Mapping)]
    outside = [at for at, day in enumerate(days) if day and day.year != content.get("year", day.year)]
    where = [pointer("holidays", at, "date") for at in outside]
    return [FieldError(code="other_year", message=WORDS["other_year"], pointer=one) for one in where]


WORDS: Mapping[str, Text] = {
    **MESSAGES,
    "not_a_date": Text(zh="应为日期。", en="Must be a date."),
    "not_a_year": Text(zh="应为 2000 到 2100 的年份。", en="Must be a year from 2000 to 2100."),
    "other_year": Text(zh="这一天不在这一年。", en="This day is not in this year."),
}
CALENDARS = DocumentKind(
    key="calendar",
    title=Text(zh="工作日历", en="Working calendar"),
    plural=Text(zh="工作日历", en="Working calendars"),
    about=Text(zh="一年中哪些日子不上班。", en="The days of a year on which nobody works."),
    document_type=lambda: DocumentType(
        schema=CalendarTable,
        invalid="calendar_invalid",
        name=Text(zh="日历", en="calendar"),
        messages=WORDS,
        rules=outside_its_year,
    ),
)
# And ends here.

BYLAWS = replace(
    CALENDARS,
    key="bylaw",
    title=Text(zh="章程", en="Bylaw"),
    plural=Text(zh="章程", en="Bylaws"),
    persons=2,
    drafters=frozenset({"security_administrator"}),
    readers=frozenset({"administrator", "approver", "security_administrator"}),
)
CALENDAR = """\
# What the State Council announced.
title = { zh = "2027 年工作日历", en = "Working calendar of 2027" }
year = 2027

[[holidays]]
date = "2027-01-01" # a Friday
name = "元旦"

[[holidays]]
date = "2027-05-01"
name = "劳动节"
"""
WRONG = CALENDAR.replace("2027-05-01", "2026-05-01").replace('name = "元旦"\n', "")


def bring_kinds(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package with both kinds in a running application, beside those that it has."""
    extension = Extension(key="office", init_app=lambda _: None, document_kinds=lambda: (CALENDARS, BYLAWS))
    installed: Extensions = app.extensions[EXTENSION]
    brought = RegisteredExtension(extension, "office", "1")
    monkeypatch.setitem(app.extensions, EXTENSION, replace(installed, working=(*installed.working, brought)))


def begun(toml: str = CALENDAR, key: str = "days", kind: DocumentKind = CALENDARS) -> StoredDocument:
    """A draft of a text, stored in a transaction of its own."""
    with transaction() as connection:
        return begin_draft(connection, SHELL, kind, key, toml)


def issued(toml: str = CALENDAR, key: str = "days", kind: DocumentKind = CALENDARS) -> StoredDocument:
    """An issued version of a text."""
    stored = begun(toml, key, kind)
    with transaction() as connection:
        issue_document(connection, {"by": SHELL.name}, kind, stored, stored.revision)
    return now(stored, kind)


def now(stored: StoredDocument, kind: DocumentKind = CALENDARS) -> StoredDocument:
    """A version as it stands now."""
    with transaction() as connection:
        return find_document(connection, kind, stored.key, stored.version)


def leaves(kind: str) -> list[dict[str, Any]]:
    """The record's leaves of a kind, the oldest first, without their nonces."""
    statement = text("SELECT body FROM leaf WHERE kind = :kind ORDER BY id")
    with transaction() as connection:
        bodies = [json.loads(bytes(one)) for one in connection.execute(statement, {"kind": kind}).scalars()]
    return [{name: said for name, said in body.items() if name not in {"nonce", "kind"}} for body in bodies]


def lines_of_the_kind() -> int:
    """How many lines a kind takes: its schema and its words."""
    source = Path(__file__).read_text(encoding="utf-8")
    return source.partition("# A kind begins here.")[2].partition("# And ends here.")[0].count("\n")
