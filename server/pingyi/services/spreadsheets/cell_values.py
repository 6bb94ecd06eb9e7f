"""What a cell says in a column of a kind: its text in plain form, or why it cannot be read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation

from pingyi.channels import Text
from pingyi.domain.errors import FieldError
from pingyi.services.spreadsheets.number_formats import EPOCH_1900, MOST_DIGITS, day_of
from pingyi.services.spreadsheets.sheet_cells import Cell, TypedCell

# What programs put around or before digits so that a spreadsheet leaves them alone.
_WRAPPED = re.compile(r'="((?:[^"]|"")*)"')
_SHIELDS = "'`\u2018\u2019"
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_EXPONENT = re.compile(r"[+-]?[0-9](?:\.[0-9]+E\+?|E\+)[0-9]{1,3}", re.IGNORECASE)
_DATE = re.compile(
    r"([0-9]{4})(?:[-/.年]\s*)([0-9]{1,2})(?:(?:[-/.月]\s*)([0-9]{1,2})日?|月)?"
    r"(?:[ T]*([0-9]{1,2})[:时点]([0-9]{1,2})(?:[:分]([0-9]{1,2})?(?:\.[0-9]{1,9})?秒?)?)?"
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[ T]?([0-9]{2}):?([0-9]{2}):?([0-9]{2})?)?")
_COMPACT_MONTH = re.compile(r"([0-9]{4})(0[1-9]|1[0-2])")
_LOST_ZERO = re.compile(r"[0-9]{4}\.1")
_LIKELY_YEARS = range(1980, 2101)
_UNSEEN = frozenset({"Cf", "Cc"})


class UnreadableError(Exception):
    """A cell that is neither empty nor has a value: a code, the sentence, and what the cell shows."""

    def __init__(self, code: str, message: Text, shown: str) -> None:
        super().__init__(code)
        self.code, self.message, self.shown = code, message, shown

    def at(self, row: int, column: str) -> FieldError:
        """The error of this row and column."""
        return FieldError(code=self.code, message=self.message, row=row, column=column)


def cell_text(kind: str, cell: Cell, place: str, epoch: datetime = EPOCH_1900) -> str:
    """The text that an entry is made of, "" for an empty cell; UnreadableError for one without a value.

    `kind` is that of the column (text, unit, decimal, percent, whole, month, moment, flag or choice), `place`
    what people call the cell, such as C2; `epoch` the day 0 of the file's dates.
    """
    if isinstance(cell, TypedCell):
        if kind == "moment":
            return _typed_moment(cell, place, epoch)
        return _OF_TYPED.get(kind, _typed_text)(cell, place)
    text = without_wrapper(cell)
    if kind == "text":
        if _EXPONENT.fullmatch(text):
            raise _unreadable("number_lost_digits", place, text)
        return text
    return _OF_TEXT.get(kind, _same)(_narrow(text), place)


def place_of(row: int, column: int) -> str:
    """What people call a cell: C2."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def shown_text(cell: Cell) -> str:
    """A cell as people see it, whatever its column."""
    return cell if isinstance(cell, str) else cell.shown or cell.value


def without_wrapper(text: str) -> str:
    """The text inside of ="…", which is how some programs export digits; any other as it stands."""
    stripped = text.strip()
    wrapped = _WRAPPED.fullmatch(stripped)
    return wrapped[1].replace('""', '"').strip() if wrapped else stripped


def _narrow(text: str) -> str:
    """Full-width signs made plain, without what is not seen and the sign before digits."""
    narrow = unicodedata.normalize("NFKC", text)
    seen = "".join(letter for letter in narrow if unicodedata.category(letter) not in _UNSEEN).strip()
    return seen[1:] if seen[:1] in _SHIELDS else seen


def _same(text: str, _place: str) -> str:
    return text


def _number_text(text: str, place: str) -> str:
    if text.endswith("%"):
        raise _unreadable("percent_misplaced", place, text)
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def _percent_text(text: str, place: str) -> str:
    return _number_text(text.removesuffix("%").strip(), place)


