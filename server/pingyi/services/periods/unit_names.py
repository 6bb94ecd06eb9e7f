"""Names in a list of units that nobody could tell apart or read: unseen letters, names that read alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from sqlalchemy import Connection, select, union

from pingyi.channels import Text
from pingyi.db import json_text, json_words
from pingyi.domain.errors import FieldError
from pingyi.domain.names import reads_as, spelled_out, unseen_in
from pingyi.models import PeriodUnit, Unit, UnitName
from pingyi.services.core.row_schemas import row_error

_CODES = Unit.code.in_(json_words("codes"))
_LISTS = (
    select(Unit.code, PeriodUnit.name, PeriodUnit.period_id)
    .join(PeriodUnit, PeriodUnit.unit_id == Unit.id)
    .where(_CODES)
)
_TEXTS = union(
    select(Unit.code, Unit.name.label("text")).where(_CODES),
    select(Unit.code, Unit.subordination).where(_CODES),
    select(Unit.code, Unit.superior).where(_CODES),
    select(Unit.code, UnitName.name).join(UnitName, UnitName.unit_id == Unit.id).where(_CODES),
    select(Unit.code, PeriodUnit.name).join(PeriodUnit, PeriodUnit.unit_id == Unit.id).where(_CODES),
)


class NamedUnit(Protocol):
    """What of a row of a list says who is meant."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def parent(self) -> str: ...
    @property
    def subordination(self) -> str: ...
    @property
    def superior(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


class NamesOfOld:
    """What an installation took before names were looked at; it is asked only where something is wrong."""

    def __init__(self, connection: Connection, codes: Sequence[str]) -> None:
        self._connection = connection
        self._asked = {"codes": json_text(codes)}

    def has(self, code: str, text: str) -> bool:
        """Whether a unit has this text among its names and what stands beside them."""
        return (code, text) in self._texts

    def had_together(self, one: NamedUnit, other: NamedUnit) -> bool:
        """Whether both stood in the list of one period under these names."""
        nowhere: set[int] = set()
        lists = self._lists
        return not lists.get((one.code, one.name), nowhere).isdisjoint(
            lists.get((other.code, other.name), nowhere)
        )

    @cached_property
    def _texts(self) -> frozenset[tuple[str, str]]:
        return frozenset((row.code, row.text) for row in self._connection.execute(_TEXTS, self._asked))

    @cached_property
    def _lists(self) -> Mapping[tuple[str, str], set[int]]:
        lists: dict[tuple[str, str], set[int]] = {}
        for row in self._connection.execute(_LISTS, self._asked):
            lists.setdefault((row.code, row.name), set()).add(row.period_id)
        return lists


def name_errors(
    units: Sequence[NamedUnit], of_old: NamesOfOld | None = None, numbers: Sequence[int] | None = None
) -> list[FieldError]:
    """The names of a list that people cannot read or tell apart, whoever reads alike named with its row.

    `of_old`: what stands already and may stay. `numbers`: what a reader calls the rows, else counted from 1.
    """
    return [*_unseen(units, of_old), *_alike(units, of_old, numbers)]


def _unseen(units: Sequence[NamedUnit], of_old: NamesOfOld | None) -> Iterator[FieldError]:
    for position, unit in enumerate(units):
        for column, text in _texts(unit):
            message = unseen_in(text)
            if message and not (of_old and of_old.has(unit.code, text)):
                yield row_error(position, column, "unseen_letter", message)


def _texts(unit: NamedUnit) -> Iterator[tuple[str, str]]:
    yield "name", unit.name
    yield "subordination", unit.subordination
    yield "superior", unit.superior
    yield from (("aliases", alias) for alias in unit.aliases)


def _alike(
    units: Sequence[NamedUnit], of_old: NamesOfOld | None, numbers: Sequence[int] | None
) -> Iterator[FieldError]:
    first: dict[tuple[int, str], int] = {}
    for position, unit in enumerate(units):
        places = [
            first.setdefault((way, read), position) for way, read in enumerate(reads_as(unit.name)) if read
        ]
        above = min(places, default=position)
        if above == position or _told_apart(units[above], unit):
            continue
        if of_old and of_old.had_together(units[above], unit):
            continue
        number = numbers[above] if numbers else above + 1
        names = {"name": spelled_out(unit.name), "other": spelled_out(units[above].name)}
        yield row_error(position, "name", "name_alike", _ALIKE.format(above=number, **names))


def _told_apart(one: NamedUnit, other: NamedUnit) -> bool:
    """One unit twice is told elsewhere; of one spelling below different ones, these tell them apart."""
    if one.code == other.code:
        return True
    return one.name == other.name and (one.parent, one.superior) != (other.parent, other.superior)


_ALIKE = Text(
    zh="“{name}”与第 {above} 行的“{other}”看起来一样，无法区分，请改用不同的名称。",
    en="{name} reads like {other} in row {above}: nobody can tell them apart, give one another name.",
)
