"""A questionnaire while somebody fills it in: from a document, from the fields of a form, and back."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LANGUAGES: Final = ("zh", "en")
MOST_ROWS: Final = 40
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
Say = dict[str, str]


def _said() -> Say:
    return dict.fromkeys(LANGUAGES, "")


@dataclass(slots=True)
class WordingDraft:
    key: str = ""
    categories: str = ""


@dataclass(slots=True)
class OptionDraft:
    key: str = ""
    title: Say = field(default_factory=_said)
    scored: bool = True


@dataclass(slots=True)
class WordsDraft:
    title: Say = field(default_factory=_said)
    hint: Say = field(default_factory=_said)


@dataclass(slots=True)
class DimensionDraft:
    """`words`: one per wording of the questionnaire, in their order."""

    key: str = ""
    words: list[WordsDraft] = field(default_factory=list)


@dataclass(slots=True)
class CommentDraft:
    given: bool = False
    title: Say = field(default_factory=_said)
    hint: Say = field(default_factory=_said)
    max_characters: str = "200"


@dataclass(slots=True)
class QuestionnaireDraft:
    """What was typed so far, right or wrong; numbers as they were typed."""

    key: str = ""
    version: str = "1"
    title: Say = field(default_factory=_said)
    require_all: bool = True
    wordings: list[WordingDraft] = field(default_factory=list)
    options: list[OptionDraft] = field(default_factory=list)
    dimensions: list[DimensionDraft] = field(default_factory=list)
    comment: CommentDraft = field(default_factory=CommentDraft)


def empty_draft() -> QuestionnaireDraft:
    """A questionnaire with one wording and one dimension, nothing filled in."""
    return QuestionnaireDraft(
        wordings=[WordingDraft("all")],
        options=[OptionDraft(), OptionDraft()],
        dimensions=[DimensionDraft(words=[WordsDraft()])],
    )


def draft_of(document: str) -> QuestionnaireDraft:
    """The draft of a document that is right."""
    raw = tomllib.loads(document.removeprefix("\ufeff"))
    wordings = [WordingDraft(one["key"], ", ".join(one["categories"])) for one in raw["wordings"]]
    comment = raw.get("comment")
    return QuestionnaireDraft(
        key=raw["key"],
        version=str(raw["version"]),
        title=dict(raw["title"]),
        require_all=raw["require_all"],
        wordings=wordings,
        options=[
            OptionDraft(one["key"], dict(one["title"]), one.get("scored", True)) for one in raw["options"]
        ],
        dimensions=[
            DimensionDraft(one["key"], [_words(one["wording"][wording.key]) for wording in wordings])
            for one in raw["dimensions"]
        ],
        comment=CommentDraft(
            given=True,
            title=dict(comment["title"]),
            hint=dict(comment.get("hint") or _said()),
            max_characters=str(comment["max_characters"]),
        )
        if comment
        else CommentDraft(),
    )


def _words(table: Mapping[str, Any]) -> WordsDraft:
    return WordsDraft(dict(table["title"]), dict(table.get("hint") or _said()))


def read_draft(form: Mapping[str, str]) -> QuestionnaireDraft:
    """The draft of a form's fields; a row is there where its key was sent, and no more than `MOST_ROWS`."""
    wordings = [
        WordingDraft(_line(form, f"{row}.key"), _line(form, f"{row}.categories"))
        for row in _rows(form, "wordings")
    ]
    return QuestionnaireDraft(
        key=_line(form, "key"),
        version=_line(form, "version"),
        title=_both(form, "title"),
        require_all="require_all" in form,
        wordings=wordings,
        options=[
            OptionDraft(_line(form, f"{row}.key"), _both(form, f"{row}.title"), f"{row}.scored" in form)
            for row in _rows(form, "options")
        ],
        dimensions=[
            DimensionDraft(
                _line(form, f"{row}.key"),
                [
                    WordsDraft(
                        _both(form, f"{row}.words.{place}.title"), _both(form, f"{row}.words.{place}.hint")
                    )
                    for place in range(len(wordings))
                ],
            )
            for row in _rows(form, "dimensions")
        ],
        comment=CommentDraft(
            "comment.given" in form,
            _both(form, "comment.title"),
            _both(form, "comment.hint"),
            _line(form, "comment.max_characters"),
        ),
    )


def _rows(form: Mapping[str, str], name: str) -> list[str]:
    found = (re.fullmatch(rf"{name}\.([0-9]{{1,3}})\.key", key) for key in form)
    numbers = sorted({int(match[1]) for match in found if match})
    return [f"{name}.{number}" for number in numbers[:MOST_ROWS]]


def _line(form: Mapping[str, str], name: str) -> str:
    return _BREAKS.sub(" ", form.get(name, "")).strip()


def _both(form: Mapping[str, str], name: str) -> Say:
    return {tongue: _line(form, f"{name}.{tongue}") for tongue in LANGUAGES}


def change_rows(draft: QuestionnaireDraft, what: str) -> bool:
    """Do what a button of the form asks for ("add.options", "remove.options.2", "up.options.2"); False
    where it asks for nothing of the kind."""
    act, _, place = what.partition(".")
    name, _, number = place.partition(".")
    if act not in _ACTS or name not in ("wordings", "options", "dimensions"):
        return False
    at = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else -1
    rows = getattr(draft, name)
    if act != "add" and not 0 <= at < len(rows):
        return False
    for one in [rows] if name != "wordings" else [rows, *(each.words for each in draft.dimensions)]:
        _ACTS[act](draft, one, at, name)
    return True