def _month_text(text: str, place: str) -> str:
    if _LOST_ZERO.fullmatch(text):
        raise _unreadable("month_lost_zero", place, text)
    compact = _COMPACT_MONTH.fullmatch(text)
    match = compact or _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
    return f"{match[1]}-{int(match[2]):02}" if match else text


def _moment_text(text: str, _place: str) -> str:
    match = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
    if match is None or match[3] is None:
        return text
    year, month, day, hour, minute, second = match.groups()
    date = f"{year}-{int(month):02}-{int(day):02}"
    if hour is None:
        return date
    return _bare_day(f"{date}T{int(hour):02}:{int(minute):02}:{int(second or 0):02}")


def _bare_day(moment: str) -> str:
    """Midnight sharp is how programs write a day that has no time."""
    return moment.partition("T")[0] if moment.endswith(("T00:00:00", "T24:00:00")) else moment


_OF_TEXT: Mapping[str, Callable[[str, str], str]] = {
    "decimal": _number_text,
    "whole": _number_text,
    "percent": _percent_text,
    "month": _month_text,
    "moment": _moment_text,
}


def _typed_text(cell: TypedCell, place: str) -> str:
    """A cell in a column of words: a number that lost nothing, as it is shown."""
    _require_result(cell, place)
    if cell.kind == "flag":
        return cell.value.upper()
    if cell.kind in {"date", "month", "time"}:
        raise _unreadable("date_misplaced", place, _spelled_date(cell))
    if cell.kind == "percent":
        raise _unreadable("percent_misplaced", place, cell.shown)
    whole = cell.value.lstrip("-").partition(".")[0]
    if len(whole) > MOST_DIGITS:
        raise _unreadable("number_lost_digits", place, cell.value)
    if cell.kind == "number" and not ("," in cell.shown and "," not in cell.value):
        return cell.shown or cell.value
    raise _unreadable("number_in_text", place, cell.shown or cell.value)


def _typed_number(cell: TypedCell, place: str) -> str:
    _require_result(cell, place)
    if cell.kind in {"date", "month", "time"}:
        raise _unreadable("date_misplaced", place, _spelled_date(cell))
    if cell.kind == "percent":
        raise _unreadable("percent_misplaced", place, cell.shown)
    if cell.kind == "rounded":
        raise _unreadable("number_rounded", place, cell.shown, value=cell.value)
    return cell.value


def _typed_percent(cell: TypedCell, place: str) -> str:
    if cell.kind == "unknown_format":
        raise _unreadable("format_unknown", place, cell.value)
    if cell.kind != "percent":
        return _typed_number(cell, place)
    if not _says(cell.shown, cell.value):
        raise _unreadable("number_rounded", place, cell.shown, value=f"{cell.value}%")
    return cell.value


def _says(shown: str, value: str) -> bool:
    """Whether the percentage that people see is the one that is stored."""
    digits = unicodedata.normalize("NFKC", shown).replace("%", "").replace(",", "").strip()
    try:
        return Decimal(digits) == Decimal(value)
    except InvalidOperation:
        return False


def _typed_month(cell: TypedCell, place: str) -> str:
    _require_result(cell, place)
    if cell.kind in {"date", "month"}:
        return cell.value[:7]
    raise _unreadable("month_as_number", place, cell.shown or cell.value)


def _typed_moment(cell: TypedCell, place: str, epoch: datetime) -> str:
    _require_result(cell, place)
    if cell.kind == "date":
        return _moment_text(cell.value, place)
    if cell.kind in {"number", "rounded"}:
        number = Decimal(cell.value)
        if number == int(number) and _COMPACT.fullmatch(cell.value) and len(cell.value) == 8:
            return _moment_text(cell.value, place)
        moment = day_of(number, epoch)
        if moment is not None and moment.year in _LIKELY_YEARS:
            return _bare_day(moment.isoformat())
    raise _unreadable("not_a_day", place, cell.shown or cell.value)


