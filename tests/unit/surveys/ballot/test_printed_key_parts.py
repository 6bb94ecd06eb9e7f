"""The box secret on paper: typed back, and every kind of slip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingyi.domain.errors import Problem
from pingyi_surveys.ballot.printed_key_parts import ALPHABET, GROUPS, Part, join, print_part, split, type_part

SECRETS = st.binary(min_size=32, max_size=32)
PARTS = st.sampled_from([1, 2])


def wrong_groups(typed: str, part: Part) -> list[int]:
    with pytest.raises(Problem, match="key_part_mistyped") as caught:
        type_part(typed, part)
    return [int(error.pointer.rpartition("/")[2]) for error in caught.value.errors]


@given(SECRETS)
def test_both_parts_give_the_secret_and_neither_alone(secret: bytes) -> None:
    first, second = split(secret)
    assert join(first, second) == secret
    assert secret not in {first, second}


@given(SECRETS, PARTS)
def test_part_typed_back_is_the_part(content: bytes, part: Part) -> None:
    groups = print_part(content, part)
    assert (len(groups), {len(group) for group in groups}) == (GROUPS, {5})
    assert type_part(" ".join(groups), part) == content


def test_part_may_be_typed_in_small_letters_with_look_alikes_and_hyphens() -> None:
    groups = print_part(bytes(32), 1)
    typed = "\n".join(f"{group[:2]}-{group[2:]}" for group in groups).lower()
    assert "0" in typed
    assert "1" in typed
    assert type_part(typed.replace("0", "o").replace("1", "l"), 1) == bytes(32)


@given(SECRETS, PARTS, st.integers(0, GROUPS - 1), st.integers(0, 4), st.sampled_from(ALPHABET))
def test_one_wrong_character_names_its_group(
    content: bytes, part: Part, place: int, at: int, other: str
) -> None:
    groups = list(print_part(content, part))
    group = groups[place]
    groups[place] = group[:at] + other + group[at + 1 :]
    if groups[place] != group:
        assert wrong_groups(" ".join(groups), part) == [place]


@given(SECRETS, PARTS, st.integers(0, GROUPS - 1), st.integers(0, 3))
def test_two_swapped_neighbours_name_their_group(content: bytes, part: Part, place: int, at: int) -> None:
    groups = list(print_part(content, part))
    group = groups[place]
    groups[place] = group[:at] + group[at + 1] + group[at] + group[at + 2 :]
    if groups[place] != group:
        assert wrong_groups(" ".join(groups), part) == [place]


@given(SECRETS, PARTS, st.integers(0, GROUPS - 1), st.integers(0, GROUPS - 1))
def test_swapped_groups_are_both_named(content: bytes, part: Part, one: int, other: int) -> None:
    groups = list(print_part(content, part))
    groups[one], groups[other] = groups[other], groups[one]
    if one != other:
        assert wrong_groups(" ".join(groups), part) == sorted({one, other})


@given(SECRETS)
def test_sheet_of_the_other_part_is_noticed_in_every_group(content: bytes) -> None:
    assert wrong_groups(" ".join(print_part(content, 1)), 2) == list(range(GROUPS))


@given(SECRETS, SECRETS, PARTS, st.integers(0, GROUPS - 2))
def test_group_of_another_sheet_is_noticed_by_the_last(
    content: bytes, other: bytes, part: Part, place: int
) -> None:
    groups, foreign = list(print_part(content, part)), print_part(other, part)
    if groups[place] != foreign[place] and groups[-1] != foreign[-1]:
        groups[place] = foreign[place]
        assert wrong_groups(" ".join(groups), part) == [GROUPS - 1]


def test_missing_and_left_over_groups_are_named() -> None:
    groups = print_part(bytes(32), 1)
    assert wrong_groups(" ".join(groups[:-2]), 1) == [12, 13]
    assert wrong_groups(" ".join((*groups, "00000")), 1) == [14]
    assert wrong_groups("", 1) == list(range(GROUPS))


@pytest.mark.parametrize("group", ["U0000", "000", "000000", "0000é", "٠٠٠٠٠"])
def test_group_of_another_shape_is_named(group: str) -> None:
    groups = [group, *print_part(bytes(32), 1)[1:]]
    assert wrong_groups(" ".join(groups), 1) == [0]


def test_part_of_another_length_is_not_printed() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        print_part(bytes(31), 1)
