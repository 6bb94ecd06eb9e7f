"""The verifier's formulas, written a second time, equal the plugins' on rows of every kind."""

import json
import random
import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest
from tests.contract.test_laws import ROLLS, ROWS, SETTINGS

from pingyi.channels import Channel, Context, Entry, Period, Tally
from pingyi.channels.generating import load, rows_for
from pingyi.channels.types import encode_name
from pingyi.domain.canonical import canonical_json
from pingyi.registry import load_registry
from pingyi.services.results.score import print_facts
from pingyi_verifier.formulas.channels import FAMILIES
from pingyi_verifier.formulas.monitoring_points import coarse

SCHEMES = Path(__file__).resolve().parents[3] / "server/pingyi/schemes"
YEAR = Period(starts_on=date(2017, 1, 1), ends_on=date(2017, 12, 31))
DATES = {"starts_on": "2017-01-01", "ends_on": "2017-12-31", "time_zone": "Asia/Shanghai"}
CHANNELS = {key: found.channel for key, found in load_registry().channels.items() if key in SETTINGS}
Counts = dict[str, int]


def plans() -> list[tuple[str, dict[str, Any]]]:
    """The settings of the contract's tests, and those of the ready-made schemes, for few rows."""
    known = [(key, settings) for key, several in SETTINGS.items() for settings in several]
    for path in sorted(SCHEMES.glob("*.toml")):
        for plan in tomllib.loads(path.read_text(encoding="utf-8"))["channels"]:
            few = {"n_min": 1} if "n_min" in plan["settings"] else {}
            one = (plan["plugin"], {**plan["settings"], **few})
            if one not in known:
                known.append(one)
    return known


def stored(entry: Entry) -> dict[str, Any]:
    """An entry's values as its leaf has them."""
    unit = {} if entry.unit is None else {"unit": entry.unit}
    values: dict[str, Any] = msgspec.json.decode(canonical_json({**entry.values, **unit}))
    return values


def plugin_tally(channel: Channel, entry: Entry, context: Context) -> tuple[Counts, Counts]:
    sums: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for count in channel.tally(entry, context):
        sums[count.shared][encode_name(count.counter)] += count.amount
    own, shared = ({name: n for name, n in each.items() if n} for each in sums)
    return own, shared


def plugin_score(channel: Channel, counts: Counts, shared: Counts, context: Context) -> tuple[Any, ...]:
    score = channel.score(Tally(counts, Tally(shared)), context)
    return score.rate, score.status, score.n, print_facts(score.facts), score.veto


def compare(channel: Channel, rows: list[Any], raw: Mapping[str, Any], context: Context) -> Counter[str]:
    """Both implementations, entry by entry and unit by unit; how many units had each status."""
    family = FAMILIES[channel.key]
    sums: dict[str | None, Counter[str]] = {None: Counter()}
    shared: Counter[str] = Counter()
    for row in rows:
        entry = load(channel, row, context)
        if entry is not None:
            expected = plugin_tally(channel, entry, context)
            assert family.tally(stored(entry), raw, DATES) == expected
            sums.setdefault(entry.unit, Counter()).update(expected[0])
            shared.update(expected[1])
    statuses: Counter[str] = Counter()
    for counts in sums.values():
        mine = family.score(dict(counts), dict(shared), raw, DATES, dict(context.rolls))
        assert tuple(mine) == plugin_score(channel, dict(counts), dict(shared), context)
        statuses[mine.status] += 1
    return statuses


