"""What a user meets by name stands in the reference."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import click
import pytest
from flask import Flask
from tests.docs.reading import ROOT, blocks_of, in_code, text_of
from tests.docs.source import make_targets, problem_codes, problem_statuses, procfile, tracked_texts

import pingyi.channels
from pingyi.channels import ChannelSpecs, SettingsSchema
from pingyi.channels.testing import NEEDS
from pingyi.channels.types import STATUSES
from pingyi.cli import main
from pingyi.embedded.process_lines import apart
from pingyi.extensions import load_extensions
from pingyi.registry import load_registry
from pingyi.settings import Settings, default_of, variables_of
from pingyi_verifier.formulas.channels import FAMILIES

REFERENCE, PLUGINS = "docs/reference.md", "docs/plugins.md"
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")),
]
REGISTRIES = (
    "pypi",
    "pythonhosted",
    "tsinghua",
    "aliyun",
    "npmjs",
    "jsdelivr",
    "unpkg",
    "cdnjs",
    "googleapis",
)


def commands(group: click.Group, words: tuple[str, ...] = ("pingyi",)) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, (*words, name))
        else:
            yield " ".join((*words, name)), found


def missing(wanted: set[str], path: str) -> set[str]:
    return wanted - in_code(path)


def test_settings_are_documented_with_their_defaults() -> None:
    rows = {cells[0]: cells[1] for cells in table_rows(REFERENCE) if cells[0].isupper()}
    brought = [one.extension.settings for one in load_extensions().working if one.extension.settings]
    told = [each for kind in (Settings, *brought) for each in variables_of(kind)]
    for each in told:
        assert each.metadata["env"] in rows
        if default_of(each):
            assert rows[each.metadata["env"]] == default_of(each)
    assert set(rows) == {each.metadata["env"] for each in told}


def table_rows(path: str) -> list[list[str]]:
    lines = [line for line in text_of(path).splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines]


def test_commands_are_documented_with_their_options() -> None:
    told = [code for code in in_code(REFERENCE) if code.startswith("pingyi ")]
    for name, command in commands(main):
        own = [code for code in told if code == name or code.startswith(f"{name} ")]
        assert own, name
        for parameter in command.params:
            flags = [flag for flag in parameter.opts if flag.startswith("--")]
            if parameter.name not in {"lang", "help"}:
                assert not flags or any(flags[0] in code for code in own), (name, flags)


@pytest.mark.parametrize("page", PAGES)
def test_documented_commands_and_targets_exist(page: str) -> None:
    groups = "|".join({name.split()[1] for name, _ in commands(main) if name.count(" ") > 1})
    commands_told = re.findall(rf"^pingyi ((?:(?:{groups}) )?[a-z]+)", told(page), re.MULTILINE)
    assert {f"pingyi {name}" for name in commands_told} <= {name for name, _ in commands(main)}
    assert set(re.findall(r"^make ([a-z]+)", told(page), re.MULTILINE)) <= make_targets()


def told(page: str) -> str:
    """Inline code and the lines of code blocks, one a line."""
    blocks = re.findall(r"^```.*?\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)
    return "\n".join([*in_code(page), *blocks])


def test_hook_is_documented_with_its_arguments() -> None:
    [name] = [name for name in vars(ChannelSpecs) if not name.startswith("_")]
    arguments = [one for one in inspect.signature(getattr(ChannelSpecs, name)).parameters if one != "self"]
    for path in (REFERENCE, PLUGINS):
        assert not missing({f"{name}({', '.join(arguments)})"}, path)


def test_contract_names_are_documented() -> None:
    assert not missing(set(pingyi.channels.__all__), PLUGINS)


def test_contract_needs_are_documented() -> None:
    assert not missing({f'"{need}"' for need in NEEDS}, PLUGINS)


def test_contract_statuses_are_documented() -> None:
    assert not missing({*STATUSES, "not_submitted", "quarantined", "switched_off"}, PLUGINS)


def test_presets_set_what_the_page_says_here_and_in_the_verifier() -> None:
    (block,) = (block for block in blocks_of(PLUGINS) if block.kind == "presets")
    page = tomllib.loads(block.body)
    told = {name for presets in page.values() for name in presets} | {"1-10", "lianyungang_2022"}
    for plugin, family in FAMILIES.items():
        theirs: Any = load_registry().channels[plugin].channel.settings_schema
        for presets in (theirs.presets, family.presets):
            assert {name: presets[name] for name in page.get(plugin, {})} == page.get(plugin, {})
            scales = {name: preset for name, preset in presets.items() if name not in told}
            assert all(list(preset["options"].values()) == name.split("/") for name, preset in scales.items())


def test_bundled_channels_are_documented_with_columns_settings_and_presets() -> None:
    told = in_code(PLUGINS)
    for key, found in load_registry().channels.items():
        if found.distribution != "pingyi":
            continue
        channel = found.channel
        columns = {
            name for name, field in channel.entry_schema().fields.items() if "keys" not in field.metadata
        }
        settings = set(channel.settings_schema().fields)
        assert issubclass(channel.settings_schema, SettingsSchema)
        assert {key, channel.family, *columns, *settings, *channel.settings_schema.presets} <= told, key


def test_topics_are_documented_and_worked_on() -> None:
    topics = load_extensions().topics
    assert not missing(set(topics), REFERENCE)
    lines = [command.removeprefix("pingyi worker ") for _, command in apart(topics.values())]
    assert set(topics) <= {topic for line in lines for topic in line.split()}


def test_processes_are_documented() -> None:
    assert not missing(set(procfile()), REFERENCE)


def test_problem_codes_are_documented() -> None:
    codes = problem_codes()
    assert {"entries_invalid", "unit_ambiguous", "points_sum"} <= codes
    assert not missing(codes, REFERENCE)


def test_documented_problems_have_the_statuses_of_the_source() -> None:
    page = text_of(REFERENCE)
    section = page[page.index("### Of a refusal") : page.index("### Of a field")]
    rows = re.findall(r"^\| `([a-z_]+)` \| ([0-9, ]+) \|", section, re.MULTILINE)
    told = {code: set(statuses.split(", ")) for code, statuses in rows}
    assert set(told) <= problem_codes()
    wrong = {
        (code, status)
        for code, status in problem_statuses()
        if code in told and str(status) not in told[code]
    }
    assert len(told) > 50
    assert not wrong


def test_operations_are_documented(application: Flask) -> None:
    for rule in application.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/") and not rule.endpoint.startswith("partner_"):
            path = re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1"))
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                assert f"{method} {path}" in in_code(REFERENCE)


def test_partner_operations_are_documented(application: Flask) -> None:
    prefix = "/api/v1/periods/<key:period>/partner_score/<key:channel>/"
    found = [rule for rule in application.url_map.iter_rules() if rule.rule.startswith(prefix)]
    assert found
    for rule in found:
        path = re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule.rule.removeprefix(prefix))
        assert any(code.endswith(f" {path}") for code in in_code(REFERENCE)), path


def test_make_targets_are_documented() -> None:
    assert not missing({f"make {target}" for target in make_targets()}, REFERENCE)


def test_roles_are_documented_in_chinese_and_english() -> None:
    page = text_of(REFERENCE)
    for role in load_extensions().roles.values():
        assert f"| `{role.key}` | {role.title.zh} |" in page


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text_of(page)):
        assert (folder / link).exists(), link


def test_repository_names_no_registry() -> None:
    pattern = re.compile(
        rb"\b[a-z0-9.-]*(" + "|".join(REGISTRIES).encode() + rb")[a-z0-9-]*\.(org|com|io|net|cn|edu)"
    )
    found = [path for path in tracked_texts() if pattern.search(path.read_bytes().lower())]
    assert not found
