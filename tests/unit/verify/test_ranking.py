"""The verifier's points, totals, ranks and proposals against the server's, over generated schemes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.domain.assessment.test_laws import cases

from pingyi.domain.assessment.assess import assess
from pingyi.domain.assessment.earlier_periods import _natural
from pingyi.domain.assessment.values import Adjustment, Decision, Inputs, PreviousResult, ScoredRate
from pingyi.domain.scheme.values import Consequence, Grades, Scheme
from pingyi.services.results.build import result_in_memory
from pingyi.services.results.result import results_csv, results_json
from pingyi.services.results.score import Scored
from pingyi_verifier.folder.canonical_json import canonical
from pingyi_verifier.result import assess as verifier
from pingyi_verifier.result import table
from pingyi_verifier.result.consecutive import natural
from pingyi_verifier.result.lines import Rated

KINDS = ("bonus", "deduction", "warning", "veto", "disqualification")
GRADES = st.sampled_from(
    [
        None,
        Grades(bounds=(("high", Decimal("20.5")), ("middle", Decimal(9)), ("low", Decimal(0)))),
        Grades(shares=(("first", Decimal("0.3")), ("second", Decimal("0.25")), ("rest", Decimal("0.45")))),
    ]
)
CONSEQUENCES = st.lists(
    st.builds(
        Consequence,
        action=st.sampled_from(["interview", "circular"]),
        k=st.integers(1, 4),
        consecutive=st.integers(1, 3),
        overrides_use_places=st.booleans(),
    ),
    max_size=3,
).map(tuple)


@st.composite
def evaluations(draw: st.DrawFn) -> tuple[Scheme, Inputs, dict[str, Any]]:
    """A scheme, its evidence, and the same as the snapshot's rows."""
    scheme, evidence = draw(cases(bonus_cap=draw(st.none() | st.decimals(0, 9, places=1))))
    changes: dict[str, Any] = {"grades": draw(GRADES), "consequences": draw(CONSEQUENCES)}
    scheme = replace(scheme, **changes)
    codes = [unit.code for unit in evidence.units]
    unit, number = st.sampled_from(codes), st.integers(0, 9999).map(lambda n: Decimal(n) / 1000)
    adjustments = draw(
        st.lists(
            st.builds(
                Adjustment,
                unit=unit,
                kind=st.sampled_from(KINDS),
                points=number,
                target=st.sampled_from(["total", "total", "linked"]),
            ),
            max_size=6,
        )
    )
    channel = st.sampled_from([plan.key for plan in scheme.channels])
    decisions = draw(
        st.lists(
            st.builds(Decision, kind=st.just("tie"), unit=unit, choice=st.sampled_from(["in", "out"]))
            | st.builds(
                Decision,
                kind=st.just("switch_off"),
                channel=channel,
                category=st.sampled_from("ab"),
                choice=st.sampled_from(["yes", "no"]),
            ),
            max_size=5,
            unique_by=lambda one: (one.kind, one.unit, one.channel, one.category),
        )
    )
    previous = {
        period: {
            code: draw(placed(draw(st.sampled_from("ab")), len(codes)))
            for code in draw(st.sets(unit, min_size=1))
        }
        for period in draw(st.sets(st.sampled_from(["2016-9", "2016-10", "2015", "x"])))
    }
    scores = {key: dict(units) for key, units in evidence.scores.items()}
    for key in draw(st.sets(channel)):
        code = draw(unit)
        rate = scores[key][code].rate
        scores[key][code] = ScoredRate(rate, scores[key][code].status, draw(st.booleans()))
        if draw(st.booleans()):
            del scores[key][draw(st.sampled_from(sorted(scores[key])))]
    inputs = Inputs(
        units=evidence.units, scores=scores, adjustments=adjustments, decisions=decisions, previous=previous
    )
    return scheme, inputs, snapshot_of(inputs)


@st.composite
def placed(draw: st.DrawFn, category: str, most: int) -> PreviousResult:
    of = draw(st.integers(1, most))
    rank = draw(st.none() | st.integers(1, of))
    return PreviousResult(category=category, total=None, rank=rank, of=None if rank is None else of)


