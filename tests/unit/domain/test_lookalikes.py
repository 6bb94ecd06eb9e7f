"""Names that nobody can read or tell apart, and those that only share letters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingyi.domain.lookalikes import without_digits_like_letters
from pingyi.domain.names import read_alike, reads_as, spelled_out, unseen_in

UNSEEN = "\u200b\u200c\u200d\u200e\u202a\u202e\u2066\u2069\ufeff"
UNSEEN += "\u00ad\u2060\u3164\u115f\u2800\ufe0f\U000e0100\u061c"


@pytest.mark.parametrize("letter", [*UNSEEN, *"\n\r\t\0\x1b\x7f\x85\u2028\u2029"])
def test_unseen_letters_are_named_wherever_they_stand(letter: str) -> None:
    for name in (letter, f"{letter}市教育局", f"市教{letter}育局", f"市教育局{letter}"):
        message = unseen_in(name)
        assert (
            message is not None
            and f"U+{ord(letter):04X}" in message.zh
            and f"U+{ord(letter):04X}" in message.en
        )
        assert unseen_in(spelled_out(name)) is None


@pytest.mark.parametrize(
    "name",
    ["", "市教育局", "City Bureau (No. 2)", "3·15中心", "市　教育局", "ئاپتونوم رايون", "𠮷野", "馬鞍山"],
)
def test_what_people_read_is_left_alone(name: str) -> None:
    assert unseen_in(name) is None and spelled_out(name) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("市教育局", "市敎育局"),
        ("市教育局", "市 教育局"),
        ("市教育局", "市教\u200b育局"),
        ("第一中学", "第⼀中学"),
        ("第一中学", "第—中学"),
        ("第一中学", "第ー中学"),
        ("第一中学", "第㇐中学"),
        ("人民医院", "⼈民医院"),
        ("民政局", "⺠政局"),
        ("路口办", "路ロ办"),
        ("市户籍处", "市戸籍处"),
        ("ABC公司", "ＡＢＣ公司"),
        ("ABC公司", "АВС公司"),
        ("ABO公司", "ΑΒΟ公司"),
        ("A1科", "Al科"),
        ("A1科", "AI科"),
        ("103医院", "1O3医院"),
        ("modern公司", "modem公司"),
        ("樂山市局", "乐山市局"),
        ("㈱办", "(株)办"),
    ],
)
def test_names_drawn_alike_read_alike(one: str, other: str) -> None:
    assert read_alike(one, other) and read_alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("市公安局", "市公安分局"),
        ("第一中学", "第二中学"),
        ("第一中学", "第七中学"),
        ("3·15中心", "315中心"),
        ("科1-2", "科12"),
        ("C科", "C++科"),
        ("办公室(1)", "办公室(2)"),
        ("未央区局", "末央区局"),
        ("——", "…"),
        ("", ""),
    ],
)
def test_other_names_stay_apart(one: str, other: str) -> None:
    assert read_alike(one, other) == (one == other)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.sampled_from(UNSEEN))
def test_what_nobody_sees_never_tells_two_names_apart(name: str, letter: str) -> None:
    assert read_alike(letter + name, name + letter) or not any(reads_as(name))


@given(st.text(alphabet="市教育局ABCabcα一—123·-", max_size=12))
def test_width_and_script_never_tell_two_names_apart(name: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isascii() else letter for letter in name)
    assert unicodedata.normalize("NFKC", wide) == unicodedata.normalize("NFKC", name)
    assert reads_as(wide) == reads_as(name)


@pytest.mark.parametrize(
    ("one", "other"), [("admin1", "adminl"), ("zhao0", "zhaoo"), ("rnary", "mary"), ("vvang", "wang")]
)
def test_logins_drawn_alike_are_one_and_others_are_not(one: str, other: str) -> None:
    assert without_digits_like_letters(one) == without_digits_like_letters(other)
    assert without_digits_like_letters("li.wei") != without_digits_like_letters("li_wei")
