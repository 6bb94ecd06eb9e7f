"""Draws the parts of a form: what the templates need of each, its errors attached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pingyi.channels.schema import title_of
from pingyi.channels.text import Text
from pingyi.domain.errors import FieldError
from pingyi.web.forms.drawing_leaves import carried, draw_leaf
from pingyi.web.forms.holding import NOTHING, packed
from pingyi.web.forms.leaves import Flag, Leaf, Opaque, Words
from pingyi.web.forms.posted import ODD, REST
from pingyi.web.forms.rules import FormRules, Path, name_of
from pingyi.web.forms.tables import Entries, Entry, Group, Node, Rows
from pingyi.web.forms.views import EMPTY, Control, FormView, listed, under

SHORT_ROW = 6
_LANGUAGES = {"zh": "zh-Hans", "en": "en"}


@dataclass(slots=True)
class Drawing:
    """One drawing of a form. `changed`: the list that a button has just changed, its rows stay unfolded."""

    rules: FormRules
    content: Mapping[str, Any]
    errors: Mapping[int, list[FieldError]]
    changed: Path | None = None
    places: list[tuple[str, Text, Text]] = field(default_factory=list)

    def form(self, top: Group) -> FormView:
        """The whole form; an error of a field that is not shown is told under that field's name."""
        errors = self.errors.get(id(top), [])
        self.places += [("", self._unshown(top, error), error.message) for error in errors]
        return FormView(
            controls=self._children(top, (), EMPTY),
            carried=carried("", REST, top.rest) if top.rest else (),
            errors=tuple(error.message for error in errors),
            places=tuple(self.places),
        )

    def _unshown(self, top: Group, error: FieldError) -> Text:
        name = error.pointer.split("/")[1] if "/" in error.pointer else ""
        if name not in top.hidden:
            return EMPTY
        known = {each.data_key or key: each for key, each in top.schema.fields.items()}
        return title_of(known[name], name) if name in known else Text(zh=name, en=name)

    def _children(self, group: Group, path: Path, place: Text) -> tuple[Control, ...]:
        return tuple(self._part(child, (*path, key), place) for key, child in group.children.items())

    def _part(self, node: Node, path: Path, above: Text, label: Text | None = None) -> Control:
        label = label or node.facts.label
        place = under(above, label)
        said = self._said(node, path, place)
        if isinstance(node, Group):
            return self._group(node, path, label, above, said)
        if isinstance(node, Rows):
            return self._rows(node, path, label, above, said)
        if isinstance(node, Entries):
            return self._entries(node, path, label, above, said)
        return draw_leaf(node, path, label, place, said, self._choices(node, path))

    def _said(self, part: Node | Entry, path: Path, place: Text) -> tuple[Text, ...]:
        messages = tuple(dict.fromkeys(error.message for error in self.errors.get(id(part), ())))
        self.places += [(name_of(path), place, message) for message in messages]
        return messages

    def _choices(self, node: Node, path: Path) -> Mapping[str, Text] | None:
        if isinstance(node, (Leaf, Words)):
            asked = self.rules.choices_at(path, self.content)
            return node.facts.choices if asked is None else asked
        return None

    def _group(self, node: Group, path: Path, label: Text, above: Text, said: tuple[Text, ...]) -> Control:
        place, both = under(above, label), set(node.children) == set(_LANGUAGES)
        parts = self._both(node, path, label, above) if both else self._children(node, path, place)
        return Control(
            kind="both" if both else "group",
            name=name_of(path),
            label=label,
            place=place,
            help=node.facts.help if parts else node.facts.empty or node.facts.help,
            errors=said,
            parts=parts,
            typed=node.typed,
            rare=node.facts.rare and not node.typed and not self._is_wrong(path),
            drawn=None if node.drawn is None else packed(node.drawn),
            carried=_unknown(node, name_of(path)),
        )

    def _both(self, node: Group, path: Path, label: Text, above: Text) -> tuple[Control, ...]:
        parts = []
        for key, child in node.children.items():
            own = child.facts.label
            words = Text(zh=f"{label.zh}（{own.zh}）", en=f"{label.en} ({own.en})")
            drawn = self._part(child, (*path, key), above, words)
            parts.append(replace(drawn, lang=_LANGUAGES[key]))
        return tuple(parts)

    def _rows(self, node: Rows, path: Path, label: Text, above: Text, said: tuple[Text, ...]) -> Control:
        one = node.facts.row or label
        folds = any(_weight(row) > SHORT_ROW for row in node.rows)
        rows = [
            self._row(row, (*path, at), numbered(one, at), under(above, numbered(one, at)), folds)
            for at, row in enumerate(node.rows)
        ]
        listed = self._listed("rows", node, path, label, under(above, label), said, rows)
        return replace(listed, told=None if said else self.rules.told_at(path, self.content))

    def _row(self, row: Group, path: Path, label: Text, place: Text, folds: bool) -> Control:
        before = len(self.places)
        said = self._said(row, path, place)
        parts = self._children(row, path, place)
        return Control(
            kind="row",
            name=name_of(path),
            label=label,
            place=place,
            errors=said,
            parts=parts,
            typed=True,
            caption=_caption(row),
            aside=_aside(row, parts),
            folds=folds,
            open=row.fresh or len(self.places) > before or self._is_changed(path),
            carried=_unknown(row, name_of(path)),
        )

    def _is_wrong(self, path: Path) -> bool:
        name = name_of(path)
        return any(place == name or place.startswith(f"{name}.") for place, _, _ in self.places)

    def _is_changed(self, path: Path) -> bool:
        steps = tuple(map(str, path))
        return self.changed is not None and tuple(map(str, self.changed))[: len(steps)] == steps

    def _entries(
        self, node: Entries, path: Path, label: Text, above: Text, said: tuple[Text, ...]
    ) -> Control:
        rows = []
        for at, row in enumerate(node.rows):
            words = numbered(node.facts.row or label, at)
            rows.append(self._entry(row, (*path, at), words, under(above, words)))
        return self._listed("entries", node, path, label, under(above, label), said, rows)

    def _entry(self, row: Entry, path: Path, label: Text, place: Text) -> Control:
        said = self._said(row, path, place)
        key = self._part(row.key, (*path, "key"), place)
        value = self._part(row.value, (*path, "value"), place)
        return Control(
            kind="entry",
            name=name_of(path),
            label=label,
            place=place,
            errors=said,
            parts=(key, value),
            typed=row.key.typed or row.value.typed,
            caption=key.words,
        )

    def _listed(
        self,
        kind: str,
        node: Rows | Entries,
        path: Path,
        label: Text,
        place: Text,
        said: tuple[Text, ...],
        rows: list[Control],
    ) -> Control:
        drawn = node.drawn if isinstance(node, Entries) else None
        return Control(
            kind=kind,
            name=name_of(path),
            label=label,
            place=place,
            help=node.facts.help,
            unit=node.facts.unit,
            errors=said,
            parts=tuple(rows),
            typed=node.typed,
            rare=node.facts.rare and not rows and not node.typed and not said,
            row=node.facts.row or label,
            may_add=len(rows) < node.facts.most,
            drawn=None if drawn is None else packed(drawn),
            carried=_unknown(node, name_of(path)),
        )