def _add(draft: QuestionnaireDraft, rows: list[Any], _at: int, name: str) -> None:
    if len(rows) >= MOST_ROWS:
        return
    if rows is draft.wordings:
        rows.append(WordingDraft())
    elif name == "wordings":
        rows.append(WordsDraft())
    elif name == "options":
        rows.append(OptionDraft(scored=not rows or rows[-1].scored))
    else:
        rows.append(DimensionDraft(words=[WordsDraft() for _ in draft.wordings]))


def _remove(_draft: QuestionnaireDraft, rows: list[Any], at: int, _name: str) -> None:
    del rows[at]


def _up(_draft: QuestionnaireDraft, rows: list[Any], at: int, _name: str) -> None:
    if at:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]


_ACTS: Final[Mapping[str, Callable[[QuestionnaireDraft, list[Any], int, str], None]]] = {
    "add": _add,
    "remove": _remove,
    "up": _up,
}


def document_of(draft: QuestionnaireDraft) -> str:
    """The TOML document that the draft makes; what is wrong in it is found by reading it."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: QuestionnaireDraft) -> Iterator[str]:
    yield f"key = {_quoted(draft.key)}"
    yield f"version = {_number(draft.version)}"
    yield f"title = {_table(draft.title)}"
    yield f"require_all = {_flag(draft.require_all)}"
    yield from [] if draft.wordings else ["wordings = []"]
    yield from [] if draft.options else ["options = []"]
    yield from [] if draft.dimensions else ["dimensions = []"]
    for wording in draft.wordings:
        categories = [part for part in re.split(r"[\s,，、;；]+", wording.categories) if part]
        yield from ("", "[[wordings]]", f"key = {_quoted(wording.key)}")
        yield f"categories = [{', '.join(map(_quoted, categories))}]"
    for option in draft.options:
        yield from ("", "[[options]]", f"key = {_quoted(option.key)}", f"title = {_table(option.title)}")
        yield from [] if option.scored else ["scored = false"]
    for dimension in draft.dimensions:
        yield from _dimension(draft, dimension)
    if draft.comment.given:
        yield from ("", "[comment]", f"title = {_table(draft.comment.title)}", *_hint(draft.comment.hint))
        yield f"max_characters = {_number(draft.comment.max_characters)}"


def _dimension(draft: QuestionnaireDraft, dimension: DimensionDraft) -> Iterator[str]:
    yield from ("", "[[dimensions]]", f"key = {_quoted(dimension.key)}")
    seen = set()
    for wording, words in zip(draft.wordings, dimension.words, strict=True):
        if wording.key not in seen:  # a table twice could not be read; the key twice is told
            seen.add(wording.key)
            name = wording.key if _BARE.fullmatch(wording.key) else _quoted(wording.key)
            yield f"[dimensions.wording.{name}]"
            yield from (f"title = {_table(words.title)}", *_hint(words.hint))
    if not draft.wordings:
        yield "wording = {}"


def _hint(hint: Say) -> list[str]:
    return [f"hint = {_table(hint)}"] if any(hint.values()) else []


def _table(words: Say) -> str:
    return "{ " + ", ".join(f"{tongue} = {_quoted(words[tongue])}" for tongue in LANGUAGES) + " }"


def _quoted(word: str) -> str:
    return json.dumps(word, ensure_ascii=False)


def _number(typed: str) -> str:
    whole = typed.isascii() and typed.isdigit() and len(typed) < 10
    return str(int(typed)) if whole else _quoted(typed)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def field_of(draft: QuestionnaireDraft, pointer: str) -> str:
    """The name of the form's part that a pointer into the draft's document leads to."""
    parts = pointer.strip("/").split("/")
    if len(parts) > 3 and parts[2] == "wording":
        keys = [wording.key for wording in draft.wordings]
        known = parts[3] in keys
        parts = [*parts[:2], "words", str(keys.index(parts[3])), *parts[4:]] if known else parts[:2]
    known_names = set(names_of(draft))
    while parts and ".".join(parts) not in known_names:
        parts.pop()
    return ".".join(parts)


def names_of(draft: QuestionnaireDraft) -> Iterator[str]:
    """The names of the form's fields and of the groups that they stand in."""
    yield from ("key", "version", "wordings", "options", "dimensions", "comment", "comment.max_characters")
    titles = ["title", "comment.title", "comment.hint"]
    for place in range(len(draft.wordings)):
        yield from (f"wordings.{place}", f"wordings.{place}.key", f"wordings.{place}.categories")
    for place in range(len(draft.options)):
        yield from (f"options.{place}", f"options.{place}.key")
        titles.append(f"options.{place}.title")
    for place, dimension in enumerate(draft.dimensions):
        yield from (f"dimensions.{place}", f"dimensions.{place}.key")
        for number in range(len(dimension.words)):
            titles += [f"dimensions.{place}.words.{number}.{part}" for part in ("title", "hint")]
    for title in titles:
        yield from (title, *(f"{title}.{tongue}" for tongue in LANGUAGES))