def _typed_flag(cell: TypedCell, place: str) -> str:
    _require_result(cell, place)
    if cell.kind in {"flag", "number"}:
        return cell.value
    raise _unreadable("number_in_text", place, cell.shown or cell.value)


_OF_TYPED: Mapping[str, Callable[[TypedCell, str], str]] = {
    "decimal": _typed_number,
    "whole": _typed_number,
    "percent": _typed_percent,
    "month": _typed_month,
    "flag": _typed_flag,
}


def _require_result(cell: TypedCell, place: str) -> None:
    if cell.kind == "formula":
        raise _unreadable("formula_without_result", place, "")
    if cell.kind == "error":
        raise _unreadable("cell_error", place, cell.value)


def _spelled_date(cell: TypedCell) -> str:
    try:
        moment = datetime.fromisoformat(cell.value)
    except ValueError:
        return cell.value
    return _bare_day(moment.isoformat()).replace("T", " ")


def _unreadable(code: str, place: str, shown: str, value: str = "") -> UnreadableError:
    return UnreadableError(code, _SENTENCES[code].format(place=place, shown=shown, value=value), shown)


_SENTENCES = {
    "formula_without_result": Text(
        zh="{place} 是公式但文件里没有结果；请在 Excel/WPS 中打开、保存后再上传。",
        en="{place} is a formula without a stored result; open the file in Excel or WPS, save it, and upload"
        " it again.",
    ),
    "cell_error": Text(
        zh="{place} 是错误值 {shown}；请改正公式或直接填写数值。",
        en="{place} holds the error {shown}; mend the formula or enter the value itself.",
    ),
    "number_lost_digits": Text(
        zh="{place}（{shown}）像是被 Excel 改成了数字，末几位已丢失；请把该列设为文本后重新导出。",
        en="{place} ({shown}) seems to have become a number in Excel, and its last digits are lost; make the"
        " column text and export it again.",
    ),
    "number_in_text": Text(
        zh="{place} 是数，显示为“{shown}”，无法确定原来的文字；请把该列设为文本后重新填写。",
        en="{place} is a number shown as “{shown}”, and its text cannot be known; make the column text and"
        " enter it again.",
    ),
    "date_misplaced": Text(
        zh="{place} 被存成了日期（{shown}），此列不是日期；请把该列设为文本或数值后重新填写。",
        en="{place} was stored as a date ({shown}), which this column does not hold; change its format and"
        " enter it again.",
    ),
    "percent_misplaced": Text(
        zh="{place} 是百分数（{shown}），此列不是百分比；请填写数值，不带百分号。",
        en="{place} is a percentage ({shown}), which this column does not hold; enter a plain number.",
    ),
    "format_unknown": Text(
        zh="{place} 的显示格式无法识别，不能确定是不是百分数；请改为常规或百分比格式后再上传。",
        en="The format of {place} is not known, so it may or may not be a percentage; use a plain one.",
    ),
    "number_rounded": Text(
        zh="{place} 单元格里是 {value}，只是显示成 {shown}；请用 ROUND 函数取到所需的小数位数。",
        en="{place} holds {value} and only shows {shown}; round it with the function ROUND.",
    ),
    "month_as_number": Text(
        zh="{place} 是数（{shown}），不能确定是哪个月；请写成文本“2026-10”，或使用日期格式。",
        en="{place} is a number ({shown}), and its month cannot be known; write 2026-10 as text or a date.",
    ),
    "month_lost_zero": Text(
        zh="{place} 写的是“{shown}”，分不清是1月还是10月；请写成“2026-01”或“2026-10”的样式。",
        en="{place} says {shown}, which may be January or October; write it like 2026-01 or 2026-10.",
    ),
    "not_a_day": Text(
        zh="{place}（{shown}）不能确定是哪一天；请写成“2026-01-08”的样式，或使用日期格式。",
        en="The day of {place} ({shown}) cannot be known; write it like 2026-01-08 or use a date format.",
    ),
}
CELL_CODES = frozenset(_SENTENCES)
