"""The posted fields of a form, read without trust: the rows that were drawn, what was typed and carried."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from pingyi.web.forms.holding import NOTHING, typed_text, unpacked
from pingyi.web.forms.rules import FormRules, MultiDict

ROW, ODD, REST, DROP, DRAWN = "~row", "~odd", "~rest", "~drop", "~as"
"""Endings of the names of hidden fields: a row is there; a value that its control cannot hold; keys that the
schema does not have; both to be left out; beside what a table was drawn."""

MOST_READ = 4000
_ROW = re.compile(r"(.+)\.([0-9]{1,3})~row", re.DOTALL)


class Posted:
    """Posted fields by name; of a row number far beyond any drawn one nothing is read."""

    def __init__(self, form: MultiDict, rules: FormRules) -> None:
        self.rules = rules
        self._form = form
        rows: dict[str, set[int]] = defaultdict(set)
        matches = (_ROW.fullmatch(name) for name in form)
        for match in [match for match in matches if match][:MOST_READ]:
            rows[match[1]].add(int(match[2]))
        self._rows = {name: sorted(numbers) for name, numbers in rows.items()}

    def all(self, name: str) -> list[str]:
        """Every value under a name."""
        return [value for value in self._form.getlist(name) if isinstance(value, str)]

    def one(self, name: str) -> str:
        """The first value under a name, or nothing."""
        return next(iter(self.all(name)), "")

    def text(self, name: str, *, long: bool = False) -> str:
        """What was typed into a control."""
        return typed_text(self.one(name), long=long)

    def rows(self, name: str) -> list[int]:
        """The numbers of the rows of a list that were drawn, in order."""
        return self._rows.get(name, [])

    def odd(self, name: str) -> Any:
        """The value that was carried unseen for a control; NOTHING where there is none any more."""
        return NOTHING if self.all(name + DROP) else unpacked(self.one(name + ODD))

    def rest(self, name: str) -> dict[str, Any]:
        """The keys that were carried unseen for a table."""
        carried = NOTHING if self.all(name + DROP) else unpacked(self.one(name + REST))
        return carried if isinstance(carried, dict) else {}

    def drawn(self, name: str) -> dict[str, Any] | None:
        """Beside what a table was drawn; None where that is not told."""
        carried = unpacked(self.one(name + DRAWN))
        return carried if isinstance(carried, dict) else None
