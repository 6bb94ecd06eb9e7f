"""Every sentence is said in Chinese and English; what cannot be read becomes one too."""

from __future__ import annotations

import binascii
import csv
import json
import tomllib
from typing import NamedTuple

GARBAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,  # and with it RecursionError
    TypeError,
    ValueError,  # and with it what JSON, TOML, base64 and text decoding raise
    csv.Error,
)


class Text(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str


class UnfitError(Exception):
    """A part of the folder cannot be used; its sentence says why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(zh, en)


def reason(error: BaseException) -> Text:
    """Why something could not be read, in words where the kind is known."""
    detail = f"{error}"[:160]
    known: dict[type[BaseException], Text] = {
        KeyError: Text(zh=f"缺少 {detail}", en=f"{detail} is missing"),
        UnicodeError: Text(zh="不是 UTF-8 文字", en="not text in UTF-8"),
        json.JSONDecodeError: Text(zh=f"不是 JSON：{detail}", en=f"not JSON: {detail}"),
        tomllib.TOMLDecodeError: Text(zh=f"不是 TOML：{detail}", en=f"not TOML: {detail}"),
        binascii.Error: Text(zh="不是 base64", en="not base64"),
        RecursionError: Text(zh="层次过深", en="nested too deep"),
    }
    as_it_is = Text(f"{type(error).__name__}: {detail}", f"{type(error).__name__}: {detail}")
    return next((text for kind, text in known.items() if isinstance(error, kind)), as_it_is)
