"""What a spreadsheet's number format makes of a number: percent, a date, digits that are not shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from pingyi.services.spreadsheets.sheet_cells import TypedCell

MOST_DIGITS = 15
MOST_PLACES = 40
_BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy/m/d",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy/m/d h:mm",
    37: "#,##0",
    38: "#,##0",
    39: "#,##0.00",
    40: "#,##0.00",
    41: "#,##0",
    42: "#,##0",
    43: "#,##0.00",
    44: "#,##0.00",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
    # What Chinese editions call by number alone.
    **dict.fromkeys((27, 36, 50, 52, 57), 'yyyy"年"m"月"'),
    **dict.fromkeys((28, 29, 51, 53, 54, 58), 'm"月"d"日"'),
    30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"',
    **dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm:ss"),
}
# Text in quotes, an escaped sign, a space as wide as a sign, a repeated sign, something in brackets.
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_(.)|\*(.)|\[([^\]]*)\]')
_DIGITS = re.compile(r"([#0?,]*)(?:\.([#0?]*))?(,*)")
_CLOCK = re.compile(r"[hs]|AM/PM|A/P|上午/下午", re.IGNORECASE)
_CONDITION = re.compile(r"[<>=]")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """One format, taken apart. `kind`: plain (as it is), fixed, percent, date, month, time or unknown.

    A fixed one and a percentage show `decimals` (`least` of them even where they are 0), at least `digits`
    before the point, divided by 1000 `thousands` times, between two texts.
    """

    kind: str
    decimals: int = 0
    least: int = 0
    digits: int = 1
    grouped: bool = False
    thousands: int = 0
    before: str = ""
    after: str = ""


PLAIN = NumberFormat("plain")
UNKNOWN = NumberFormat("unknown")


def built_in(number: int) -> str:
    """The code of a format that files name by number alone."""
    return _BUILT_IN.get(number, "General" if number < 164 else "?")


@cache
def parse_format(code: str) -> NumberFormat:
    """Take a format's code apart; of several sections the one for positive numbers."""
    if code.strip().lower() in {"", "general", "@", "g/通用格式", "通用格式", "standard"}:
        return PLAIN
    section, marks = _without_literals(code)
    if _CONDITION.search(marks):
        return UNKNOWN
    bare = section.replace("\0", "")
    if _ELAPSED.fullmatch(marks):
        return NumberFormat("time")
    if "e+" in bare.lower() or "e-" in bare.lower() or "/" in _of_digits(bare):
        return UNKNOWN
    found = _of_dates(bare)
    return found or _of_numbers(section)


def _without_literals(code: str) -> tuple[str, str]:
    """The first section with each literal between NULs, and what stands in its brackets."""
    marks: list[str] = []

    def plain(match: re.Match[str]) -> str:
        quoted, escaped, _space, _fill, bracket = match.groups()
        if bracket is not None:
            if bracket.startswith("$"):
                return f"\0{bracket[1:].partition('-')[0]}\0"
            if _CONDITION.match(bracket) or _ELAPSED.fullmatch(bracket):
                marks.append(bracket)
            return ""
        literal = quoted if quoted is not None else escaped or ""
        return "\0" + literal.replace(";", "；") + "\0"

    section = _LITERAL.sub(plain, code).partition(";")[0]
    return section, "".join(marks)


def _of_digits(bare: str) -> str:
    return bare if re.search(r"[0#?]\s*/|/\s*[0#?]", bare) else ""


def _of_dates(bare: str) -> NumberFormat | None:
    """A date or time, by the letters outside of literals."""
    letters = re.sub(r"[^a-z年月日]", "", _CLOCK.sub("h", bare).lower())
    outside = re.sub("\0[^\0]*\0", "", bare)
    if re.search(r"[0#?]", outside.replace(".0", "")):
        return None
    if any(letter in letters for letter in "yde"):
        return NumberFormat("date" if "d" in letters else "month")
    if "h" in letters:
        return NumberFormat("time")
    return NumberFormat("month") if "m" in letters else None


