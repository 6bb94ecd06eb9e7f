"""Draws the controls of one value or of a list of words, and what has no control."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from pingyi.channels.text import Text
from pingyi.web.forms.holding import NOTHING, packed
from pingyi.web.forms.leaves import Flag, Leaf, Opaque, Words
from pingyi.web.forms.posted import DROP, ODD
from pingyi.web.forms.rules import Path, name_of
from pingyi.web.forms.views import Carried, Control, Option

LONGEST_SHOWN = 1000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MODES = {"whole": "numeric", "count": "numeric", "decimal": "decimal"}
_SHA256 = Text(zh="填写文件的SHA-256（64位十六进制）。", en="The file's SHA-256, 64 hexadecimal digits.")

AnyLeaf = Leaf | Flag | Words | Opaque


def draw_leaf(
    node: AnyLeaf,
    path: Path,
    label: Text,
    place: Text,
    errors: tuple[Text, ...],
    choices: Mapping[str, Text] | None,
) -> Control:
    """The control of a leaf; `choices`: what it may hold, None: anything."""
    name, facts = name_of(path), node.facts
    return Control(
        name=name,
        label=label,
        place=place,
        errors=errors,
        help=facts.help or (_SHA256 if facts.how == "file" else None),
        unit=facts.unit,
        typed=node.typed,
        rare=not errors and (node.typed if facts.made else facts.rare and not node.typed),
        redraw=facts.redraw,
        carried=() if node.odd is NOTHING else carried(name, ODD, node.odd),
        **_kind(node, choices),
    )


def _kind(node: AnyLeaf, choices: Mapping[str, Text] | None) -> dict[str, Any]:
    if isinstance(node, Opaque):
        return {"kind": "nothing"}
    if isinstance(node, Flag):
        return {"kind": "tick", "ticked": node.ticked, "said": node.said and not node.ticked}
    if isinstance(node, Words):
        return _kind_of_words(node, choices)
    if choices is not None:
        return {"kind": "select", "value": node.text, "options": _options(node.text, choices)}
    usual = (node.facts.usual or {}).items()
    told = tuple(Option(value=key, label=label, chosen=False) for key, label in usual)
    return {"value": node.text, "usual": told, **input_kind(node.facts.how, node.text)}


def _kind_of_words(node: Words, choices: Mapping[str, Text] | None) -> dict[str, Any]:
    if choices is not None:
        kind = "order" if node.facts.ordered else "ticks"
        return {"kind": kind, "options": _ticks(node.items, choices, _unlisted)}
    if node.facts.usual:
        return {"kind": "ticks", "options": _ticks(node.items, node.facts.usual, _plain), "more": True}
    return {"kind": "lines", "value": "\n".join(node.items)}


def input_kind(how: str, text: str) -> dict[str, str]:
    """Kind, type and mode of an input: a date that is none is shown as text, else it would be lost."""
    if how == "text":
        return {"kind": "text"}
    dated = how == "date" and (not text or _is_day(text))
    return {"kind": "line", "type": "date" if dated else "text", "inputmode": _MODES.get(how, "")}


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _unlisted(value: str) -> Text:
    return Text(zh=f"{value}（不在可选范围内）", en=f"{value} (not among the choices)")


def _options(text: str, choices: Mapping[str, Text]) -> tuple[Option, ...]:
    known = {**({text: _unlisted(text)} if text and text not in choices else {}), **choices}
    return tuple(Option(value=key, label=label, chosen=key == text) for key, label in known.items() if key)


def _plain(value: str) -> Text:
    return Text(zh=value, en=value)


def _ticks(items: list[str], choices: Mapping[str, Text], other: Callable[[str], Text]) -> tuple[Option, ...]:
    chosen = [Option(value=one, label=choices.get(one) or other(one), chosen=True) for one in items]
    open_ = [
        Option(value=key, label=label, chosen=False) for key, label in choices.items() if key not in items
    ]
    return (*chosen, *open_)


def carried(name: str, ending: str, value: Any) -> tuple[Carried, ...]:
    """What has no control at a name."""
    words = json.dumps(value, ensure_ascii=False, default=str)
    shown = words if len(words) <= LONGEST_SHOWN else f"{words[:LONGEST_SHOWN]}…"
    return (Carried(name=name + ending, value=packed(value), shown=shown, drop=name + DROP),)
