"""Settings that somebody half wrote are refused with a reason, whatever is wrong where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from tests.contract.test_laws import CASES_OF_LAW

from pingyi.channels import Channel
from pingyi.registry import check_settings

JUNK: tuple[Any, ...] = (
    None, "", " ", "执行不力", "NaN", "1/0", "-1", "10000000000000000000000", -1, 0, 0.5, True,
    [], {}, [[]], [None], ["执行不力"], {"执行不力": "1"}, {"x": {"y": "z"}}, [{"key": "执行不力"}],
)  # fmt: skip


def altered(settings: Any) -> Iterator[Any]:
    """Copies in which one part, at any depth, is left out, is something else, or has another name."""
    parts = settings.items() if isinstance(settings, Mapping) else enumerate(settings)
    for step, part in parts:
        for junk in JUNK:
            changed = deepcopy(settings)
            changed[step] = junk
            yield changed
        left_out = deepcopy(settings)
        del left_out[step]
        yield left_out
        if isinstance(settings, Mapping):
            yield {**left_out, "执行不力": deepcopy(part)}
        if isinstance(part, Mapping | list):
            for inner in altered(part):
                changed = deepcopy(settings)
                changed[step] = inner
                yield changed


@pytest.mark.parametrize(("key", "settings"), CASES_OF_LAW)
def test_half_written_settings_are_refused_in_both_languages_or_load(
    channels: dict[str, Channel], key: str, settings: dict[str, Any]
) -> None:
    for wrong in altered(settings):
        errors = check_settings(channels[key], deepcopy(wrong))
        assert all(error.message.zh and error.message.en for error in errors), wrong
        if not errors:
            channels[key].settings_schema().load(wrong)
