"""The line of whatever a pointer leads to in a TOML document, whichever way it is laid out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.scheme.parse import parse_scheme
from pingyi.domain.toml_document import at_lines

BUNDLES = sorted(Path("tests/bundles").glob("*/scheme.toml"))
DOCUMENT = '''# a scheme
key = "x"
title = { zh = "甲", en = "b" }
[policies]
missing = """
a
b"""
ties = "q"
list = [
  1,
  2, # two
  { a = 1 },
]
[[channels]]
key = "a"
extra.strata.east = "1"
[channels.settings]
n = 3

[[channels]]
key = "b"
[channels.settings]
w = { a = "1", "b/c" = "2" }
[a.b.c]
x = 1
'''


def lines_of(document: str, *pointers: str) -> list[int | None]:
    errors = [FieldError(code=pointer, message=Text(zh="", en=""), pointer=pointer) for pointer in pointers]
    rows = {error.pointer: error.row for error in at_lines(errors, document)}
    return [rows[pointer] for pointer in pointers]


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/key", 2),
        ("/title/en", 3),
        ("/policies", 4),
        ("/policies/ties", 8),
        ("/policies/list", 9),
        ("/policies/list/1", 11),
        ("/policies/list/2/a", 12),
        ("/policies/list/9", 9),
        ("/channels", 14),
        ("/channels/0/extra/strata/east", 16),
        ("/channels/1", 20),
        ("/channels/1/missing", 20),
        ("/channels/1/settings", 22),
        ("/channels/1/settings/w/b~1c", 23),
        ("/channels/7/key", 14),
        ("/a", 1),
        ("/a/b/c", 24),
        ("/a/b/c/x", 25),
        ("/missing", 1),
    ],
)
def test_pointer_leads_to_its_line_or_to_that_of_what_holds_it(pointer: str, line: int) -> None:
    assert lines_of(DOCUMENT, pointer) == [line]
    assert lines_of("\ufeff" + DOCUMENT.replace("\n", "\r\n"), pointer) == [line]


def test_lines_do_not_depend_on_what_was_looked_for_before() -> None:
    pointers = ["/policies/list/2/a", "/policies/list/1", "/channels/1", "/title/en", "/key", "/a/b/c/x"]
    assert lines_of(DOCUMENT, *pointers) == [12, 11, 20, 3, 2, 25]


def test_errors_come_in_the_order_of_the_document_and_keep_their_own_row() -> None:
    one, two = (FieldError(code="x", message=Text(zh="", en=""), pointer=at) for at in ("/a/b/c", "/key"))
    own = FieldError(code="syntax", message=Text(zh="", en=""), row=3)
    assert [error.row for error in at_lines([one, own, two], DOCUMENT)] == [2, 3, 24]
    assert at_lines([one], "no toml") == (one,)


WORDS = st.text("ab甲-\"'\\#\n ", max_size=8)
VALUES = st.recursive(
    WORDS | st.integers(0, 9) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), VALUES, max_size=5), st.data())
def test_every_leaf_of_any_document_has_the_line_on_which_its_mark_stands(content: Any, data: Any) -> None:
    leaves = list(_leaves(content, ""))
    if not leaves:
        return
    holder, step, pointer = data.draw(st.sampled_from(leaves))
    before = tomlkit.dumps(content)
    line = lines_of(before, pointer)[0]
    holder[step] = "☃"
    (marked,) = [n for n, text in enumerate(tomlkit.dumps(content).split("\n"), 1) if "☃" in text]
    assert line == marked


def _leaves(node: Any, pointer: str) -> Any:
    for step, inner in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(inner, dict | list):
            yield from _leaves(inner, f"{pointer}/{step}")
        else:
            yield node, step, f"{pointer}/{step}"


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: path.parent.name)
def test_wrong_scheme_is_refused_with_the_line_of_each_error(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").split("\n")
    wanted = {number for number, line in enumerate(lines, 1) if line.startswith("max_points")}
    with pytest.raises(Problem) as refused:
        parse_scheme("\n".join("max_points = -1" if n in wanted else line for n, line in enumerate(lines, 1)))
    found = {error.row for error in refused.value.errors if error.pointer.endswith("max_points")}
    assert found == wanted and all(error.row for error in refused.value.errors)
