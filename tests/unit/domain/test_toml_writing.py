"""Content written into a TOML document: exact whatever stood there; parts written anew lose comments."""

from __future__ import annotations

import copy
import random
import time
import tomllib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pingyi.domain.toml_writing import toml_of

SHIPPED = sorted(
    path
    for pattern in (
        "server/pingyi/schemes/*.toml",
        "surveys/pingyi_surveys/questionnaires/ready/*.toml",
        "tests/bundles/*/scheme.toml",
    )
    for path in Path().glob(pattern)
)
shipped = pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.stem}")
Change = Callable[[Any], Any]

ARRAY = "r = [\n  # r\n  # k\n  { k = 3 },\n  { k = 2 },\n]\ns = []\n"
HAND = '''# 示例方案
# A scheme by hand.

# the key
key = "x"   # never changes
title = { zh = "甲", en = "A" }
digits = 'C:\\\\path' # literal
weight = 0x1F
note = """
one
two"""

# ---- policies ----

# how ties go
[policies] # the policies
# nothing is said
missing = "reallocate"
tie_break = [
  # first
  "hotlines", # by phone
  "web",
  # last
  "press",
  # none below
]
# below the last pair

# ---- channels ----

# channel a
[[channels]] # head of a
key = "a"
# points of a
max_points = "10" # ten
extra.strata.east = "1"
extra.strata.west = "2"
[channels.settings]
n = 3 # three
w = { a = "1", "b/c" = "2" }
# below a

# channel b
[[channels]]
key = "b"
max_points = "20"
  [channels.settings]
  n = 4

# channel c
[[channels]]
key = "c"

# ---- the end ----

[comment]
max = 200

# far below
'''


def same(one: Any, other: Any) -> bool:
    """Equal in value, type and order, also where a number is none."""
    return repr(one) == repr(other)


def written(before: str, change: Change) -> str:
    """The document after a change of its content, which reads back to that."""
    content = tomllib.loads(before)
    changed = copy.deepcopy(content)
    answer = change(changed)
    changed = answer if isinstance(answer, dict) else changed
    assert not same(content, changed)
    text = toml_of(changed, before)
    assert same(tomllib.loads(text), changed)
    return text


