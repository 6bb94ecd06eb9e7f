"""Contents to make forms of, and the rules under which a page of schemes shows them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError
from tests.contract.test_laws import CASES_OF_LAW

from pingyi.channels import Channel, Text
from pingyi.channels.messages import bilingual
from pingyi.domain.scheme.schema import SchemeTable
from pingyi.web.forms import FormRules
from pingyi_surveys.questionnaires.schema import QuestionnaireTable

ROOT = Path(__file__).resolve().parents[4]
SCHEMES = [
    *sorted((ROOT / "server/pingyi/schemes").glob("*.toml")),
    *sorted((ROOT / "tests/bundles").glob("*/scheme.toml")),
]
QUESTIONNAIRES = sorted((ROOT / "surveys/pingyi_surveys/questionnaires/ready").glob("*.toml"))


@cache
def channels() -> dict[str, Channel]:
    folders = sorted((ROOT / "plugins/pingyi_plugins").glob("*/__init__.py"))
    packages = [import_module(f"pingyi_plugins.{path.parent.name}") for path in folders]
    return {channel.key: channel for package in packages for channel in package.pingyi_channels()}


def settings_schema(_path: tuple[str | int, ...], table: Mapping[str, Any]) -> Schema | None:
    """The settings of the plugin that a channel names."""
    channel = channels().get(str(table.get("plugin")))
    return bilingual(channel.settings_schema()) if channel else None


def scheme_choices(path: tuple[str | int, ...], content: Mapping[str, Any]) -> Mapping[str, Text] | None:
    """Plugins for channels; the groups and channels of the scheme for what names them."""
    last = path[-1]
    if last == "plugin":
        return {key: channel.title for key, channel in channels().items()}
    parts = {"group": ("groups",), "parent": ("groups",), "tie_break": ("groups", "channels")}.get(str(last))
    if parts is None or len(path) > 3:
        return None
    rows = [row for part in parts for row in _rows(content.get(part)) if isinstance(row.get("key"), str)]
    return {row["key"]: Text(zh=row["key"], en=row["key"]) for row in rows}


def _rows(listed: Any) -> list[Mapping[str, Any]]:
    return [row for row in listed if isinstance(row, Mapping)] if isinstance(listed, list) else []


RULES = FormRules(schema_at=settings_schema, choices_at=scheme_choices)
PLAIN = FormRules()


def contents() -> Iterator[tuple[str, Schema, FormRules, dict[str, Any]]]:
    """Every scheme and questionnaire that is shipped, and a scheme for the settings of each channel."""
    for path in SCHEMES:
        yield path.parent.name + path.stem, SchemeTable(), RULES, tomllib.loads(path.read_text("utf-8"))
    for path in QUESTIONNAIRES:
        yield path.stem, QuestionnaireTable(), PLAIN, tomllib.loads(path.read_text("utf-8"))
    for at, (key, settings) in enumerate(settings_of_channels()):
        yield f"{key}-{at}", SchemeTable(), RULES, scheme_with(key, settings)


def settings_of_channels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Settings that every channel takes."""
    yield from CASES_OF_LAW


def scheme_with(plugin: str, settings: Any) -> dict[str, Any]:
    """A scheme of one channel."""
    title = {"zh": "标题", "en": "Title"}
    return {
        "key": "small",
        "title": title,
        "full_marks": "100",
        "decimals": 2,
        "policies": {
            "missing": "zero",
            "min_coverage": "60",
            "ties": "dense",
            "tie_break": ["one"],
        },
        "categories": [{"key": "all", "title": title}],
        "channels": [
            {
                "key": "one",
                "title": title,
                "plugin": plugin,
                "operator": "市纠风办",
                "max_points": "100",
                "settings": settings,
            }
        ],
        "grades": {"from": {"good": "60", "bad": "0"}, "titles": {"good": title}},
        "consequences": [
            {"when": {"place": "bottom", "k": 2, "overrides_use_places": True}, "action": "warn"}
        ],
    }


def loaded(schema: Schema, rules: FormRules, content: Mapping[str, Any]) -> Any:
    """What a schema makes of content, its channels' settings loaded too; the errors where it refuses."""
    try:
        made = schema.load(dict(content))
    except ValidationError as error:
        return "refused", error.normalized_messages()
    for at, channel in enumerate(made.get("channels", ())):
        inner = rules.schema_at(("channels", at, "settings"), channel)
        if inner is not None:
            try:
                channel["settings"] = inner.load(channel.get("settings", {}))
            except ValidationError as error:
                return "refused", at, error.normalized_messages()
    return made
