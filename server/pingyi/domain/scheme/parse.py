"""Reads a scheme's TOML document: syntax, shape, rules between the parts, then the frozen values."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError

from pingyi.channels.text import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.scheme.checks import cross_errors, float_errors
from pingyi.domain.scheme.messages import field_error, pointer
from pingyi.domain.scheme.schema import SchemeTable
from pingyi.domain.scheme.values import Category, ChannelPlan, Consequence, Grades, Group, Policies, Scheme
from pingyi.domain.toml_document import Path, at_lines, coded_paths, place_in

Table = Mapping[str, Any]
SettingsCheck = Callable[[ChannelPlan], Sequence[FieldError]]


def parse_scheme(toml_text: str, check_settings: SettingsCheck | None = None) -> Scheme:
    """Read a scheme from its TOML document.

    Raises Problem("scheme_invalid", 422) with every field error at once, each with JSON pointer and line.
    `check_settings` is given each well-formed channel and returns what is wrong with its settings, with
    pointers that begin at the settings.
    """
    raw = _syntax(toml_text)
    document, errors = _shape(raw)
    errors += cross_errors(document)
    errors += _settings_errors(document, errors, check_settings)
    if errors:
        raise _problem(at_lines(errors, toml_text))
    return _build(document)


def _problem(errors: Sequence[FieldError]) -> Problem:
    message = Text(
        zh=f"评议方案有 {len(errors)} 处错误，请逐处改正后再提交。",
        en=f"The scheme has {len(errors)} error(s): correct each place named and send it again.",
    )
    return Problem("scheme_invalid", 422, message, tuple(errors))


def _syntax(toml_text: str) -> Table:
    try:
        return tomllib.loads(toml_text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise _problem([_syntax_error(error, toml_text)]) from error


def _syntax_error(error: Exception, toml_text: str) -> FieldError:
    detail, line, column = place_in(error, toml_text)
    told = field_error("syntax", "", line=line, column=column, detail=detail)
    return replace(told, row=line, column=str(column))


def _shape(raw: Table) -> tuple[Table, list[FieldError]]:
    try:
        return SchemeTable().load(raw), []
    except ValidationError as error:
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        return valid, [
            field_error(code, pointer(*path)) for code, path in coded_paths(error.messages, _is_grade)
        ]


def _is_grade(path: Path) -> bool:
    return len(path) == 3 and path[0] == "grades"


def _settings_errors(
    document: Table, errors: Sequence[FieldError], check_settings: SettingsCheck | None
) -> list[FieldError]:
    found: list[FieldError] = []
    for position, table in enumerate(document.get("channels", ())):
        place = pointer("channels", position)
        floats = list(float_errors(table.get("settings", {}), "channels", position, "settings"))
        found += floats
        malformed = floats or any(f"{error.pointer}/".startswith(f"{place}/") for error in errors)
        if check_settings is None or malformed:
            continue
        for error in check_settings(_channel(table)):
            found.append(replace(error, pointer=f"{place}/settings{error.pointer}"))
    return found


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
