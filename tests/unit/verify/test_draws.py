"""A draw by lot in a bundle is drawn again, and one that was touched is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.verify.making import Maker, remade, spelt

from pingyi.domain.draw import Member, Rule, draw, pool_root, seed_of

Check = Callable[..., Any]


def drawn(maker: Maker, *, value: str | None = "04 11 23", substitutes: int = 2) -> dict[str, Any]:
    """A draw as the server documents it, its commitment in the record."""
    pool = [Member(f"m{number:03d}", "east" if number % 3 else "west") for number in range(60)]
    rule = Rule(size=20, alternates=6, source="a lottery")
    root = pool_root(rule, pool)
    places = draw(rule, pool, value) if value else []
    maker.log.insert(2, f"- {hashlib.sha256(root).hexdigest()}".encode())
    out = [one.member.id for one in places if one.lot == "drawn" and one.member.stratum == "east"]
    spare = [one.member.id for one in places if one.lot == "alternate" and one.member.stratum == "east"]
    return {
        "rule": {"size": 20, "alternates": 6, "source": "a lottery", "quotas": None},
        "root": root.hex(),
        "leaf": hashlib.sha256(root).hexdigest(),
        "value": value,
        "seed": seed_of(root, value).hex() if value else None,
        "pool": [{"id": member.id, "stratum": member.stratum} for member in pool],
        "places": [
            {
                "id": one.member.id,
                "stratum": one.member.stratum,
                "ticket": one.ticket,
                "place": one.place,
                "lot": one.lot.value,
            }
            for one in places
        ],
        "substitutes": [
            {"replaced": one, "member": other}
            for one, other in list(zip(out, spare, strict=False))[:substitutes]
        ],
    }


def with_draw(maker: Maker, said: dict[str, Any], folder: Path) -> Path:
    remade(maker, lambda _: None)
    maker.files["draws/d.json"] = spelt(said) + b"\n"
    return maker.write(folder)


def test_a_draw_is_drawn_again(maker: Maker, tmp_path: Path, check: Check) -> None:
    done = check(with_draw(maker, drawn(maker), tmp_path / "b"))
    assert done.status == 0, done.said
    assert "20 of 60, comes out the same" in done.said


def test_a_draw_that_waits_for_its_source_is_named(maker: Maker, tmp_path: Path, check: Check) -> None:
    done = check(with_draw(maker, drawn(maker, value=None), tmp_path / "b"))
    assert done.status == 0
    assert "nothing is drawn yet" in done.said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda said: said["pool"].pop(), "pool or rule are not those of the root"),
        (lambda said: said.update(leaf="0" * 64), "the record holds no commitment"),
        (lambda said: said.update(value="05 11 23"), "does not follow from the pool"),
        (lambda said: said["places"][-1].update(lot="drawn"), "does not follow from the pool"),
        (lambda said: said["substitutes"].pop(0), "does not follow from the pool"),
        (lambda said: said["substitutes"][0].update(replaced="m999"), "does not follow from the pool"),
    ],
)
def test_a_draw_that_was_touched_is_refused(
    maker: Maker, tmp_path: Path, check: Check, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    said = drawn(maker)
    change(said)
    done = check(with_draw(maker, said, tmp_path / "b"))
    assert done.status == 1
    assert words in done.said