def snapshot_of(inputs: Inputs) -> dict[str, Any]:
    return {
        "units": [[unit.code, f"name of {unit.code}", unit.category, "", ""] for unit in inputs.units],
        "adjustments": [
            [one.unit, one.kind, str(one.points), one.target, "because", "1"] for one in inputs.adjustments
        ],
        "decisions": [
            [one.kind, one.unit, one.channel, one.category, one.choice, "because"] for one in inputs.decisions
        ],
        "previous": [
            [period, unit, one.category, None, one.rank, one.of]
            for period, units in inputs.previous.items()
            for unit, one in units.items()
        ],
    }


def document_of(scheme: Scheme) -> dict[str, Any]:
    """The scheme as its TOML document reads."""
    policies = scheme.policies
    found: dict[str, Any] = {
        "key": scheme.key,
        "full_marks": str(scheme.full_marks),
        "decimals": scheme.decimals,
        "policies": {
            "missing": policies.missing,
            "min_coverage": str(policies.min_coverage),
            "ties": policies.ties,
            "tie_break": list(policies.tie_break),
        },
        "categories": [{"key": category.key} for category in scheme.categories],
        "groups": [
            {"key": one.key} | ({"parent": one.parent} if one.parent else {}) for one in scheme.groups
        ],
        "channels": [
            {"key": plan.key, "plugin": "p", "max_points": str(plan.max_points)}
            | ({"group": plan.group} if plan.group else {})
            for plan in scheme.channels
        ],
        "consequences": [
            {
                "action": rule.action,
                "when": {
                    "place": "bottom",
                    "k": rule.k,
                    "consecutive": rule.consecutive,
                    "overrides_use_places": rule.overrides_use_places,
                },
            }
            for rule in scheme.consequences
        ],
    }
    if policies.bonus_cap is not None:
        found["policies"]["bonus_cap"] = str(policies.bonus_cap)
    if scheme.grades:
        pairs = scheme.grades.bounds or scheme.grades.shares
        name = "from" if scheme.grades.bounds else "shares"
        found["grades"] = {name: {key: str(value) for key, value in pairs}}
    return found


def rated(scored: ScoredRate) -> Rated:
    return Rated(scored.rate, scored.status, 0, {}, scored.veto)


@pytest.mark.long
@settings(deadline=None, max_examples=150)
@given(evaluations())
def test_both_implementations_print_the_same_bytes(case: tuple[Scheme, Inputs, dict[str, Any]]) -> None:
    scheme, inputs, snapshot = case
    result = result_in_memory("p", snapshot, Scored(scheme, assess(scheme, inputs), inputs.scores))
    scores = {
        key: {code: rated(score) for code, score in units.items() if isinstance(score, ScoredRate)}
        for key, units in inputs.scores.items()
    }
    document = verifier.assess(document_of(scheme), snapshot, scores)
    assert canonical(document) + b"\n" == results_json(result)
    assert table.results_csv(document_of(scheme), document) == results_csv(result)


def test_a_channel_of_which_only_the_points_are_known_counts_by_them() -> None:
    scheme = {
        "key": "s",
        "full_marks": "10",
        "decimals": 2,
        "policies": {"missing": "zero", "min_coverage": "0", "ties": "dense", "tie_break": []},
        "categories": [{"key": "a"}],
        "channels": [
            {"key": "own", "plugin": "x", "max_points": "4"},
            {"key": "foreign", "plugin": "y", "max_points": "6"},
        ],
    }
    snapshot = {"units": [["u", "U", "a", "", ""]], "adjustments": [], "decisions": [], "previous": []}
    scores = {
        "own": {"u": Rated(Fraction(1, 2), "ok")},
        "foreign": {"u": Rated(None, "ok", 3, {}, printed="5.25")},
    }
    document = verifier.assess(scheme, snapshot, scores)
    assert document["units"][0]["total"] == "7.25"


@given(st.lists(st.text("a-_.019０", max_size=6), min_size=2, max_size=2))
def test_earlier_periods_stand_in_the_same_order(keys: list[str]) -> None:
    one, other = keys
    assert (natural(one) < natural(other)) == (_natural(one) < _natural(other))
