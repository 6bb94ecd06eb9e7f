"""Who gets a card, and of which stratum."""

from __future__ import annotations

import random

import pytest

from pingyi.domain.errors import Problem
from pingyi_surveys.ballot.card_codes import write_card
from pingyi_surveys.setup.card_hashes import card_hash
from pingyi_surveys.setup.recipients import (
    IssuedCard,
    Recipient,
    deal,
    read_addresses,
    read_cards,
    read_contacts,
)


def people(*strata: str) -> list[Recipient]:
    return [Recipient(n, f"a{n}@b.example", f"R{n}", stratum) for n, stratum in enumerate(strata)]


def cards(**amounts: int) -> list[IssuedCard]:
    return [
        IssuedCard(f"{stratum}-{n}", stratum.replace("none", ""))
        for stratum, amount in amounts.items()
        for n in range(amount)
    ]


def test_deal_strata_of_the_draw_take_cards_of_their_own_stratum() -> None:
    dealt, left = deal(people("a", "b", "a"), cards(a=3, b=1), random.Random(1).shuffle)
    assert [(one.stratum, card.stratum) for one, card in dealt] == [("a", "a"), ("b", "b"), ("a", "a")]
    assert [card.stratum for card in left] == ["a"]
    assert len({card.link for _, card in dealt}) == 3


def test_deal_cards_without_strata_are_shared() -> None:
    dealt, left = deal(people("a", "b", ""), cards(none=3), random.Random(1).shuffle)
    assert (len(dealt), left) == (3, [])


def test_deal_plain_addresses_take_cards_of_one_stratum_only() -> None:
    assert len(deal(people("", ""), cards(a=2), random.Random(1).shuffle)[0]) == 2
    with pytest.raises(Problem, match="cards_too_few"):
        deal(people("", ""), cards(a=2, b=2), random.Random(1).shuffle)


def test_deal_a_stratum_without_enough_cards_is_named() -> None:
    with pytest.raises(Problem) as refused:
        deal(people("a", "b", "b"), cards(a=5, b=1), random.Random(1).shuffle)
    assert refused.value.message.en.startswith("Too few cards: 1 more are needed (strata: b)")


def test_deal_leaves_the_order_of_the_file_behind() -> None:
    orders = set()
    for seed in range(20):
        dealt, _ = deal(people(*["a"] * 8), cards(a=8), random.Random(seed).shuffle)
        orders.add(tuple(card.link for _, card in dealt))
    assert len(orders) == 20


def test_read_addresses_skips_a_heading_and_empty_lines_and_counts_all() -> None:
    listed = read_addresses([["邮箱", "单位"], ["a@b.example", "x"], [""], [" c@d.example "]])
    assert [(one.line, one.address) for one in listed.people] == [(2, "a@b.example"), (4, "c@d.example")]
    assert listed.heading == ("邮箱", "单位")


@pytest.mark.parametrize(
    "title",
    [
        "邮箱",
        "电子邮件",
        "電子郵箱",
        "Email",
        "E-Mail",
        "ＥＭＡＩＬ",
        "电子邮箱（必填）",
        "邮件 地址",
        "Address",
    ],
)
def test_read_addresses_reads_columns_by_their_heading_wherever_they_stand(title: str) -> None:
    rows = [
        ["区人大代表通讯录", "", "", ""],
        ["序号", "姓名", "工作单位", title],
        ["1", "张 三", "市教育局", "zhang@b.example"],
        ["2", "", "市水务局", "li@b.example"],
    ]
    listed = read_addresses(rows)
    assert [(one.line, one.address, one.name) for one in listed.people] == [
        (3, "zhang@b.example", "张 三"),
        (4, "li@b.example", ""),
    ]
    assert listed.people[0].cells == ("1", "张 三", "市教育局", "zhang@b.example")


def test_read_addresses_without_a_heading_takes_the_first_column() -> None:
    assert [one.address for one in read_addresses([["a@b.example", "x@y.example"]]).people] == ["a@b.example"]


@pytest.mark.parametrize(
    ("rows", "row", "words"),
    [
        ([["联系方式", "备注"], ["a@b.example", ""]], 1, "“邮箱”"),
        ([["邮箱", "电子邮件"], ["a@b.example", "a@b.example"]], 1, "“邮箱、电子邮件”"),
        ([["姓名", "邮箱"], ["张三", "a＠b.example"]], 2, "不是一个邮件地址"),
        ([["姓名", "邮箱"], ["张三", ""]], 2, "不是一个邮件地址"),
        ([["姓名", "邮箱"], ["张三", "a@b.example"], ["李四", "A@B.example"]], 3, "重复"),
    ],
)
def test_a_list_that_cannot_be_meant_so_is_refused_by_row(
    rows: list[list[str]], row: int, words: str
) -> None:
    with pytest.raises(Problem) as refused:
        read_addresses(rows)
    (error,) = refused.value.errors
    assert error.row == row
    assert words in error.message.zh
    assert "@" not in error.message.zh + error.message.en


def test_read_contacts_takes_id_and_address_by_heading_in_any_order() -> None:
    listed = read_contacts([["电子邮件", "代表编号"], ["a@b.example", "R7"]])
    assert [(one.member, one.address) for one in listed.people] == [("R7", "a@b.example")]
    with pytest.raises(Problem) as refused:
        read_contacts([["电子邮件", "姓名"], ["a@b.example", "R7"]])
    assert "“编号”" in refused.value.errors[0].message.zh


def test_read_contacts_a_member_twice_is_refused_by_line() -> None:
    with pytest.raises(Problem) as refused:
        read_contacts([["R1", "a@b.example"], ["R1", "c@d.example"], ["R2"]])
    assert [error.row for error in refused.value.errors] == [2, 3]
    assert all("@" not in error.message.en + error.message.zh for error in refused.value.errors)


def test_read_cards_only_links_of_registered_cards_are_taken() -> None:
    known, unknown = bytes(16), bytes([1] * 16)
    registered = {card_hash(known): "a"}
    link = f"https://ballots.example/c/{write_card(known)}"
    assert read_cards([link, ""], registered) == [IssuedCard(link, "a")]
    for lines in ([link, link], [link, f"https://ballots.example/c/{write_card(unknown)}"], ["x"], []):
        with pytest.raises(Problem, match="links_invalid"):
            read_cards(lines, registered)