def _of_numbers(section: str) -> NumberFormat:
    parts = section.split("\0")
    at = next((n for n in range(0, len(parts), 2) if re.search(r"[0#?]", parts[n])), None)
    if at is None:
        return UNKNOWN
    first = min(parts[at].index(sign) for sign in "#0?." if sign in parts[at])
    match = _DIGITS.search(parts[at], first)
    left, right = parts[at][: match.start()] if match else "", parts[at][match.end() :] if match else ""
    if match is None or re.search(r"[#0?@a-zA-Z]", left + right + "".join(parts[at + 2 :: 2])):
        return UNKNOWN
    whole, fraction, commas = match[1], match[2] or "", match[3]
    scale = len(whole) - len(whole.rstrip(",")) + len(commas)
    whole = whole.rstrip(",")
    percent = "%" in "".join(parts[::2])
    before = "".join(parts[:at]) + left
    after = right + "".join(parts[at + 1 :])
    return NumberFormat(
        "percent" if percent else "fixed",
        decimals=len(fraction),
        least=len(fraction.rstrip("#?")),
        digits=whole.replace(",", "").count("0"),
        grouped="," in whole,
        thousands=scale,
        before=before.replace("%", "").strip(),
        after=after.replace("%", "").strip(),
    )


def typed(value: str, how: NumberFormat, epoch: datetime) -> str | TypedCell:
    """A number as the cell it is; `value` as the file spells it, `epoch` the day 0 of its dates."""
    number = plain_number(value)
    if not number.is_finite() or abs(number.adjusted()) > MOST_PLACES:
        return TypedCell("unknown_format", value[:MOST_PLACES])
    if how.kind == "plain":
        return TypedCell("number", spelled_number(number))
    if how.kind in {"fixed", "percent"}:
        return _shown(number, how)
    if how.kind == "unknown":
        return TypedCell("unknown_format", spelled_number(number))
    return _moment(number, how.kind, epoch)


def plain_number(value: str) -> Decimal:
    """The number that was meant: a spreadsheet keeps 15 digits, what follows is noise of its arithmetic."""
    number = Decimal(value)
    if (
        not number.is_finite()
        or len(number.as_tuple().digits) <= MOST_DIGITS
        or number == number.to_integral_value()
    ):
        return number
    return Decimal(format(float(number), f".{MOST_DIGITS}g"))


def spelled(value: str, times: int = 1) -> str:
    """A number in plain digits, 15 of them where it has a fraction; Decimal's InvalidOperation for others."""
    return spelled_number(plain_number(value) * times)


def spelled_number(number: Decimal) -> str:
    """In plain digits, without zeros at its end."""
    spelled = f"{number:f}"
    if "." in spelled:
        spelled = spelled.rstrip("0").rstrip(".")
    return "0" if spelled in {"-0", ""} else spelled


def _shown(number: Decimal, how: NumberFormat) -> TypedCell:
    if how.kind == "percent":
        number *= 100
    scaled = number / (Decimal(1000) ** how.thousands) if how.thousands else number
    rounded = scaled.quantize(Decimal(1).scaleb(-how.decimals), ROUND_HALF_UP)
    shown = f"{rounded:,f}" if how.grouped else f"{rounded:f}"
    for _ in range(how.decimals - how.least):
        shown = shown.removesuffix("0")
    whole, point, fraction = shown.removesuffix(".").partition(".")
    shown = f"{how.before}{whole.zfill(how.digits)}{point}{fraction}{how.after}"
    if how.kind == "percent":
        return TypedCell("percent", spelled_number(number), f"{shown}%")
    value = spelled_number(number)
    if rounded != number:
        return TypedCell("rounded", value, shown)
    return TypedCell("number", value, "" if shown == value else shown)


def _moment(number: Decimal, kind: str, epoch: datetime) -> TypedCell:
    """A serial number of a spreadsheet as a moment; a time without a day is no moment."""
    value = spelled_number(number)
    if kind == "time":
        return TypedCell("time", value)
    moment = day_of(number, epoch)
    if moment is None:
        return TypedCell("unknown_format", value)
    return TypedCell("month" if kind == "month" else "date", moment.isoformat())


EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's dates know no zone
EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - a spreadsheet's dates know no zone
LAST_SERIAL = 109_572
"""The last day of 2199, a year in which no period ends."""


def day_of(number: Decimal, epoch: datetime) -> datetime | None:
    """The moment of a serial number, to the second; None where it means none."""
    if epoch == EPOCH_1900:
        if not 1 <= number < LAST_SERIAL or 60 <= number < 61:
            return None
        if number < 60:
            epoch += timedelta(days=1)  # the calendar that begins in 1900 has a 29th of February too many
    elif not 0 <= number < LAST_SERIAL:
        return None
    days = int(number)
    seconds = int(((number - days) * 86_400).to_integral_value(ROUND_HALF_UP))
    return epoch + timedelta(days=days, seconds=seconds)
