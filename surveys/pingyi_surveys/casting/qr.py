"""QR codes of many addresses that differ in a few characters, drawn without encoding each anew.

For one version, level and mask every module of a QR code is a sum over GF(2) of bits of its text: data, error
correction (Reed-Solomon is linear) and mask alike. So the code of an address is the code of a model address,
changed by what each character that differs changes; what a character changes is found once, by drawing it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final

import segno
from markupsafe import Markup

_ERROR: Final = "m"


@dataclass(slots=True)
class QrCodes:
    """The codes of all addresses `start` and then as many characters as `model` has, all of them ASCII."""

    start: str
    model: str
    mask: int = 0
    size: int = 0
    _modules: int = 0
    _changes: dict[tuple[int, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        drawn = segno.make_qr(self.start + self.model, error=_ERROR, mode="byte", boost_error=False)
        self.mask, self.size = drawn.mask, len(drawn.matrix)
        self._modules = self._of(self.model)

    def modules(self, end: str) -> int:
        """The modules of an address, row by row, dark ones set, each row filled up to whole bytes.

        ValueError for an end of another length, or with other characters than ASCII.
        """
        if len(end) != len(self.model) or not end.isascii():
            raise ValueError("the addresses of one start have one length and are ASCII")
        found = self._modules
        for at, (here, there) in enumerate(zip(end, self.model, strict=True)):
            if here != there:
                found ^= self._change(at, here)
        return found

    def svg(self, end: str) -> Markup:
        """The code as inline SVG."""
        wide = -(-self.size // 8)
        content = self.modules(end).to_bytes(wide * self.size, "big")
        strokes = _strokes()
        rows = [
            "".join([strokes[byte] for byte in content[at : at + wide]])
            for at in range(0, len(content), wide)
        ]
        path = f"m-{8 * wide} 1".join(rows)
        box = f'viewBox="0 0 {self.size} {self.size}"'
        drawn = f'<svg {box} class="qr"><path stroke="#000" d="M0 .5{path}"/></svg>'
        return Markup(drawn)  # noqa: S704 - strokes only: the address is not in it as text

    def _change(self, at: int, character: str) -> int:
        found = self._changes.get((at, character))
        if found is None:
            changed = self.model[:at] + character + self.model[at + 1 :]
            found = self._changes[at, character] = self._of(changed) ^ self._modules
        return found

    def _of(self, end: str) -> int:
        drawn: Any = segno.make_qr(
            self.start + end, error=_ERROR, mode="byte", mask=self.mask, boost_error=False
        )
        room = -len(drawn.matrix) % 8
        rows = ("".join("1" if module & 1 else "0" for module in row) + "0" * room for row in drawn.matrix)
        return int("".join(rows), 2)


@lru_cache(maxsize=16)
def qr_codes(start: str, model: str) -> QrCodes:
    """The codes of one start, kept from call to call."""
    return QrCodes(start, model)


@cache
def _strokes() -> tuple[str, ...]:
    """For every eight modules the strokes that draw them and end behind them."""
    return tuple(_stroke(byte) for byte in range(256))


def _stroke(byte: int) -> str:
    bits, at, found = f"{byte:08b}", 0, ""
    while at < len(bits):
        end = at + 1
        while end < len(bits) and bits[end] == bits[at]:
            end += 1
        found += f"h{end - at}" if bits[at] == "1" else f"m{end - at} 0"
        at = end
    return found
