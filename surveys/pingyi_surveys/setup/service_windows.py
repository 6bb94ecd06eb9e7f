"""The windows where codes of open ballots hang: named by the office, each coming and going on the record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from pingyi.channels import Text
from pingyi.db import rows
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.names import unseen_in
from pingyi.domain.period_state import UNTIL_CLOSING
from pingyi.ledger.leaves import record
from pingyi.models import Unit
from pingyi.services.core.bound_channels import BoundChannel, issued_scheme
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import not_found, require_state
from pingyi_surveys.models import ServiceWindow
from pingyi_surveys.setup.queries import box_kind, period_terms, units_of_channel

LONGEST_NAME: Final = 40
MOST_LINES: Final = 2000
_YES: Final = frozenset({"是", "y", "yes", "true", "1", "kiosk", "自助机", "评价器"})
_NO: Final = frozenset({"", "否", "n", "no", "false", "0"})
_WINDOWS = (
    select(ServiceWindow.id, ServiceWindow.unit_id, ServiceWindow.name, ServiceWindow.kiosk)
    .where(ServiceWindow.channel_id == bindparam("channel"))
    .order_by(ServiceWindow.name.collate("C"), ServiceWindow.id)
)
_ADD = insert(ServiceWindow)
_PUT = _ADD.on_conflict_do_update(
    index_elements=[ServiceWindow.channel_id, ServiceWindow.unit_id, ServiceWindow.name],
    set_={"kiosk": _ADD.excluded.kiosk},
    where=ServiceWindow.kiosk.is_distinct_from(_ADD.excluded.kiosk),
).returning(ServiceWindow.unit_id, ServiceWindow.name)
_REMOVE = (
    delete(ServiceWindow)
    .where(
        ServiceWindow.id == bindparam("window"),
        ServiceWindow.channel_id == bindparam("channel"),
        Unit.id == ServiceWindow.unit_id,
    )
    .returning(Unit.code, ServiceWindow.name)
)


@dataclass(frozen=True, slots=True)
class Window:
    """A window of a unit; kiosk: many people rate on one device of the office there."""

    id: int
    unit_id: int
    name: str
    kiosk: bool


@dataclass(frozen=True, slots=True)
class RatedUnit:
    """A unit that takes open ballots on a channel, with its windows in the order of their names."""

    id: int
    code: str
    name: str
    category: str
    windows: Sequence[Window]


@dataclass(frozen=True, slots=True)
class WindowLine:
    """A line of the office's list; `row` counts from 1."""

    row: int
    unit: str
    name: str
    kiosk: bool


def rated_units(connection: Connection, channel_id: int) -> list[RatedUnit]:
    """The units of an open box in the order of its period, with their windows; Problem not_found."""
    _require_open_box(connection, channel_id)
    windows: dict[int, list[Window]] = {}
    for window in rows(connection, Window, _WINDOWS, channel=channel_id):
        windows.setdefault(window.unit_id, []).append(window)
    return [
        RatedUnit(unit.id, unit.code, unit.name, unit.category, tuple(windows.get(unit.id, ())))
        for unit in units_of_channel(connection, channel_id)
    ]


def evaluation_of(connection: Connection, working: BoundChannel) -> tuple[Text, bool]:
    """The title of the evaluation that a channel belongs to, and whether it is a demonstration."""
    terms = period_terms(connection, working.period_id)
    return issued_scheme(terms.scheme_id, connection).title, terms.demonstration


def put_windows(
    connection: Connection, caller: Caller, working: BoundChannel, lines: Sequence[WindowLine]
) -> int:
    """Add windows, or change whether they are kiosks, while the period is a draft or open.

    Returns how many lines were new or changed. Raises Problem wrong_state, not_found, windows_invalid (all or
    nothing).
    """
    require_state(working.state, UNTIL_CLOSING)
    units = {unit.code: unit.id for unit in rated_units(connection, working.id)}
    errors = [_error(line.row, _UNKNOWN.format(unit=line.unit)) for line in lines if line.unit not in units]
    if errors:
        raise _invalid(errors)
    stored = [
        {"channel_id": working.id, "unit_id": units[line.unit], "name": line.name, "kiosk": line.kiosk}
        for line in lines
    ]
    changed = {(row.unit_id, row.name) for row in connection.execute(_PUT, stored)} if stored else set()
    for line in lines:
        if (units[line.unit], line.name) in changed:
            content = {"unit": line.unit, "window": line.name, "kiosk": line.kiosk}
            _record(connection, caller, working, "window.added", content)
    return len(changed)


