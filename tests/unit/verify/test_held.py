"""The second ranking, with held evidence counted, is recomputed from the same counters."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.verify.conftest import BUNDLES
from tests.unit.verify.making import Maker, public_bundle, publish, spelt, unpublish

from pingyi.domain.assessment import held_evidence
from pingyi_verifier.result.held_evidence import with_held

Check = Callable[..., Any]
CELLS = st.dictionaries(
    st.sampled_from(["", "u1", "u2"]), st.dictionaries(st.sampled_from("abc"), st.integers(-2, 3))
)
ROW = "公共卫生服务能力提升,dissatisfied,1"


@pytest.fixture
def partly_held(tmp_path: Path) -> Maker:
    """A small evaluation of which one unit's only bad answer is held."""
    source = Path(shutil.copytree(BUNDLES / "zhenhai_2022", tmp_path / "source"))
    path = source / "entries/deputies.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    assert ROW in rows
    held = [f"{row},held,待核查" if row == ROW else f"{row},," for row in rows]
    path.write_text("\n".join([f"{header},standing,reason", *held, ""]), encoding="utf-8")
    return public_bundle(source)


def test_a_right_second_ranking_is_accepted(partly_held: Maker, tmp_path: Path, check: Check) -> None:
    document = json.loads(partly_held.files["results.json"])
    (unit,) = (unit for unit in document["units"] if unit["unit"] == "zh2")
    before, after = unit["total"], unit["all_total"]
    assert float(after) < float(before) and unit["all_points"] == {"deputies": after}
    done = check(partly_held.write(tmp_path / "b"))
    assert (done.status, done.wrong) == (0, [])
    assert "With held evidence counted, totals and ranks come out the same too" in done.said


@pytest.mark.parametrize(
    "given", [{"all_rank": 1}, {"all_total": "100.00"}, {"review": True}, {"all_points": {}}]
)
def test_a_wrong_second_ranking_is_found_though_it_was_published(
    partly_held: Maker, tmp_path: Path, check: Check, given: dict[str, Any]
) -> None:
    document = json.loads(partly_held.files["results.json"])
    (unit,) = (unit for unit in document["units"] if unit["unit"] == "zh2")
    assert unit | given != unit
    unit |= given
    unpublish(partly_held)
    partly_held.files["results.json"] = spelt(document) + b"\n"
    publish(partly_held)
    partly_held.seal()
    done = check(partly_held.write(tmp_path / "b"))
    assert done.status == 1
    assert f"Unit zh2, {next(iter(given))}" in done.said


def test_a_second_ranking_where_nothing_is_held_is_refused(
    maker: Maker, tmp_path: Path, check: Check
) -> None:
    document = json.loads(maker.files["results.json"])
    document["units"][0]["all_rank"] = 2
    unpublish(maker)
    maker.files["results.json"] = spelt(document) + b"\n"
    publish(maker)
    maker.seal()
    assert "all_rank: printed 2, recomputed —" in check(maker.write(tmp_path / "b")).said


@given(CELLS, CELLS)
def test_both_implementations_add_the_same(counted: Any, held: Any) -> None:
    counted = {unit: {name: n for name, n in cell.items() if n > 0} for unit, cell in counted.items()}
    standings = {"counted": counted, "held": held}
    assert with_held(standings) == held_evidence.with_held(standings)
