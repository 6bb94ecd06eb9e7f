"""The parts of a form that hold others: tables, rows of tables, rows of keys and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from marshmallow import Schema

from pingyi.channels.text import Text
from pingyi.domain.errors import FieldError
from pingyi.web.forms.facts import EVERY, KEY, VALUE, AnyField, Facts, facts_of, is_preset
from pingyi.web.forms.holding import NOTHING, scalars, shown_text
from pingyi.web.forms.leaves import Flag, Leaf, Opaque, Words
from pingyi.web.forms.posted import Posted
from pingyi.web.forms.rules import FormRules, Path, name_of
from pingyi.web.forms.shapes import Shape, is_open, shape_of, shown_fields, table_of, value_alone

DEEPEST_PATH = 24
Errors = list[FieldError]


@dataclass(slots=True)
class Group:
    """One table. `rest`: keys that its schema does not have; `odd`: what stands in its place and is no table.

    `always`: it is there even with nothing typed in it; `drawn`: beside what its schema was chosen.
    """

    facts: Facts
    schema: Schema
    always: bool = True
    hidden: frozenset[str] = frozenset()
    children: dict[str, Node] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)
    odd: Any = NOTHING
    drawn: dict[str, Any] | None = None
    fresh: bool = False

    @property
    def blank(self) -> dict[str, Any]:
        return {}

    def take(self, raw: Any, path: Path, rules: FormRules) -> None:
        table = table_of(raw, self.facts.word)
        self.odd = raw if table is None else NOTHING
        table = table or {}
        for key, each in shown_fields(self.schema, self.hidden):
            place = (*path, key)
            beside = scalars({name: value for name, value in table.items() if name != key})
            child = make_node(each, key, self.schema, place, rules, beside)
            take(child, table.get(key, NOTHING), place, rules)
            self.children[key] = child
        self.rest = {
            key: value for key, value in table.items() if key not in self.children and key not in self.hidden
        }

    def read(self, posted: Posted, path: Path) -> None:
        late = []
        for key, each in shown_fields(self.schema, self.hidden):
            place = (*path, key)
            drawn = posted.drawn(name_of(place)) if is_open(each) else None
            child = make_node(each, key, self.schema, place, posted.rules, drawn or {})
            read(child, posted, place)
            self.children[key] = child
            late += [key] if is_open(each) else []
        self.rest = posted.rest(name_of(path))
        self.odd = posted.odd(name_of(path))
        for key in late:
            self._redraw(key, (*path, key), posted.rules)

    def _redraw(self, key: str, path: Path, rules: FormRules) -> None:
        """What was typed, under the schema that now belongs here."""
        beside: dict[str, Any] = {}
        for name, child in self.children.items():
            value = NOTHING if name == key else content(child, [], ())
            beside |= {} if value is NOTHING else {name: value}
        old = self.children[key]
        field_ = dict(shown_fields(self.schema, self.hidden))[key]
        new = make_node(field_, key, self.schema, path, rules, scalars(beside))
        schemas = [type(one.schema) if isinstance(one, Group) else None for one in (old, new)]
        if schemas[0] is not schemas[1]:
            take(new, content(old, [], ()), path, rules)
            self.children[key] = new
        elif isinstance(old, (Group, Entries)) and isinstance(new, (Group, Entries)):
            old.drawn = new.drawn

    @property
    def typed(self) -> bool:
        inside = any(child.typed for child in self.children.values())
        return inside or bool(self.rest) or self.odd is not NOTHING

    def content(self, errors: Errors, pointer: tuple[str, ...]) -> Any:
        said = {key: content(child, errors, (*pointer, key)) for key, child in self.children.items()}
        preset = self._preset_keys()
        made = {
            key: value
            for key, value in said.items()
            if value is not NOTHING and (key not in preset or self.children[key].typed)
        }
        made |= {key: value for key, value in self.rest.items() if key not in made}
        if any(child.typed for child in self.children.values()) or self.rest:
            return value_alone(made, self.facts.word)
        if self.odd is not NOTHING:
            return self.odd
        return made if self.always else NOTHING

    def _preset_keys(self) -> set[str]:
        """What the chosen presets fill in where nothing is typed."""
        known: Mapping[str, Mapping[str, Any]] = getattr(self.schema, "presets", None) or {}
        chosen = self.children.get("preset")
        names = chosen.items if isinstance(chosen, Words) and chosen.alone else []
        return {key for name in names for key in known.get(name, {})}


@dataclass(slots=True)
class Rows:
    """A list of tables of one schema."""

    facts: Facts
    schema: Schema
    rows: list[Group] = field(default_factory=list)
    odd: Any = NOTHING

    @property
    def blank(self) -> list[Any]:
        return []

    def row(self) -> Group:
        return Group(self.facts, self.schema)

    def take(self, raw: Any, path: Path, rules: FormRules) -> None:
        if not isinstance(raw, list):
            self.odd = raw
            return
        for position, one in enumerate(raw):
            self.rows.append(self.row())
            self.rows[-1].take(one, (*path, position), rules)

    def read(self, posted: Posted, path: Path) -> None:
        for number in posted.rows(name_of(path)):
            self.rows.append(self.row())
            self.rows[-1].read(posted, (*path, number))
        self.odd = NOTHING if self.rows else posted.odd(name_of(path))

    @property
    def typed(self) -> bool:
        return bool(self.rows) or self.odd is not NOTHING

    def content(self, errors: Errors, pointer: tuple[str, ...]) -> Any:
        if self.rows or (self.facts.required and self.odd is NOTHING):
            return [row.content(errors, (*pointer, str(at))) for at, row in enumerate(self.rows)]
        return self.odd


@dataclass(slots=True)
class Entry:
    """A key and its value."""

    key: Leaf
    value: Node
    fresh: bool = False


@dataclass(slots=True)
class Entries:
    """A mapping: rows of keys and values. `rest`: what stands under keys that no line can hold."""

    facts: Facts
    key_field: AnyField
    value_field: AnyField
    rows: list[Entry] = field(default_factory=list)
    rest: dict[str, Any] = field(default_factory=dict)
    odd: Any = NOTHING
    drawn: dict[str, Any] | None = None

    @property
    def blank(self) -> dict[str, Any]:
        return {}

    def row(self, path: Path, rules: FormRules) -> Entry:
        facts = facts_of(self.key_field, "", KEY)
        if facts.choices and self.facts.word:
            facts = replace(facts, choices={self.facts.word: EVERY, **facts.choices})
        key = Leaf(facts)
        value = make_node(self.value_field, "", None, (*path, "value"), rules, {}, VALUE)
        if isinstance(value, Group):
            value.always = True
        return Entry(key, value)

    def take(self, raw: Any, path: Path, rules: FormRules) -> None:
        table = table_of(raw, self.facts.word)
        self.odd = raw if table is None else NOTHING
        for key, value in (table or {}).items():
            if shown_text(key, "line") is None or (key == "" and value == ""):
                self.rest[key] = value
                continue
            place = (*path, len(self.rows))
            row = self.row(place, rules)
            row.key.take(key)
            take(row.value, value, (*place, "value"), rules)
            self.rows.append(row)

    def read(self, posted: Posted, path: Path) -> None:
        for number in posted.rows(name_of(path)):
            place = (*path, number)
            row = self.row(place, posted.rules)
            row.key.read(posted, (*place, "key"))
            read(row.value, posted, (*place, "value"))
            self.rows.append(row)
        self.rest = posted.rest(name_of(path))
        self.odd = NOTHING if self.rows else posted.odd(name_of(path))

    @property
    def typed(self) -> bool:
        inside = any(row.key.typed or row.value.typed for row in self.rows)
        return inside or bool(self.rest) or self.odd is not NOTHING

    def content(self, errors: Errors, pointer: tuple[str, ...]) -> Any:
        made: dict[str, Any] = {}
        for row in self.rows:
            if not (row.key.typed or row.value.typed):
                continue
            key = row.key.text
            value = content(row.value, [] if key in made else errors, (*pointer, key))
            if key in made:
                errors.append(_twice(key, (*pointer, key)))
            else:
                made[key] = row.value.blank if value is NOTHING else value
        made |= {key: value for key, value in self.rest.items() if key not in made}
        if made:
            return value_alone(made, self.facts.word)
        return self.odd


Node = Leaf | Flag | Words | Opaque | Group | Rows | Entries


def take(node: Node, raw: Any, path: Path, rules: FormRules) -> None:
    """Fill a part from raw content."""
    if isinstance(node, (Leaf, Flag, Words, Opaque)):
        node.take(raw)
    else:
        node.take(raw, path, rules)


def read(node: Node, posted: Posted, path: Path) -> None:
    """Fill a part from posted fields."""
    node.read(posted, path)


def content(node: Node, errors: Errors, pointer: tuple[str, ...]) -> Any:
    """The raw content of a part, NOTHING where it has none; keys that stand twice are told in `errors`."""
    if isinstance(node, (Leaf, Flag, Words, Opaque)):
        return node.content()
    return node.content(errors, pointer)


def make_node(
    each: AnyField,
    key: str,
    schema: Schema | None,
    path: Path,
    rules: FormRules,
    beside: Mapping[str, Any],
    label: Text | None = None,
) -> Node:
    """The empty part of a field; `beside`: the scalars that stand with it in its table."""
    facts = facts_of(each, key, label, schema)
    shape = shape_of(each) if len(path) <= DEEPEST_PATH else Shape(kind="opaque")
    known = rules.schema_at(path, beside) if shape.kind == "open" else shape.schema
    drawn = dict(beside) if shape.kind == "open" else None
    if known is not None:
        if shape.kind == "rows":
            return Rows(facts, known)
        return Group(facts, known, always=facts.required, drawn=drawn)
    if shape.kind in ("open", "entries"):
        return Entries(facts, shape.key, shape.value, drawn=drawn)
    return _leaf(facts, shape.kind, alone=is_preset(key, schema))


def _leaf(facts: Facts, kind: str, *, alone: bool) -> Leaf | Flag | Words | Opaque:
    if kind == "flag":
        return Flag(facts, ticked=facts.field.load_default is True)
    if kind == "words":
        return Words(facts, alone=alone)
    return Leaf(facts) if kind == "leaf" else Opaque(facts)


def _twice(key: str, pointer: tuple[str, ...]) -> FieldError:
    place = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in pointer)
    message = Text(zh=f"“{key}”已经写过一次。", en=f'"{key}" stands here twice.')
    return FieldError(code=KEY_TWICE, message=message, pointer=place)


KEY_TWICE = "key_twice"
