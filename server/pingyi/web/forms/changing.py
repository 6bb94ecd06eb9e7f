"""What buttons do: add a row, remove one, move one up; draw anew what depends on a choice."""

from __future__ import annotations

import re

from pingyi.web.forms.holding import NOTHING
from pingyi.web.forms.leaves import Leaf
from pingyi.web.forms.rules import FormRules, Path
from pingyi.web.forms.tables import Entries, Group, Node, Rows, take

MOST_STEPS = 64


def change_rows(top: Group, what: str, rules: FormRules) -> Path | None:
    """Do what a button's value asks for ("add.options", "remove.options.2", "up.options.2",
    "redraw.kind").

    Returns the place that was changed; None, and nothing changed, where it asks for nothing of the kind.
    """
    act, *steps = what.split(".", MOST_STEPS)
    if act not in ("add", "remove", "up", "redraw") or not steps:
        return None
    if act == "redraw":
        return tuple(steps) if isinstance(part_at(top, steps), Leaf) else None
    if act == "add":
        return _add(top, steps, rules)
    listed, at = part_at(top, steps[:-1]), _number(steps[-1])
    if not isinstance(listed, (Rows, Entries)) or not 0 <= at < len(listed.rows):
        return None
    rows: list[object] = listed.rows  # type: ignore[assignment] # rows of either kind are moved alike
    if act == "remove":
        del rows[at]
    elif at:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    return tuple(steps[:-1])


def _add(top: Group, steps: list[str], rules: FormRules) -> Path | None:
    listed = part_at(top, steps)
    path: Path = tuple(steps)
    if not isinstance(listed, (Rows, Entries)):
        return None
    if len(listed.rows) >= listed.facts.most:
        return path
    place = (*path, len(listed.rows))
    if isinstance(listed, Rows):
        row = listed.row()
        row.take(NOTHING, place, rules)
        _make_key(row, listed)
        row.fresh = True
        listed.rows.append(row)
    else:
        entry = listed.row(place, rules)
        entry.fresh = True
        take(entry.value, NOTHING, (*place, "value"), rules)
        listed.rows.append(entry)
    listed.odd = NOTHING
    return path


def _make_key(row: Group, listed: Rows) -> None:
    """Give a new row a key that no other one has, made of its place: nobody has to invent one."""
    key = row.children.get("key")
    if not isinstance(key, Leaf) or not key.facts.made:
        return
    word = re.sub(r"[^a-z0-9]+", "_", (listed.facts.row or listed.facts.label).en.lower()).strip("_")
    taken = {one.text for other in listed.rows if isinstance(one := other.children.get("key"), Leaf)}
    number = len(listed.rows) + 1
    while f"{word}_{number}" in taken:
        number += 1
    key.text = f"{word}_{number}"


def part_at(top: Group, steps: list[str]) -> Node | None:
    """The part of a form whose input has the name of these steps; None where there is none."""
    part: Node | None = top
    left = list(steps)
    while left and part is not None:
        step = left.pop(0)
        if isinstance(part, Group):
            part = part.children.get(step)
        elif isinstance(part, (Rows, Entries)) and 0 <= _number(step) < len(part.rows):
            row = part.rows[_number(step)]
            if isinstance(row, Group):
                part = row
            else:
                part = {"key": row.key, "value": row.value}.get(left.pop(0) if left else "")
        else:
            return None
    return part


def _number(step: str) -> int:
    return int(step) if step.isascii() and step.isdigit() and len(step) < 4 else -1
