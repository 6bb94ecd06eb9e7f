"""Ballots: validity, quorum, grades, strata, dimensions, and the speed of their scoring."""

import random
import time
from fractions import Fraction
from typing import Any

import pytest

from pingyi.channels import Channel, Context, Share, Tally
from pingyi.channels.messages import text_of

TWO: dict[str, Any] = {"options": {"yes": "100", "no": "0"}, "unscored": [], "n_min": 1, "shown_as": "rate"}
HALF = {**TWO, "quorum": {"over": "0.5", "of": "eligible"}}


def answers(**counts: int) -> list[dict[str, Any]]:
    return [{"option": option, "count": count} for option, count in counts.items()]


def test_more_returned_than_issued_is_void(evaluate: Any) -> None:
    score = evaluate("deputies", TWO, answers(yes=10, issued=20, returned=21))
    assert (score.status, score.rate) == ("void", None)
    assert evaluate("deputies", TWO, answers(yes=21, issued=20)).status == "void"


def test_one_stratum_with_more_returned_than_issued_voids_all(evaluate: Any) -> None:
    settings = {**TWO, "strata": {"a": "0.5", "b": "0.5"}}
    rows = [
        {"option": "yes", "stratum": "a", "count": 5},
        {"option": "issued", "stratum": "a", "count": 5},
        {"option": "returned", "stratum": "a", "count": 6},
        {"option": "issued", "stratum": "b", "count": 50},
    ]
    assert evaluate("deputies", settings, rows).status == "void"


def test_stratum_with_more_answers_than_ballots_is_not_hidden_by_another(evaluate: Any) -> None:
    settings = {**TWO, "strata": {"a": "0.5", "b": "0.5"}}
    rows = [{"option": "yes", "stratum": "a", "count": 6}]
    rolls = {("issued", "a"): 5, ("issued", "b"): 50}
    assert evaluate("deputies", settings, rows, rolls=rolls).status == "void"
    returned = [{"option": "returned", "stratum": name, "count": 5} for name in "ab"]
    assert evaluate("deputies", settings, [*rows, *returned]).status == "inconsistent"


def test_more_answers_than_returned_ballots_are_inconsistent(evaluate: Any) -> None:
    assert evaluate("deputies", TWO, answers(yes=10, no_answer=1, returned=10)).status == "inconsistent"


def test_own_turnout_beats_the_shared_and_that_the_roll(evaluate: Any) -> None:
    shared = [{"unit": "", "option": "issued", "count": 40}]
    rolls = {("issued", ""): 90}
    own = evaluate("deputies", TWO, [*shared, *answers(yes=10, issued=20)], rolls=rolls)
    assert own.facts["issued"] == 20
    assert evaluate("deputies", TWO, [*shared, *answers(yes=10)], rolls=rolls).facts["issued"] == 40
    assert evaluate("deputies", TWO, answers(yes=10), rolls=rolls).facts["issued"] == 90


@pytest.mark.parametrize(("returned", "status"), [(14, "below_quorum"), (15, "ok")])
def test_quorum_of_more_than_half_counts_returned_ballots(evaluate: Any, returned: int, status: str) -> None:
    rows = answers(yes=returned - 1, no_answer=1)
    score = evaluate("deputies", HALF, rows, rolls={("eligible", "a"): 20, ("eligible", "b"): 9})
    assert score.status == status
    assert score.facts["eligible"] == 29


def test_quorum_against_an_unknown_roll_is_never_reached(channels: dict[str, Channel], evaluate: Any) -> None:
    assert evaluate("deputies", HALF, answers(yes=100)).status == "below_quorum"
    loaded = channels["deputies"].settings_schema().load(HALF)
    assert channels["deputies"].needs(loaded) == {"eligible"}
    assert channels["deputies"].needs(channels["deputies"].settings_schema().load(TWO)) == frozenset()


@pytest.mark.parametrize(
    ("yes", "so_so", "grade"), [(15, 0, "satisfied"), (14, 1, "basic"), (14, 0, "dissatisfied")]
)
def test_grade_is_the_first_whose_threshold_is_reached(
    evaluate: Any, yes: int, so_so: int, grade: str
) -> None:
    settings = {"preset": ["100/80/30", "zhenhai"], "unscored": [], "n_min": 1, "shown_as": "score"}
    rows = answers(satisfied=yes, basic=so_so, dissatisfied=29 - yes - so_so)
    score = evaluate("deputies", settings, rows, rolls={("eligible", ""): 29})
    assert score.facts["grade"] == grade


def test_unscored_answers_and_paper_never_score(evaluate: Any) -> None:
    settings = {**TWO, "unscored": ["no_opinion"]}
    score = evaluate("web_poll", settings, answers(yes=3, no=1, no_opinion=4, invalid=2, withheld=5))
    assert score.rate == Fraction(3, 4)
    assert (score.n, score.facts["valid"], score.facts["returned"]) == (4, 4, 15)
    assert score.facts["no_opinion_share"] == Share(4, 8)


