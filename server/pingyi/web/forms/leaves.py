"""The parts of a form that hold one value or a list of words: taken from content, read, given back."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from marshmallow import fields

from pingyi.web.forms.facts import Facts, how_of, meant
from pingyi.web.forms.holding import NOTHING, raw_of, shown_text, typed_text
from pingyi.web.forms.posted import Posted
from pingyi.web.forms.rules import Path, name_of


@dataclass(slots=True)
class Leaf:
    """One line, text, number, date or choice. `odd`: a raw value that the control cannot show."""

    facts: Facts
    text: str = ""
    odd: Any = NOTHING
    blank: Any = ""

    def take(self, raw: Any) -> None:
        shown = "" if raw is NOTHING else shown_text(raw, self.facts.how)
        self.text, self.odd = (shown, NOTHING) if shown is not None else ("", raw)

    def read(self, posted: Posted, path: Path) -> None:
        name = name_of(path)
        self.text = meant(posted.text(name, long=self.facts.how == "text"), self.facts.usual)
        self.odd = NOTHING if self.text else posted.odd(name)

    @property
    def typed(self) -> bool:
        return bool(self.text) or self.odd is not NOTHING

    def content(self) -> Any:
        return raw_of(self.text, self.facts.how) if self.text else self.odd


@dataclass(slots=True)
class Flag:
    """A box. `said`: it is not ticked, and the content says so, though that goes without saying."""

    facts: Facts
    ticked: bool = False
    said: bool = False
    odd: Any = NOTHING

    @property
    def default(self) -> bool:
        return self.facts.field.load_default is True

    @property
    def blank(self) -> bool:
        return self.ticked

    def take(self, raw: Any) -> None:
        value = self._value(raw)
        self.ticked = self.default if value is None else value
        self.said = value is False
        self.odd = raw if value is None else NOTHING

    def _value(self, raw: Any) -> bool | None:
        known = self.facts.field
        if isinstance(raw, bool):
            return raw
        if not isinstance(known, fields.Boolean) or raw is NOTHING or not isinstance(raw, Hashable):
            return None
        return True if raw in known.truthy else False if raw in known.falsy else None

    def read(self, posted: Posted, path: Path) -> None:
        name = name_of(path)
        values = posted.all(name)
        self.ticked = "1" in values
        self.said = "0" in values and not self.ticked
        self.odd = NOTHING if self.ticked != self.default else posted.odd(name)

    @property
    def typed(self) -> bool:
        return self.ticked != self.default or self.said or self.odd is not NOTHING

    def content(self) -> Any:
        if self.odd is not NOTHING:
            return self.odd
        return self.ticked if self.typed or self.facts.required else NOTHING


@dataclass(slots=True)
class Words:
    """Several values of one line each. `alone`: one may stand without its list."""

    facts: Facts
    items: list[str] = field(default_factory=list)
    odd: Any = NOTHING
    alone: bool = False

    @property
    def blank(self) -> list[str]:
        return []

    @property
    def how(self) -> str:
        known = self.facts.field
        return how_of(known.inner) if isinstance(known, fields.List) else "line"

    def take(self, raw: Any) -> None:
        raw = [raw] if self.alone and isinstance(raw, str) else raw
        shown = [shown_text(one, self.how) for one in raw] if isinstance(raw, list) else [None]
        self.items = [one for one in shown if one]
        whole = raw is NOTHING or len(self.items) == len(shown)
        self.items, self.odd = (self.items, NOTHING) if whole else ([], raw)

    def read(self, posted: Posted, path: Path) -> None:
        name = name_of(path)
        lines = [line for value in posted.all(name) for line in typed_text(value, long=True).split("\n")]
        self.items = [meant(word, self.facts.usual) for line in lines if (word := typed_text(line))]
        self.odd = NOTHING if self.items else posted.odd(name)

    @property
    def typed(self) -> bool:
        return bool(self.items) or self.odd is not NOTHING

    def content(self) -> Any:
        if self.items or (self.facts.required and self.odd is NOTHING):
            return [raw_of(item, self.how) for item in self.items]
        return self.odd


@dataclass(slots=True)
class Opaque:
    """What no control shows: it is only carried."""

    facts: Facts
    odd: Any = NOTHING
    blank: Any = ""

    def take(self, raw: Any) -> None:
        self.odd = raw

    def read(self, posted: Posted, path: Path) -> None:
        self.odd = posted.odd(name_of(path))

    @property
    def typed(self) -> bool:
        return self.odd is not NOTHING

    def content(self) -> Any:
        return self.odd
