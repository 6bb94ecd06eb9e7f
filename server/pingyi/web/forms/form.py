"""A form made of a schema: filled from content or from posted fields, changed by buttons, and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import Schema, fields

from pingyi.channels.text import Text
from pingyi.domain.errors import FieldError
from pingyi.web.forms.changing import change_rows
from pingyi.web.forms.drawing import Drawing
from pingyi.web.forms.facts import Facts
from pingyi.web.forms.locating import errors_by_part
from pingyi.web.forms.posted import Posted
from pingyi.web.forms.rules import FormRules, MultiDict, Path
from pingyi.web.forms.tables import Group
from pingyi.web.forms.views import FormView


class Form:
    """A form while somebody fills it in: what was typed, right or wrong."""

    def __init__(self, top: Group, rules: FormRules) -> None:
        self._top = top
        self._rules = rules
        self._changed: Path | None = None

    def content(self) -> tuple[dict[str, Any], list[FieldError]]:
        """The content as typed, and what content cannot hold: a key that stands twice in a mapping."""
        errors: list[FieldError] = []
        typed = self._top.content(errors, ())
        return {**self._rules.fixed, **typed}, errors

    def change(self, what: str) -> bool:
        """Do what a button asks for ("add.options", "remove.options.2", "up.options.2"); False where it asks
        for nothing of the kind."""
        changed = change_rows(self._top, what, self._rules)
        self._changed = changed if changed is not None else self._changed
        return changed is not None

    def view(self, errors: Sequence[FieldError] = ()) -> FormView:
        """What the templates show, each error at the part that its pointer into the content leads to."""
        content, _ = self.content()
        placed = errors_by_part(self._top, errors)
        return Drawing(self._rules, content, placed, self._changed).form(self._top)


def filled_form(schema: Schema, content: Mapping[str, Any], rules: FormRules) -> Form:
    """The form of stored content."""
    top = _top(schema, rules)
    top.take(content, (), rules)
    return Form(top, rules)


def posted_form(schema: Schema, posted: MultiDict, rules: FormRules) -> Form:
    """The form as it was posted; it never fails, whatever was posted."""
    top = _top(schema, rules)
    top.read(Posted(posted, rules), ())
    return Form(top, rules)


def _top(schema: Schema, rules: FormRules) -> Group:
    facts = Facts(field=fields.Raw(), label=Text(zh="", en=""))
    return Group(facts, schema, hidden=frozenset(rules.fixed))