def only(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came in their place; all above and all below are the same."""
    old, new = before.split("\n"), after.split("\n")
    while old and new and old[-1] == new[-1]:
        old.pop()
        new.pop()
    above = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    return old[above:], new[above:]


def annotated(document: str) -> str:
    """The document with a comment above and beside every line that can have one."""
    lines = []
    for number, line in enumerate(document.split("\n")):
        if line and not line.startswith("#"):
            indent = line[: len(line) - len(line.lstrip())]
            lines += [f"{indent}# above {number}", f"{line} # beside {number}"]
        else:
            lines.append(line)
    return "\n".join(lines)


def rows_text(document: str, name: str) -> tuple[str, list[str], str]:
    """What stands before the tables [[name]] with the comments above, each of them, what stands behind.

    Tables of other names stand in other blocks, which blank lines part.
    """
    blocks = document.split("\n\n")
    own = [number for number, block in enumerate(blocks) if f"[[{name}]]" in block]
    ends = "\n\n".join(blocks[: own[0]]), "\n\n".join(["", *blocks[own[-1] + 1 :]])
    return ends[0] + "\n\n", blocks[own[0] : own[-1] + 1], ends[1]


def lines_of(document: str) -> Counter[str]:
    """How often each line stands in a document, wherever; blank ones are left out."""
    return Counter(line.strip() for line in document.split("\n") if line.strip())


def lists_of_tables(content: dict[str, Any]) -> list[str]:
    return [name for name, value in content.items() if isinstance(value, list) and value]


# Exactness


KEYS = st.sampled_from(["a", "b", "c", "key", "zh", "en", "x y", "é", "a.b", "", 'q"', "-1"])
WORDS = st.text("ab甲-\"'\\#\n\t\r\x00\x1b\x7f\x85\u2028\ufeff😀 ]},=", max_size=8) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=5
)
TIMES = st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=8))])).map(
    lambda moment: moment.replace(fold=0)
)
VALUES = st.recursive(
    WORDS | st.integers() | st.booleans() | TIMES | st.dates() | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.lists(st.dictionaries(KEYS, inner, max_size=3), max_size=4)
    ),
    max_leaves=20,
)
CONTENT = st.dictionaries(KEYS, VALUES, max_size=6)


@settings(deadline=None)
@given(CONTENT, CONTENT, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\ufeff", "# head\n\n"]))
def test_any_content_reads_back_from_any_document(content: Any, old: Any, ends: str, start: str) -> None:
    before = start + toml_of(old).replace("\n", ends)
    assert same(tomllib.loads(toml_of(content, before)), content)
    assert same(tomllib.loads(toml_of(content)), content)


def changed_somewhere(randomly: random.Random, value: Any) -> Any:
    """The same content with one change: a value, an element, an order, a key."""
    if isinstance(value, dict) and value and randomly.random() < 0.7:
        name = randomly.choice(list(value))
        return {**value, name: changed_somewhere(randomly, value[name])}
    if isinstance(value, dict):
        names = randomly.sample(list(value), len(value))
        new = {"new": randomly.choice([1, "x", [], {}, {"a": {"b": [{"c": 1}]}}, [{"key": "a"}], [1, 2]])}
        names, more = randomly.choice(
            [(names, {}), (names[1:], {}), (list(value), new), (list(value)[1:], new)]
        )
        return {**{name: value[name] for name in names}, **more}
    if isinstance(value, list) and value:
        place = randomly.randrange(len(value))
        element = changed_somewhere(randomly, value[place])
        others = [*value[:place], *value[place + 1 :]]
        return randomly.choice([others, [*others, value[place]], [element, *others], [*value, element]])
    return randomly.choice([1, "y'", 'q"""z\n\\', True, [], {}, "new"])


PIECES = {
    "key": ["a", "b", "c", "d", '"x y"', "'q'", "a.b", "b.c.d", "a . 'x'"],
    "atom": [
        "1",
        '"s"',
        "'lit'",
        '"""m\nn"""',
        "'''\nk\n'''",
        "0x1F",
        "1979-05-27 07:32:00",
        '""""q"""""',
        "{}",
    ],
    "comma": [", ", ",\n  ", ", # c\n  ", ",\n  # above\n  ", " ,", " # odd\n ,"],
    "open": ["[", "[ ", "[\n  ", "[ # open\n  "],
    "close": ["]", " ]", "\n]", ",]", " # last\n]", "\n# end\n]"],
    "lead": ["", "", "", "\n", "# c\n", "\n# d\n", "# e\n\n", " # f\n"],
    "tail": ["\n", "\n", " # beside\n", " \n"],
}


def any_document(randomly: random.Random) -> str:
    """A document of any layout: scattered tables, dotted keys, comments wherever they may stand."""

    def piece(kind: str) -> str:
        return randomly.choice(PIECES[kind])

    def value(depth: int) -> str:
        form = randomly.random()
        if form < 0.5 or depth > 2:
            return piece("atom")
        count = range(randomly.randrange(4))
        if form < 0.75:
            inner = piece("comma").join(value(depth + 1) for _ in count)
            return f"{piece('open')}{inner}{piece('close')}"
        pairs = [f"{piece('key')} = {value(depth + 1)}" for _ in count]
        return f"{{ {', '.join(pairs)} }}"

    document = ""
    for _ in range(randomly.randrange(14)):
        form = randomly.choice(["{} = V", "{} = V", "  {} = V", "[{}]", "[[{}]]"])
        line = form.format(piece("key")).replace("V", value(0))
        more = document + piece("lead") + line + piece("tail")
        try:
            tomllib.loads(more)
        except tomllib.TOMLDecodeError:
            continue
        document = more
    return document + randomly.choice(["", "# end\n", "\n# end"])


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9))
def test_change_of_any_layout_reads_back_and_keeps_comments_elsewhere(seed: int) -> None:
    randomly = random.Random(seed)
    before = any_document(randomly)
    content = tomllib.loads(before)
    assert toml_of(content, before) == before
    changed = changed_somewhere(randomly, content)
    changed = changed if isinstance(changed, dict) else {}
    after = toml_of(changed, before)
    assert same(tomllib.loads(after), changed)


def test_document_that_is_no_toml_gives_way_to_a_new_one_below_its_head_comment() -> None:
    assert toml_of({"a": 1}, "# head\n\nno toml") == "# head\n\na = 1\n"


def test_number_that_is_none_is_written() -> None:
    before = "a = nan # none\nb = [-inf]\n"
    assert toml_of(tomllib.loads(before), before) == before
    assert toml_of({"a": float("nan"), "b": [float("inf")]}, before) == "a = nan # none\nb = [inf]\n"


def test_value_without_a_form_is_refused() -> None:
    with pytest.raises(ValueError, match="None"):
        toml_of({"a": {"b": [None]}})


