"""A cell of text says the same only where it is the same text, however much it looks like a number."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.verify.alterations import bytes_of, small_evaluation, table_of
from tests.unit.verify.making import Maker, publish, remanifest, spelt, unpublish

from pingyi_verifier.record.bundle import Reader
from pingyi_verifier.record.entry_rows import row_of, row_of_entry

Check = Callable[..., Any]
LIKE_NUMBERS = ("007", "7", "+7", "-0", "1.50", "1e3", "1_0", "７", "٧", "0x10", "1/2", "Infinity")
SAME_NUMBER = (
    ("010", "10"),
    ("10", "010"),
    ("+7", "7"),
    ("1.50", "1.5"),
    ("1e3", "1000"),
    ("1_0", "10"),
    ("７", "7"),
    ("7", " 7"),
    ("7", "7 "),
    ("-0", "0"),
)
TEXT_COLUMNS = (
    ("units.csv", "name"),
    ("units.csv", "subordination"),
    ("units.csv", "superior"),
    ("adjustments.csv", "reason"),
    ("adjustments.csv", "document"),
    ("decisions.csv", "reason"),
    ("previous.csv", "period"),
    ("entries/panel.csv", "rater"),
)


def evaluation(folder: Path, text: str) -> Maker:
    """The small evaluation with this text in the first row of every column of free text."""
    return small_evaluation(folder, [(name, column, text) for name, column in TEXT_COLUMNS])


@pytest.mark.parametrize("text", LIKE_NUMBERS)
def test_an_untouched_bundle_is_right_whatever_its_texts_look_like(
    text: str, tmp_path: Path, check: Check
) -> None:
    done = check(evaluation(tmp_path / "source", text).write(tmp_path / "b"))
    assert (done.status, done.wrong) == (0, [])


@pytest.mark.parametrize("code", ["001", "7", "1e3", "1_0", "10.50"])
def test_an_untouched_bundle_is_right_whatever_its_units_are_called(
    code: str, tmp_path: Path, check: Check
) -> None:
    maker = small_evaluation(tmp_path / "source", code=code)
    assert maker.snapshot["units"][0][0] == code
    done = check(maker.write(tmp_path / "b"))
    assert (done.status, done.wrong) == (0, [])


@pytest.mark.parametrize(("text", "other"), SAME_NUMBER)
def test_another_text_of_the_same_number_is_an_edit(
    text: str, other: str, tmp_path: Path, check: Check
) -> None:
    maker = evaluation(tmp_path / "source", text)
    for name, column in TEXT_COLUMNS:
        right = maker.files[name]
        table = table_of(right)
        table[1][table[0].index(column)] = other
        maker.files[name] = bytes_of(table)
        done = check(maker.write(tmp_path / "b"))
        maker.files[name] = right
        assert done.status == 1, (name, column)
        assert any(name in line for line in done.wrong), done.said


@pytest.mark.parametrize(("code", "other"), [("010", "10"), ("1e3", "1000"), ("1_0", "10")])
@pytest.mark.parametrize("name", ["units.csv", "adjustments.csv", "previous.csv", "entries/law.csv"])
def test_a_unit_under_another_code_of_the_same_number_is_an_edit(
    name: str, code: str, other: str, tmp_path: Path, check: Check
) -> None:
    maker = small_evaluation(tmp_path / "source", code=code)
    table = table_of(maker.files[name])
    at = table[0].index("code" if name == "units.csv" else "unit")
    assert table[1][at] == code
    table[1][at] = other
    maker.files[name] = bytes_of(table)
    assert any(name in line for line in check(maker.write(tmp_path / "b")).wrong)


@pytest.mark.parametrize(
    ("name", "column", "spelling", "right"),
    [
        ("adjustments.csv", "points", "1.50", True),
        ("adjustments.csv", "points", "+1.5", True),
        ("adjustments.csv", "points", "1.51", False),
        ("adjustments.csv", "points", "１.5", False),
        ("adjustments.csv", "points", "15e-1", False),
        ("rolls.csv", "count", "040", True),
        ("rolls.csv", "count", "4_0", False),
        ("previous.csv", "total", "88.1", True),
        ("previous.csv", "rank", "", False),
    ],
)
def test_a_column_of_numbers_is_compared_as_numbers(
    name: str, column: str, spelling: str, right: bool, tmp_path: Path, check: Check
) -> None:
    maker = small_evaluation(tmp_path / "source")
    table = table_of(maker.files[name])
    table[1][table[0].index(column)] = spelling
    maker.files[name] = bytes_of(table)
    assert (check(maker.write(tmp_path / "b")).status == 0) == right


def test_a_revision_that_is_true_is_not_the_first(written: Path, maker: Maker, check: Check) -> None:
    said = json.loads((written / "record.json").read_bytes())
    assert said["revision"] == 1
    (written / "record.json").write_bytes(spelt(said | {"revision": True}) + b"\n")
    remanifest(written, maker.period)
    assert "revision in record.json is not what the record says" in check(written).said


def test_a_rank_that_is_true_is_not_the_first(maker: Maker, tmp_path: Path, check: Check) -> None:
    unpublish(maker)
    document = json.loads(maker.files["results.json"])
    first = next(unit for unit in document["units"] if unit["rank"] == 1)
    first["rank"] = True
    maker.files["results.json"] = spelt(document) + b"\n"
    publish(maker)
    assert (
        f"Unit {first['unit']}, rank: printed true, recomputed 1." in check(maker.write(tmp_path / "b")).said
    )


@pytest.mark.parametrize("hidden", ["\x1e", "\x1f", "\x1f\x1e\x1f"])
def test_a_column_cannot_be_left_out_behind_characters_that_nobody_sees(
    hidden: str, tmp_path: Path, check: Check
) -> None:
    maker = small_evaluation(tmp_path / "source")
    table = table_of(maker.files["entries/vote.csv"])
    last, left_out = table[0].index("option"), table[0].index("count")
    for row in table[1:]:
        row[last] += hidden
    for row in table:
        del row[left_out]
    maker.files["entries/vote.csv"] = bytes_of(table)
    done = check(maker.write(tmp_path / "b"))
    assert "An entry of the record is not in entries/vote.csv" in done.said


def test_a_column_cannot_be_left_out_behind_a_header_of_two_lines(tmp_path: Path, check: Check) -> None:
    """Whoever read only its first line would look for three columns, where each row has five."""
    maker = small_evaluation(tmp_path / "source")
    header, *rows = table_of(maker.files["entries/vote.csv"])
    unit, option = header.index("unit"), header.index("option")
    lines = ['unit,option,"x', '",y,z', *(f"{row[unit]},{row[option]},,\x1e," for row in rows)]
    maker.files["entries/vote.csv"] = ("\n".join(lines) + "\n").encode()
    assert "An entry of the record is not in entries/vote.csv" in check(maker.write(tmp_path / "b")).said


def test_rows_are_the_same_only_cell_by_cell() -> None:
    between = [
        ["a", "b\x1fc"],
        ["a\x1fb", "c"],
        ["a", "b", "c"],
        ["a\x1fb\x1fc"],
        ['["a\\u001fb", "c"]'],
        ["", ""],
    ]
    assert len({row_of(cells) for cells in between}) == len(between)
    reader = Reader(["a", "b"], frozenset("ab"), None, {})
    shown, hidden = (
        row_of_entry({"a": "1", "b": 2}, reader),
        row_of_entry({"a": "1", "b": 2, "c": "x"}, reader),
    )
    assert shown == row_of(["1", "2"])
    assert hidden not in {shown, row_of(["1", "2\x1e"]), row_of(["1", "2\x1f\x1e\x1f"])}
