"""Where on a form an error belongs: the deepest part that its JSON pointer leads to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pingyi.domain.errors import FieldError
from pingyi.web.forms.tables import KEY_TWICE, Entries, Entry, Group, Node, Rows

Part = Node | Entry


def errors_by_part(top: Group, errors: Sequence[FieldError]) -> dict[int, list[FieldError]]:
    """The errors under the identity of the part that each belongs to; a row just added has none yet."""
    placed: dict[int, list[FieldError]] = defaultdict(list)
    for error in errors:
        part = _part(top, error)
        if part is not None:
            placed[id(part)].append(error)
    return placed


def _part(top: Group, error: FieldError) -> Part | None:
    part: Part = top
    steps = [step.replace("~1", "/").replace("~0", "~") for step in error.pointer.split("/")[1:]]
    while steps:
        inner = _inside(part, steps, is_twice=error.code == KEY_TWICE)
        if inner is None:
            break
        if isinstance(inner, (Group, Entry)) and inner.fresh:
            return None
        part = inner
        steps.pop(0)
    return part.value if isinstance(part, Entry) and not isinstance(part.value, Group) else part


def _inside(part: Part, steps: list[str], *, is_twice: bool) -> Part | None:
    """The part that the first of the steps leads to."""
    step = steps[0]
    if isinstance(part, Entry):
        known: dict[str, Node] = {"key": part.key, "value": part.value}
        return _inside(part.value, steps, is_twice=is_twice) or known.get(step)
    if isinstance(part, Group):
        return part.children.get(step)
    if isinstance(part, Rows):
        at = int(step) if step.isascii() and step.isdigit() and len(step) < 4 else len(part.rows)
        return part.rows[at] if at < len(part.rows) else None
    return _of_entries(part, steps, is_twice=is_twice) if isinstance(part, Entries) else None


def _of_entries(part: Entries, steps: list[str], *, is_twice: bool) -> Part | None:
    key, *below = steps
    rows = [row for row in part.rows if row.key.text == key and (row.key.typed or row.value.typed)]
    if not rows:
        return None
    if is_twice and not below:
        return rows[-1].key
    row = rows[0]
    # marshmallow's own level "key" below a mapping's key; and an empty key is what is wrong there
    of_key = below == ["key"] and not isinstance(row.value, Group)
    return row.key if of_key or not (below or key) else row
