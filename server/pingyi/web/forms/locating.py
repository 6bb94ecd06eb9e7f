"""Where on a form an error belongs: the deepest part that its JSON pointer leads to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pingyi.domain.errors import FieldError
from pingyi.web.forms.leaves import Leaf
from pingyi.web.forms.tables import KEY_TWICE, Entries, Entry, Group, Node, Rows

Part = Node | Entry


def errors_by_part(top: Group, errors: Sequence[FieldError]) -> dict[int, list[FieldError]]:
    """The errors under the identity of the part that each belongs to."""
    placed: dict[int, list[FieldError]] = defaultdict(list)
    for error in errors:
        placed[id(_part(top, error))].append(error)
    return placed


def _part(top: Group, error: FieldError) -> Part:
    part: Part = top
    steps = [step.replace("~1", "/").replace("~0", "~") for step in error.pointer.split("/")[1:]]
    twice = error.code == KEY_TWICE
    for at, step in enumerate(steps):
        inner = _inside(part, step, twice and at == len(steps) - 1, steps[at + 1 :])
        if inner is None:
            break
        part = inner
    return part.value if isinstance(part, Entry) and not isinstance(part.value, Group) else part


def _inside(part: Part, step: str, twice: bool, rest: list[str]) -> Part | None:
    if isinstance(part, Entry):
        return _of_entry(part, step)
    if isinstance(part, Group):
        return part.children.get(step)
    if isinstance(part, Rows):
        at = int(step) if step.isascii() and step.isdigit() and len(step) < 4 else len(part.rows)
        return part.rows[at] if at < len(part.rows) else None
    if isinstance(part, Entries):
        rows = [row for row in part.rows if row.key.text == step and (row.key.typed or row.value.typed)]
        if not rows:
            return None
        row = rows[-1 if twice else 0]
        return row.key if twice or _is_of_key(row, rest) else row
    return None


def _is_of_key(row: Entry, rest: list[str]) -> bool:
    """Whether marshmallow's own level "key" follows, or the key itself is empty."""
    return rest == ["key"] and not isinstance(row.value, Group) or (not rest and not row.key.text)


def _of_entry(row: Entry, step: str) -> Part | None:
    inner = _inside(row.value, step, False, [])
    if inner is not None:
        return inner
    known: dict[str, Leaf | Node] = {"key": row.key, "value": row.value}
    return known.get(step)