def test_content_too_deep_is_refused_and_a_document_too_deep_gives_way() -> None:
    deep: dict[str, Any] = {}
    for _ in range(2000):
        deep = {"a": deep}
    with pytest.raises(ValueError, match="no form"):
        toml_of(deep)
    assert toml_of({"a": 1}, f"# head\n[{'a.' * 2000}a]\n") == "# head\n\na = 1\n"


def test_dates_and_types_are_told_apart() -> None:
    before = "a = 1\nb = 2020-01-02\nc = 2020-01-02T03:04:05+08:00\n"
    same_moment = datetime(2020, 1, 1, 19, 4, 5, tzinfo=UTC)
    content = {"a": True, "b": date(2020, 1, 3), "c": same_moment}
    assert toml_of(content, before) == "a = true\nb = 2020-01-03\nc = 2020-01-01T19:04:05Z\n"


# Shipped documents


@shipped
@pytest.mark.parametrize("change", [str, annotated])
def test_unchanged_content_leaves_every_byte(path: Path, change: Callable[[str], str]) -> None:
    document = change(path.read_text(encoding="utf-8"))
    assert toml_of(tomllib.loads(document), document) == document
    windows = document.replace("\n", "\r\n")
    assert toml_of(tomllib.loads(document), f"\ufeff{windows}") == document


def leaves(node: Any, pointer: str = "") -> list[tuple[Any, Any, str]]:
    """Everything that is no list and no mapping: its holder, its key or place there, its JSON pointer."""
    places = []
    for step, inner in node.items() if isinstance(node, dict) else enumerate(node):
        below = f"{pointer}/{str(step).replace('~', '~0').replace('/', '~1')}"
        places += leaves(inner, below) if isinstance(inner, dict | list) else [(node, step, below)]
    return places


@pytest.mark.long
@shipped
@pytest.mark.parametrize("change", [str, annotated])
def test_each_changed_value_changes_its_line_alone(path: Path, change: Callable[[str], str]) -> None:
    document = change(path.read_text(encoding="utf-8"))
    content = tomllib.loads(document)
    for holder, step, _ in leaves(content):
        if change is annotated and isinstance(holder, list):
            continue  # an array is written anew, without the comments inside it
        old = holder[step]
        holder[step] = "☃" if isinstance(old, str) else 77
        after = toml_of(content, document)
        gone, come = only(document, after)
        assert len(gone) == len(come) == 1
        assert come[0].count("☃" if isinstance(old, str) else "77") >= 1
        assert come[0].partition(" # beside")[2] == gone[0].partition(" # beside")[2]
        assert same(tomllib.loads(after), content)
        holder[step] = old


@shipped
def test_removed_row_takes_its_own_lines_and_no_other(path: Path) -> None:
    document = path.read_text(encoding="utf-8")
    for name in lists_of_tables(tomllib.loads(document)):
        _, blocks, _ = rows_text(document, name)
        for place in range(len(blocks) if len(blocks) > 1 else 0):
            after = written(
                document, lambda content, place=place, name=name: content[name].pop(place) and None
            )
            assert lines_of(document) - lines_of(after) == lines_of(blocks[place])
            assert not lines_of(after) - lines_of(document)


@shipped
@pytest.mark.parametrize("change", [str, annotated])
def test_moved_rows_lose_no_line(path: Path, change: Callable[[str], str]) -> None:
    """A comment above a header stays where it was, behind the row before it; those inside a row go along."""
    document = change(path.read_text(encoding="utf-8"))
    randomly = random.Random(1)
    for name in lists_of_tables(tomllib.loads(document)):
        count = len(tomllib.loads(document)[name])
        for _ in range(4 if count > 1 else 0):
            order = randomly.sample(range(count), count)
            if order == sorted(order):
                continue
            rows = [tomllib.loads(document)[name][place] for place in order]
            after = written(document, lambda content, rows=rows, name=name: {**content, name: rows})
            assert lines_of(after) == lines_of(document)


@shipped
@pytest.mark.parametrize("change", [str, annotated])
def test_added_row_or_table_leaves_every_line(path: Path, change: Callable[[str], str]) -> None:
    document = change(path.read_text(encoding="utf-8"))
    title = {"zh": "新", "en": "New"}
    for name in lists_of_tables(tomllib.loads(document)):
        for place in (0, 1, 99):
            row = {"key": "new", "title": title, "settings": {"n": 1}}
            after = written(
                document, lambda content, place=place, name=name, row=row: content[name].insert(place, row)
            )
            assert not lines_of(document) - lines_of(after)
            assert list(lines_of(after) - lines_of(document)) == [
                f"[[{name}]]",
                'key = "new"',
                'title = { zh = "新", en = "New" }',
                "settings = { n = 1 }",
            ]
    row = {"key": "k", "title": title, "steps": [1, 2]}
    after = written(document, lambda content: content.update(more=row))
    assert after.startswith(document.rstrip("\n"))
    assert after.endswith('\n[more]\nkey = "k"\ntitle = { zh = "新", en = "New" }\nsteps = [1, 2]\n')