@pytest.mark.parametrize(("key", "raw"), plans())
def test_formulas_equal_the_plugins_on_generated_rows(key: str, raw: dict[str, Any]) -> None:
    channel, raw = CHANNELS[key], json.loads(json.dumps(raw))
    loaded = channel.settings_schema().load(raw)
    rolls = ROLLS.get(key) or {(name, ""): 40 for name in channel.needs(loaded) - {"dates"}}
    context = Context(loaded, YEAR, rolls)
    quiet = hypothesis.settings(
        max_examples=12,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    seen: Counter[str] = Counter()

    def example(rows: list[Any]) -> None:
        seen.update(compare(channel, rows, raw, context))

    example(list(ROWS.get(key, [])))
    hypothesis.given(rows_for(channel, context, ROWS.get(key, [])))(quiet(example))()
    assert len(seen) > 1, "one status alone compares too little"


def test_every_bundled_channel_has_formulas() -> None:
    assert set(FAMILIES) == set(SETTINGS)
    for key, family in FAMILIES.items():
        assert family.due_per_unit == CHANNELS[key].due_per_unit


@pytest.mark.parametrize("key", SETTINGS)
def test_every_preset_is_known(key: str) -> None:
    schema: Any = CHANNELS[key].settings_schema
    assert json.loads(json.dumps(FAMILIES[key].presets)) == json.loads(json.dumps(schema.presets))


def test_ballots_of_random_sums_are_scored_alike() -> None:
    """Strata, dimensions, quorum and grades under sums that no file would hold."""
    rng = random.Random(7)
    channel, family = CHANNELS["deputies"], FAMILIES["deputies"]
    raw = {
        "options": {"good": "100", "fair": "100/3", "bad": "0"},
        "unscored": ["no_opinion", "unsure"],
        "n_min": 3,
        "shown_as": "rate",
        "dimensions": {"law": "1", "duty": "2.5"},
        "strata": {"city": "2/3", "a/b": "1/3"},
        "quorum": {"at_least": "0.2", "of": "eligible"},
        "grades": [
            {"key": "top", "options": ["good"], "over": "0.5", "of": "valid"},
            {"key": "mid", "options": ["good", "fair"], "at_least": "0.25", "of": "eligible"},
            {"key": "low"},
        ],
    }
    rolls = {("eligible", "city"): 60, ("eligible", "a/b"): 40, ("issued", "city"): 90}
    context = Context(channel.settings_schema().load(raw), YEAR, rolls)
    options = ("good", "fair", "bad", "no_opinion", "unsure", "invalid")
    names = [f"answer/{d}/{o}/{s}" for d in ("law", "duty") for o in options for s in ("city", "a~1b")]
    statuses: Counter[str] = Counter()
    for _ in range(400):
        counts = {name: rng.choice((0, 0, 1, 4, 9)) for name in names}
        counts |= {f"returned/{s}": rng.randint(20, 90) for s in ("city", "a~1b") if rng.random() < 0.7}
        shared = {"issued": 200} if rng.random() < 0.5 else {}
        mine = family.score(counts, shared, raw, DATES, rolls)
        assert tuple(mine) == plugin_score(channel, counts, shared, context)
        statuses[mine.status] += 1
    assert set(statuses) >= {"ok", "void", "inconsistent"}


def rate(
    key: str, raw: dict[str, Any], counts: Counts, rolls: Any = None
) -> tuple[Fraction | None, dict[str, str]]:
    scored = FAMILIES[key].score(counts, {}, raw, DATES, rolls or {})
    return scored.rate, scored.facts


def test_bands_give_the_published_78_04() -> None:
    """Lianyungang's circular: 6 of 7 and 5 of 6, each sub-score rounded before they are added."""
    counts = {"given/signed_on_time/of/whole": 1, "count/signed_on_time": 6, "of/signed_on_time": 7}
    counts |= {"given/on_time/of/whole": 1, "count/on_time": 6, "of/on_time": 7}
    counts |= {"given/satisfied/of/whole": 1, "count/satisfied": 5, "of/satisfied": 6}
    found, facts = rate("hotline_totals", {"preset": "lianyungang", "n_min": 1}, counts)
    assert [facts[f"{name}_score"] for name in ("signed_on_time", "on_time", "satisfied")] == [
        "0.71",
        "10.71",
        "19.17",
    ]
    assert found == Fraction(3059, 5500)


def test_trimmed_panel_drops_both_ends() -> None:
    counts = {f"mark/{mark}": 1 for mark in ("86", "90", "88", "95", "70", "91.5", "89")}
    found, facts = rate("panel", {"scale": "100", "trim": 1, "n_min": 3}, counts)
    assert found == Fraction("4.445") / 5
    assert facts == {"spread": "25", "dropped": "2"}


def test_zhenhai_grades_half_of_the_eligible_as_satisfied() -> None:
    raw = {"preset": ["100/80/30", "zhenhai"], "unscored": [], "n_min": 1, "shown_as": "score"}
    for satisfied, basic, grade in ((10, 0, "satisfied"), (9, 2, "basic"), (9, 1, "dissatisfied")):
        counts = {"answer/overall/satisfied": satisfied, "answer/overall/basic": basic}
        assert rate("deputies", raw, counts, {("eligible", ""): 20})[1]["grade"] == grade


def test_checklist_caps_gates_and_vetoes() -> None:
    raw = {
        "preset": "national",
        "items": [
            {"key": "late", "deduct": "2.5", "cap": "20"},
            {"key": "award", "bonus": "3"},
            {"key": "fire", "veto": True},
        ],
    }
    assert rate("checklist", raw, {"examined": 1, "item/late": 8, "item/award": 9})[0] == Fraction(80, 100)
    assert rate("checklist", raw, {"examined": 1, "item/late": 7, "item/award": 9})[0] == 1
    scored = FAMILIES["checklist"].score({"examined": 1, "item/fire": 1}, {}, raw, DATES, {})
    assert (scored.rate, scored.veto, scored.facts["veto"]) == (Fraction(0), True, "fire")


def test_points_without_reports_count_by_their_answers_alone() -> None:
    raw = {
        "preset": ["100/80/60/0", "50/50"],
        "unscored": [],
        "n_min": 1,
        "shown_as": "rate",
        "dimensions": {"overall": "1"},
    }
    counts = {"answer/overall/satisfied": 2, "answer/overall/basic": 2}
    assert rate("monitoring_points", raw, counts)[0] == Fraction(70, 100)
    counts |= {"reports": 4, "of/resolved": 4, "count/resolved": 4}
    assert rate("monitoring_points", raw, counts)[0] == Fraction(85, 100)


def test_withheld_point_leaves_only_its_own_name_out() -> None:
    family = FAMILIES["monitoring_points"]
    raw = SETTINGS["monitoring_points"][1]
    values = {
        "unit": "u",
        "point": "E/17",
        "stratum": "enterprise",
        "month": "2017-03",
        "answers": {"speed": "no"},
    }
    own, shared = family.tally(values, raw, DATES)
    assert shared == {"point/enterprise/E~117": 1, "month/2017-03/enterprise/E~117": 1}
    del values["point"]
    assert family.tally(values, raw, DATES) == (own, coarse(shared))
    assert coarse(shared) == {"point/enterprise": 1, "month/2017-03/enterprise": 1}
    assert all(name.startswith(family.private_counters) for name in shared)


def test_times_are_compared_as_instants() -> None:
    raw = {"weights": {"signed_on_time": "1"}, "n_min": 1, "sub_score_decimals": 2}
    values = {"unit": "u", "case": "1", "sign_due_at": "2017-03-12T02:30:00-05:00"}
    late, early = "2017-03-12T03:31:00-04:00", "2017-03-12T03:30:00-04:00"
    for signed_at, counted in ((late, False), (early, True)):
        counts, _ = FAMILIES["hotline"].tally({**values, "signed_at": signed_at}, raw, DATES)
        assert ("count/signed_on_time" in counts) == counted


def test_time_at_the_very_end_of_the_period_is_not_over_in_it() -> None:
    raw = {"weights": {"on_time": "1"}, "n_min": 1, "sub_score_decimals": 2}
    for due_at, is_due in (("2017-12-31T23:59:59+08:00", True), ("2018-01-01T00:00:00+08:00", False)):
        counts, _ = FAMILIES["hotline"].tally({"unit": "u", "case": "1", "due_at": due_at}, raw, DATES)
        assert ("of/on_time" in counts) == is_due


@pytest.mark.parametrize("count", [-1, 1.5, "3", True, None])
def test_what_is_no_count_is_refused(count: Any) -> None:
    values = {"unit": "u", "dimension": "overall", "option": "satisfied", "count": count}
    with pytest.raises(ValueError, match="not a count"):
        FAMILIES["weibo"].tally(values, SETTINGS["weibo"][0], DATES)


@pytest.mark.parametrize("mark", ["1/2", "1e3", "NaN", "9²", "", "٣"])
def test_what_is_no_mark_is_refused(mark: str) -> None:
    with pytest.raises(ValueError, match="not a decimal"):
        FAMILIES["partner_score"].score({f"mark/{mark}": 1}, {}, {"scale": "5"}, DATES, {})


def test_facts_are_printed_exactly_beyond_28_digits() -> None:
    marks = {"mark/999999999999.99999999999999999999": 1, "mark/0.5": 1}
    _, facts = rate("panel", {"scale": "1000000000000", "trim": 0, "n_min": 1}, marks)
    assert facts["spread"] == "999999999999.49999999999999999999"