def test_only_unscored_answers_are_too_few_and_no_zero(evaluate: Any) -> None:
    score = evaluate("web_poll", {**TWO, "unscored": ["no_opinion"], "n_min": 0}, answers(no_opinion=9))
    assert (score.status, score.rate, score.n) == ("too_few", None, 0)


def test_empty_stratum_and_empty_dimension_spread_their_weight(evaluate: Any) -> None:
    settings = {**TWO, "strata": {"a": "0.2", "b": "0.3", "c": "0.5"}, "dimensions": {"d": "1", "e": "3"}}
    rows = [
        {"stratum": "a", "dimension": "e", "option": "yes", "count": 1},
        {"stratum": "b", "dimension": "e", "option": "yes", "count": 1},
        {"stratum": "b", "dimension": "e", "option": "no", "count": 1},
    ]
    score = evaluate("web_poll", settings, rows)
    assert score.rate == Fraction(2, 5) + Fraction(3, 5) / 2
    assert [sample.weight for sample in score.samples] == [Fraction(2, 5), Fraction(3, 5)]
    assert {sample.block for sample in score.samples} == {"e"}


def test_several_dimensions_weigh_their_pooled_rates(evaluate: Any) -> None:
    settings = {**TWO, "dimensions": {"d": "1", "e": "3"}}
    rows = [{"dimension": "d", "option": "yes", "count": 2}, {"dimension": "d", "option": "no", "count": 2}]
    rows.append({"dimension": "e", "option": "no", "count": 6})
    score = evaluate("web_poll", settings, rows)
    assert score.rate == Fraction(1, 8)
    assert (score.n, score.facts["d_score"], score.facts["yes_share"]) == (6, Share(2, 4), Share(2, 10))


def test_roster_sample_knows_its_population(evaluate: Any) -> None:
    settings = {**TWO, "strata": {"a": "0.5", "b": "0.5"}}
    rows = [{"stratum": name, "option": "yes", "count": 4} for name in "ab"]
    rolls = {("eligible", "a"): 24, ("eligible", "b"): 40}
    score = evaluate("cppcc", settings, rows, rolls=rolls)
    assert [sample.population for sample in score.samples] == [24, 40]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"unit": "", "option": "yes", "count": 1}, "unit"),
        ({"option": "maybe", "count": 1}, "option"),
        ({"option": "no_opinion", "count": 1}, "option"),
        ({"option": "yes", "count": "1.5"}, "count"),
        ({"option": "yes", "count": 10**12 + 1}, "count"),
        ({"option": "yes", "count": 1, "dimension": "speed"}, "dimension"),
        ({"option": "returned", "count": 1, "dimension": "overall"}, "dimension"),
    ],
)
def test_row_that_is_not_of_this_ballot_is_refused(
    channels: dict[str, Channel], row: dict[str, Any], column: str
) -> None:
    channel = channels["web_poll"]
    context = Context(channel.settings_schema().load(TWO))
    messages = channel.entry_schema(context).validate({"unit": "u", **row})
    assert list(messages) == [column]
    assert text_of(messages[column][0]).zh != messages[column][0]


def test_empty_dimension_is_the_only_one(channels: dict[str, Channel]) -> None:
    channel = channels["web_poll"]
    context = Context(channel.settings_schema().load({**TWO, "dimensions": {"speed": "1"}}))
    row = {"unit": "u", "option": "yes", "count": 1}
    named = channel.entry_schema(context).load({**row, "dimension": "speed"})
    assert channel.entry_schema(context).load(row) == named


def test_five_dimensions_of_five_options_score_within_the_budget(channels: dict[str, Channel]) -> None:
    channel = channels["mobile_qr"]
    dimensions = dict.fromkeys(("law", "duty", "speed", "attitude", "honesty"), "1")
    settings = {"preset": "100/80/60/30/0", "unscored": ["no_opinion"], "n_min": 30, "shown_as": "rate"}
    context = Context(channel.settings_schema().load({**settings, "dimensions": dimensions}))
    draw = random.Random(2017)
    options = [*context.settings["options"], "no_opinion"]
    names = [("answer", key, option) for key in dimensions for option in options]
    tally = Tally.of({name: draw.randint(1, 500) for name in names})
    best = per_fraction = 1.0
    for _ in range(20):
        start = time.process_time()
        for _ in range(200):
            channel.score(tally, context)
        best = min(best, (time.process_time() - start) / 200)
        start = time.process_time()
        for _ in range(2000):
            Fraction(24667009, 159800)
        per_fraction = min(per_fraction, (time.process_time() - start) / 2000)
    assert best < 90 * per_fraction