# A document by hand


def replaced(*pairs: tuple[str, str]) -> str:
    text = HAND
    for old, new in pairs:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


def at(*steps: Any) -> Callable[[Any], Any]:
    def holder(content: Any) -> Any:
        for step in steps:
            content = content[step]
        return content

    return holder


def put(*steps: Any, value: Any) -> Change:
    def change(content: Any) -> None:
        at(*steps[:-1])(content)[steps[-1]] = value

    return change


CHANGES: list[tuple[Change, str]] = [
    (put("key", value="y"), replaced(('key = "x" ', 'key = "y" '))),
    (put("digits", value="D:\\"), replaced(("'C:\\\\path'", "'D:\\'"))),
    (put("digits", value="it's"), replaced(("'C:\\\\path'", '"it\'s"'))),
    (put("weight", value=5), replaced(("0x1F", "5"))),
    (put("note", value='one\n"two"'), replaced(('two"""', '\\"two\\""""'))),
    (put("title", "fr", value="C"), replaced(('en = "A" }', 'en = "A", fr = "C" }'))),
    (
        put("channels", 0, "settings", "w", value={"b/c": "3"}),
        replaced(('{ a = "1", "b/c" = "2" }', '{ "b/c" = "3" }')),
    ),
    (put("channels", 0, "extra", "strata", "west", value="9"), replaced(('west = "2"', 'west = "9"'))),
    (
        put("channels", 0, "extra", "strata", "south", value="3"),
        replaced(('west = "2"\n', 'west = "2"\nextra.strata.south = "3"\n')),
    ),
    (put("channels", 1, "settings", "m", value=1), replaced(("  n = 4\n", "  n = 4\n  m = 1\n"))),
    (
        put("channels", 1, "settings", value=5),
        replaced(("  [channels.settings]\n  n = 4\n", "settings = 5\n")),
    ),
    (
        put("policies", "tie_break", value=["press", "hotlines", "new"]),
        replaced(
            ('  # first\n  "hotlines", # by phone\n  "web",\n  # last\n  "press",\n', ""),
            (
                "  # none below\n",
                '  # last\n  "press",\n  # first\n  "hotlines", # by phone\n  "new",\n  # none below\n',
            ),
        ),
    ),
    (
        lambda content: content["policies"].pop("missing") and None,
        replaced(('# nothing is said\nmissing = "reallocate"\n', "")),
    ),
    (
        lambda content: content.pop("policies") and None,
        HAND[: HAND.index("# how ties go")] + HAND[HAND.index("# ---- channels") :],
    ),
    (
        lambda content: content.pop("comment") and None,
        replaced(("[comment]\nmax = 200\n\n", "")),
    ),
    (
        lambda content: content["channels"].pop(1) and None,
        HAND[: HAND.index("# channel b")] + HAND[HAND.index("# channel c") :],
    ),
    (
        lambda content: content["channels"].append(content["channels"].pop(0)),
        HAND[: HAND.index("# channel a")]
        + HAND[HAND.index("# channel b") : HAND.index("# ---- the end")]
        + HAND[HAND.index("# channel a") : HAND.index("# channel b")]
        + HAND[HAND.index("# ---- the end") :],
    ),
    (
        lambda content: content["channels"].insert(
            0, content["channels"].pop(1) | {"max_points": "21"}
        ),  # known by its key
        (
            HAND[: HAND.index("# channel a")]
            + HAND[HAND.index("# channel b") : HAND.index("# channel c")]
            + HAND[HAND.index("# channel a") : HAND.index("# channel b")]
            + HAND[HAND.index("# channel c") :]
        ).replace('"20"', '"21"'),
    ),
    (put("channels", 2, "key", value="z"), replaced(('key = "c"', 'key = "z"'))),  # known by its place
]


IN_PLACE = (0, 2, 3, 5, 6, 7, 18)
MOVED = (9, 16, 17)
"""Comments above a header stay where they were, behind what stood before it."""
ANEW = {
    1: ("digits", "weight"),
    4: ("note", "# ---- policies"),
    8: ("# ---- channels", "[comment]"),
    10: ("# ---- channels", "[comment]"),
    11: ("tie_break", "# below the last"),
    12: ("# nothing is said", "tie_break"),
    13: ("[policies]", "[[channels]] # head"),
    14: ("[comment]", ""),
    15: ('[[channels]]\nkey = "b"', '[[channels]]\nkey = "c"'),
}
"""Where lines may be lost: what is written anew or removed, up to the next header."""


