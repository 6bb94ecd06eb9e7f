"""The signed code of a window: short, read back, and never made by anybody else."""

from __future__ import annotations

import pytest

from pingyi.domain.errors import Problem
from pingyi_surveys.setup.window_codes import Code, code_of, read_code

SECRET = "a secret of the house"
CODES = (Code(1, 1, 1), Code(7, 84, 0), Code(300, 70_000, 12_345_678), Code(2**63 - 1, 0, 2**63 - 1))


@pytest.mark.parametrize("code", CODES)
def test_read_code_any_numbers_come_back(code: Code) -> None:
    assert read_code(SECRET, code_of(SECRET, code)) == code


def test_code_of_an_ordinary_window_stays_short() -> None:
    assert len(code_of(SECRET, Code(120, 100, 99))) == 18
    assert len(code_of(SECRET, Code(16_000, 16_000, 16_000))) <= 22


def test_read_code_every_altered_character_is_refused() -> None:
    code = code_of(SECRET, Code(3, 17, 42))
    for place in range(len(code)):
        for letter in "AZaz09-_=+/ é":
            altered = code[:place] + letter + code[place + 1 :]
            if altered != code:
                with pytest.raises(Problem) as refused:
                    read_code(SECRET, altered)
                assert (refused.value.code, refused.value.status) == ("not_found", 404)


@pytest.mark.parametrize(
    "text", ["", "A", "AAAA", "é", "A" * 500, "=", "....", "\N{FULLWIDTH DIGIT ONE}" * 18]
)
def test_read_code_anything_else_is_not_found_in_both_languages(text: str) -> None:
    with pytest.raises(Problem) as refused:
        read_code(SECRET, text)
    assert refused.value.status == 404
    assert "重新扫码" in refused.value.message.zh
    assert "scan" in refused.value.message.en


def test_read_code_of_another_house_is_refused() -> None:
    with pytest.raises(Problem):
        read_code("another secret", code_of(SECRET, Code(3, 17, 42)))


def test_read_code_written_in_another_way_is_refused() -> None:
    code = code_of(SECRET, Code(3, 17, 42))
    for other in (code + "=", code + "==", code + "\n", f" {code}", code.swapcase()):
        with pytest.raises(Problem):
            read_code(SECRET, other)


def test_code_of_numbers_the_database_cannot_hold_are_refused() -> None:
    for code in (Code(-1, 0, 0), Code(0, 2**63, 0)):
        with pytest.raises(ValueError, match="63 bits"):
            code_of(SECRET, code)
