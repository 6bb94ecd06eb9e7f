"""Reads a scheme's TOML document: syntax, shape, rules between the parts, then the frozen values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pingyi.channels.text import Text
from pingyi.domain.document_messages import pointer
from pingyi.domain.document_reading import DocumentType, read_document
from pingyi.domain.errors import FieldError
from pingyi.domain.scheme.checks import cross_errors, float_errors
from pingyi.domain.scheme.messages import MESSAGES
from pingyi.domain.scheme.schema import SchemeTable
from pingyi.domain.scheme.values import Category, ChannelPlan, Consequence, Grades, Group, Policies, Scheme

Table = Mapping[str, Any]
SettingsCheck = Callable[[str, Mapping[str, Any]], Sequence[FieldError]]


def parse_scheme(toml_text: str, check_settings: SettingsCheck | None = None) -> Scheme:
    """Read a scheme from its TOML document.

    Raises Problem("scheme_invalid", 422) with every field error at once, each with JSON pointer and line.
    `check_settings` is given the plugin and the settings of each channel that has both, and returns what is
    wrong with them, with pointers that begin at the channel.
    """
    return _build(read_document(scheme_type(check_settings), toml_text))


def scheme_type(check_settings: SettingsCheck | None = None) -> DocumentType:
    """How schemes are read; `check_settings` as `parse_scheme` takes it."""

    def rules(document: Table, errors: Sequence[FieldError]) -> Iterator[FieldError]:
        yield from cross_errors(document)
        yield from _settings_errors(document, errors, check_settings)

    return DocumentType(
        schema=SchemeTable,
        invalid="scheme_invalid",
        name=Text(zh="评议方案", en="scheme"),
        messages=MESSAGES,
        rules=rules,
    )


def _settings_errors(
    document: Table, errors: Sequence[FieldError], check_settings: SettingsCheck | None
) -> Iterator[FieldError]:
    for position, table in enumerate(document.get("channels", ())):
        place = pointer("channels", position)
        settings = table.get("settings", {})
        floats = list(float_errors(settings, "channels", position, "settings"))
        yield from floats
        wrong = {error.pointer for error in errors}
        malformed = floats or not {f"{place}/plugin", f"{place}/settings"}.isdisjoint(wrong)
        if check_settings is None or malformed or "plugin" not in table:
            continue
        for error in check_settings(table["plugin"], settings):
            yield replace(error, pointer=f"{place}{error.pointer}")


def _title(table: Table) -> Text:
    return Text(zh=table["zh"].strip(), en=table["en"].strip())


def _channel(table: Table) -> ChannelPlan:
    return ChannelPlan(
        key=table["key"],
        title=_title(table["title"]),
        plugin=table["plugin"],
        operator=table["operator"].strip(),
        max_points=table["max_points"],
        group=table.get("group", ""),
        settings=table.get("settings", {}),
    )


def _grades(table: Table | None) -> Grades | None:
    if table is None:
        return None
    return Grades(
        bounds=tuple(table.get("bounds", {}).items()),
        shares=tuple(table.get("shares", {}).items()),
        titles={key: _title(title) for key, title in table.get("titles", {}).items()},
    )


def _consequence(table: Table) -> Consequence:
    title = table.get("title")
    return Consequence(action=table["action"], title=title and _title(title), **table["when"])


def _build(document: Table) -> Scheme:
    policies = document["policies"]
    return Scheme(
        key=document["key"],
        title=_title(document["title"]),
        full_marks=document["full_marks"],
        decimals=document["decimals"],
        policies=Policies(**{**policies, "tie_break": tuple(policies["tie_break"])}),
        categories=tuple(
            Category(key=table["key"], title=_title(table["title"])) for table in document["categories"]
        ),
        groups=tuple(
            Group(key=table["key"], title=_title(table["title"]), parent=table.get("parent", ""))
            for table in document["groups"]
        ),
        channels=tuple(_channel(table) for table in document["channels"]),
        grades=_grades(document.get("grades")),
        consequences=tuple(_consequence(table) for table in document["consequences"]),
    )
