"""Codes that are changed from a model are those that would be encoded anew."""

from __future__ import annotations

import hashlib

import pytest
import segno

from pingyi_surveys.casting.page_html import short_code
from pingyi_surveys.casting.qr import QrCodes, qr_codes

MODEL = "0000-0000-00"
ENDS = [short_code(hashlib.sha256(bytes([n])).hexdigest()) for n in range(64)]


@pytest.mark.parametrize(
    "start", ["http://x/r/", "https://pingyi.example.gov.cn/r/", "https://政风.example/r/"]
)
def test_every_module_is_that_of_the_encoder(start: str) -> None:
    squares = QrCodes(start, MODEL)
    for end in ENDS:
        drawn = segno.make_qr(start + end, error="m", mode="byte", mask=squares.mask, boost_error=False)
        assert len(drawn.matrix) == squares.size
        assert rows_of(squares, end) == [tuple(row) for row in drawn.matrix]


def rows_of(squares: QrCodes, end: str) -> list[tuple[int, ...]]:
    wide = -(-squares.size // 8) * 8
    bits = f"{squares.modules(end):0{wide * squares.size}b}"
    return [tuple(map(int, bits[at : at + squares.size])) for at in range(0, len(bits), wide)]


def test_strokes_draw_the_modules() -> None:
    squares = qr_codes("http://x/r/", MODEL)
    path = squares.svg(ENDS[0]).partition('d="')[2].partition('"')[0]
    assert painted(path, squares.size) == rows_of(squares, ENDS[0])


def painted(path: str, size: int) -> list[tuple[int, ...]]:
    """The modules that a path of relative strokes covers."""
    rows = [[0] * size for _ in range(size)]
    x, y = 0, 0
    for word in path.removeprefix("M0 .5").replace("h", "|h").replace("m", "|m").split("|")[1:]:
        if word[0] == "h":
            for at in range(x, x + int(word[1:])):
                rows[y][at] = 1
            x += int(word[1:])
        else:
            right, down = map(int, word[1:].split())
            x, y = x + right, y + down
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("end", ["", "0000-0000-0", "0000-0000-0é", "0000-0000-000"])
def test_address_of_another_shape_is_refused(end: str) -> None:
    with pytest.raises(ValueError, match="one length"):
        qr_codes("http://x/r/", MODEL).modules(end)
