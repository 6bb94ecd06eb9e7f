"""Tables that were really published, replayed from bundles: every published figure comes out again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from pingyi.services.results.result import Result, results_csv

BUNDLES = Path(__file__).parents[2] / "bundles"


@pytest.mark.parametrize(("name", "figures"), [("panjin_2023", 6), ("zhenhai_2022", 8), ("zhanyi_2019", 15)])
def test_published_figures_are_replayed(replay: Callable[[Path], Result], name: str, figures: int) -> None:
    text = results_csv(replay(BUNDLES / name)).decode("utf-8")
    replayed = {row["unit"]: row for row in csv.DictReader(io.StringIO(text))}
    with (BUNDLES / f"{name}.published.csv").open(encoding="utf-8", newline="") as file:
        published = {
            (row["unit"], column): cell
            for row in csv.DictReader(file)
            for column, cell in row.items()
            if column != "unit" and cell
        }
    assert len(published) == figures
    assert {(unit, column): replayed[unit][column] for unit, column in published} == published
