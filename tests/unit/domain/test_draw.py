"""Draws: repeatable by anyone, blind to order and white space, fair, and refused where they cannot be met."""

from __future__ import annotations

import hashlib
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingyi.domain.draw import Lot, Member, Rule, draw, pool_root, seed_of, shares, ticket_of
from pingyi.domain.errors import Problem

SOURCE = "双色球 2026130 期"
POOL = [Member(f"R{n:04d}", ("企业", "村居", "群众")[n % 3]) for n in range(60)]
RULE = Rule(size=10, alternates=5, source=SOURCE)


def drawn(found, lot=Lot.DRAWN):
    return [one.member.id for one in found if one.lot is lot]


def test_the_same_draw_follows_from_the_words_of_the_rule_alone() -> None:
    seed = hashlib.sha256(pool_root(RULE, POOL) + b"03 08 12 21 26 33 + 05").digest()
    by_hand = sorted(
        (hashlib.sha256(seed + m.id.encode()).hexdigest(), m.id) for m in POOL if m.stratum == "企业"
    )
    found = [one for one in draw(RULE, POOL, "03 08 12 21 26 33 + 05") if one.member.stratum == "企业"]
    assert [(one.ticket, one.member.id) for one in found] == by_hand


def test_neither_the_order_of_the_pool_nor_white_space_nor_width_matters() -> None:
    shuffled = random.Random(1).sample(POOL, len(POOL))
    assert draw(RULE, shuffled, " ０３  08 ") == draw(RULE, POOL, "03 08")


def test_another_value_a_member_more_and_another_source_change_the_draw() -> None:
    base = drawn(draw(RULE, POOL, "1"))
    other = Rule(size=10, alternates=5, source="another")
    assert base != drawn(draw(RULE, POOL, "2"))
    assert base != drawn(draw(RULE, [*POOL, Member("R9999", "企业")], "1"))
    assert base != drawn(draw(other, POOL, "1"))


def test_strata_share_by_largest_remainder_and_alternates_follow_in_order() -> None:
    pool = [Member(f"a{n}", "a") for n in range(50)] + [Member(f"b{n}", "b") for n in range(35)]
    pool += [Member(f"c{n}", "c") for n in range(15)]
    found = draw(Rule(size=10, alternates=10, source=SOURCE), pool, "7")
    assert Counter(one.member.stratum for one in found if one.lot is Lot.DRAWN) == {"a": 5, "b": 4, "c": 1}
    for name in "abc":
        lots = [one.lot for one in found if one.member.stratum == name]
        assert lots == sorted(lots, key=list(Lot).index)
    assert len(drawn(found, Lot.ALTERNATE)) == 10


@given(st.dictionaries(st.text("abc", min_size=1), st.integers(1, 50), min_size=1), st.data())
def test_shares_add_up_and_stay_within_one_of_the_exact_share(sizes, data) -> None:
    total = sum(sizes.values())
    number = data.draw(st.integers(0, total))
    found = shares(number, sizes)
    assert sum(found.values()) == number
    assert all(abs(found[name] * total - number * size) < total for name, size in sizes.items())
    assert all(found[name] <= size for name, size in sizes.items())


def test_every_member_is_drawn_equally_often() -> None:
    rule, rounds = Rule(size=20, source=SOURCE), 2_000
    times = Counter(one for value in range(rounds) for one in drawn(draw(rule, POOL, str(value))))
    # Within a stratum of 20 the quota is 7, 7 or 6 of 20.
    quotas = shares(20, Counter(member.stratum for member in POOL))
    chi_squared = sum(
        (times[m.id] - rounds * quotas[m.stratum] / 20) ** 2
        / (rounds * quotas[m.stratum] / 20 * (1 - quotas[m.stratum] / 20))
        for m in POOL
    )
    assert 30 < chi_squared < 95


def test_a_seed_and_a_ticket_are_plain_sha_256() -> None:
    assert seed_of(b"\0" * 32, " 1  2 ") == hashlib.sha256(b"\0" * 32 + b"1 2").digest()
    assert ticket_of(b"\1" * 32, "甲") == hashlib.sha256(b"\1" * 32 + "甲".encode()).hexdigest()


@pytest.mark.parametrize(
    ("rule", "pool", "code"),
    [
        (Rule(size=1, source=SOURCE), [Member("a"), Member("a")], "member_invalid"),
        (Rule(size=1, source=SOURCE), [Member("")], "member_invalid"),
        (Rule(size=3, source=SOURCE), [Member("a"), Member("b")], "size_invalid"),
        (Rule(size=0, source=SOURCE), [Member("a")], "size_invalid"),
        (Rule(size=1, source=" "), [Member("a")], "source_missing"),
        (Rule(size=2, source=SOURCE, quotas={"": 1}), [Member("a"), Member("b")], "quotas_invalid"),
        (Rule(size=1, source=SOURCE, quotas={"x": 1}), [Member("a")], "quotas_invalid"),
    ],
)
def test_a_pool_or_rule_that_cannot_be_drawn_is_refused_with_the_reason(rule, pool, code) -> None:
    with pytest.raises(Problem) as refused:
        draw(rule, pool, "1")
    assert code in {error.code for error in refused.value.errors}