def remove_window(connection: Connection, caller: Caller, working: BoundChannel, window_id: int) -> None:
    """Take a window away while the period is a draft or open: its printed code is no longer good.

    Raises Problem wrong_state, not_found.
    """
    require_state(working.state, UNTIL_CLOSING)
    row = connection.execute(_REMOVE, {"window": window_id, "channel": working.id}).one_or_none()
    if row is None:
        raise not_found(zh="这个窗口", en="That window")
    content = {"unit": row.code, "window": row.name}
    _record(connection, caller, working, "window.removed", content)


def _record(
    connection: Connection, caller: Caller, working: BoundChannel, kind: str, content: dict[str, object]
) -> None:
    told = {**content, "period": working.period_key, "channel": working.key, "by": caller.name}
    record(connection, kind, told, working.period_id)


def read_lines(given: str) -> list[WindowLine]:
    """The lines of the office's list: unit code, window, and if it is a kiosk, parted by comma or tab.

    Raises Problem windows_invalid with every line that is wrong.
    """
    lines, errors, seen = [], [], set()
    for row, cells in _cells(given):
        unit, name, kiosk = cells[0], " ".join(cells[1].split()), cells[-1].casefold()
        wrong = _wrong(cells, name, kiosk, (unit, name) in seen)
        if wrong:
            errors.append(_error(row, wrong))
            continue
        seen.add((unit, name))
        lines.append(WindowLine(row, unit, name, kiosk in _YES))
    if not lines and not errors:
        errors.append(_error(1, _EMPTY))
    if errors or len(lines) > MOST_LINES:
        raise _invalid(errors or [_error(MOST_LINES + 1, _TOO_MANY.format(most=MOST_LINES))])
    return lines


def _cells(given: str) -> Iterator[tuple[int, list[str]]]:
    """Three cells of each line that is not empty; more where the line has more."""
    for row, line in enumerate(given.splitlines(), 1):
        if line.strip():
            cells = [cell.strip() for cell in line.replace("，", ",").replace("\t", ",").split(",")]
            yield row, [*cells, *[""] * (3 - len(cells))]


def _wrong(cells: Sequence[str], name: str, kiosk: str, twice: bool) -> Text | None:
    if len(cells) > 3 or not cells[0] or not name or not name.isprintable() or unseen_in(name):
        return _SHAPE
    if len(name) > LONGEST_NAME:
        return _TOO_LONG.format(most=LONGEST_NAME)
    if kiosk not in _YES | _NO:
        return _KIOSK.format(given=cells[2])
    return _TWICE if twice else None


def _require_open_box(connection: Connection, channel_id: int) -> None:
    if box_kind(connection, channel_id) != "open":
        raise not_found(zh="这个扫码评议渠道", en="That channel of open ballots")


def _error(row: int, message: Text) -> FieldError:
    told = Text(zh=f"第 {row} 行：{message.zh}。", en=f"Line {row}: {message.en}.")
    return FieldError(code="invalid", message=told, pointer="/lines", row=row)


def _invalid(errors: Sequence[FieldError]) -> Problem:
    return Problem("windows_invalid", 422, _INVALID, errors)


_INVALID = Text(
    zh="窗口清单有误，没有保存任何一行。", en="The list of windows is wrong; no line of it was stored."
)
_SHAPE = Text(
    zh="每行应为：单位代码,窗口名称,是否自助机（是/否，可省略）",
    en="a line is: unit code, window, kiosk (yes/no, may be left out)",
)
_UNKNOWN = Text(zh="本周期没有代码为“{unit}”的单位", en="the period has no unit with the code {unit}")
_TOO_LONG = Text(zh="窗口名称最多 {most} 个字", en="a window's name has {most} characters at most")
_KIOSK = Text(zh="“{given}”不是“是”或“否”", en="“{given}” is neither yes nor no")
_TWICE = Text(zh="与上面某行重复", en="the same as a line above")
_EMPTY = Text(zh="没有填写窗口", en="there is no window in it")
_TOO_MANY = Text(zh="一次最多 {most} 行", en="at most {most} lines at a time")