@pytest.mark.parametrize("number", IN_PLACE)
def test_change_in_place_leaves_every_other_line(number: int) -> None:
    change, after = CHANGES[number]
    assert written(HAND, change) == after


@pytest.mark.parametrize("number", MOVED)
def test_change_of_rows_and_tables_loses_no_line(number: int) -> None:
    change, after = CHANGES[number]
    assert not lines_of(after) - lines_of(written(HAND, change))


@pytest.mark.parametrize("number", ANEW)
def test_part_that_is_written_anew_loses_its_comments_and_no_other(number: int) -> None:
    change, _ = CHANGES[number]
    start, end = ANEW[number]
    part = HAND[HAND.index(f"\n{start}") : HAND.index(f"\n{end}") if end else None]
    assert not lines_of(HAND) - lines_of(part) - lines_of(written(HAND, change))


@pytest.mark.parametrize(("change", "after"), CHANGES, ids=range(len(CHANGES)))
def test_change_back_gives_the_content_back(change: Change, after: str) -> None:
    assert same(tomllib.loads(toml_of(tomllib.loads(HAND), after)), tomllib.loads(HAND))


@pytest.mark.parametrize(
    ("before", "content", "after"),
    [
        ("a = [1, 2]\n", {"a": [2, 1, 3]}, "a = [2, 1, 3]\n"),
        ("a = [1] # c\n", {"a": [10**60, 10**60]}, f"a = [\n  {10**60},\n  {10**60},\n] # c\n"),
        ("a = [1, 2] # c\n", {"a": [10**60, 10**60]}, f"a = [{10**60}, {10**60}] # c\n"),
        ("[a]\nb = { x = 1 } # c\n", {"a": {"b": {"x": 10**160}}}, f"[a]\nb = {{ x = {10**160} }} # c\n"),
        ("a.b = 1\nc = 2\na.d = 3\n", {"a": {"b": 1, "d": 4}, "c": 2}, "a.b = 1\nc = 2\na.d = 4\n"),
        ("[a]\nx = 1\n[b]\n[a.c]\ny = 2 # c\n", {"a": {"x": 1, "c": {"y": 3}}, "b": {}},
         "[a]\nx = 1\n[b]\n[a.c]\ny = 3 # c\n"),
        ("[a.b]\nx = 1\n", {"a": {"y": 1, "b": {"x": 1}}}, "[a]\ny = 1\n\n[a.b]\nx = 1\n"),
        ("[a]\nx = 1\n", {"a": {"x": 1}, "b": 2}, "a = { x = 1 }\nb = 2\n"),
        ("[a]\nx = 1\n", {"b": 2, "a": {"x": 1}}, "b = 2\n\n[a]\nx = 1\n"),
        ("[[a]]\nx = 1\n\n[[a]]\nx = 2\n", {"a": []}, "a = []\n"),
        ("# head\n\na = 1\nb = 2\n", {"b": 2}, "# head\n\nb = 2\n"),
        ("a = 1", {"a": 1, "b": 2}, "a = 1\nb = 2\n"),
    ],
)  # fmt: skip
def test_layouts(before: str, content: Any, after: str) -> None:
    assert toml_of(content, before) == after
    assert same(tomllib.loads(after), content)


def test_long_documents_are_written_within_two_seconds() -> None:
    content = tomllib.loads(Path("server/pingyi/schemes/maanshan-2017.toml").read_text(encoding="utf-8"))
    channels = content["channels"]
    content["channels"] = [{**row, "key": f"{row['key']}_{turn}"} for turn in range(18) for row in channels]
    document = annotated(toml_of(content))
    assert document.count("\n") > 6000
    content["channels"].reverse()
    content["channels"][7]["max_points"] = "3"
    began = time.process_time()
    after = toml_of(content, document)
    assert time.process_time() - began < 4  # twice the lines of the longest to be expected
    lost = lines_of(document) - lines_of(after)
    assert list(lost) == [line for line in lost if line.startswith("max_points")]
    assert same(tomllib.loads(after), content)


def test_document_that_only_lenient_readers_take_keeps_its_head_comment() -> None:
    before = "# head\n\n[a.b.c]\nx = 1\n[a]\nb.d = 1\n"
    content = tomllib.loads(before) | {"z": {"y": 1}}
    assert toml_of(content, before) == ("# head\n\n[a.b]\nc = { x = 1 }\nd = 1\n\n[z]\ny = 1\n")