def _unknown(node: Group | Rows | Entries, name: str) -> tuple[Any, ...]:
    rest = carried(name, REST, node.rest) if isinstance(node, (Group, Entries)) and node.rest else ()
    return rest + (() if node.odd is NOTHING else carried(name, ODD, node.odd))


def numbered(label: Text, at: int) -> Text:
    """The words for a row, counted from 1."""
    return Text(zh=f"{label.zh} {at + 1}", en=f"{label.en} {at + 1}")


def _caption(row: Group) -> Text:
    """What a row is about: its title, else a key that somebody chose."""
    title, key = row.children.get("title"), row.children.get("key")
    if isinstance(title, Group):
        said = [_text(title.children.get(tongue)) for tongue in _LANGUAGES]
        if any(said):
            return Text(zh=said[0] or said[1], en=said[1] or said[0])
    own = _text(title) or ("" if key and key.facts.made else _text(key))
    usual = (key.facts.usual if key and own == _text(key) else None) or {}
    return usual.get(own, Text(zh=own, en=own))


def _aside(row: Group, parts: tuple[Control, ...]) -> Text:
    """What the line of a row says beside its caption, each with its unit."""
    drawn = {part.name.rpartition(".")[2]: part for part in parts}
    asked = [drawn[key] for key, child in row.children.items() if child.facts.caption and key in drawn]
    return listed([_measured(one) for one in asked if one.typed], " · ", " · ")


def _measured(one: Control) -> Text:
    if one.unit is None:
        return one.words
    return Text(zh=f"{one.words.zh}{one.unit.zh}", en=f"{one.words.en} {one.unit.en}")


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Leaf) else ""


def _weight(node: Node) -> int:
    """About how many controls a part has, whatever is typed in it."""
    if isinstance(node, Group):
        return sum(map(_weight, node.children.values()))
    if isinstance(node, (Flag, Leaf, Words, Opaque)):
        return 1
    return SHORT_ROW if node.facts.field.metadata.get("fold", True) else 1
