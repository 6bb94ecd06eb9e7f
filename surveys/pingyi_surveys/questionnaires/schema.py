"""The shape of a questionnaire's document and the rules between its parts; messages are codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from marshmallow import fields

from pingyi.channels.families.ballot.settings import PAPER, TURNOUT
from pingyi.domain.document_fields import (
    Table,
    TitleTable,
    count_field,
    flag_field,
    key_field,
    messages,
    table_field,
    tables_field,
)
from pingyi.domain.document_messages import pointer
from pingyi.domain.errors import FieldError
from pingyi_surveys.questionnaires import wordings as form_words
from pingyi_surveys.questionnaires.messages import field_error

MOST_OPTIONS = 12
MOST_DIMENSIONS = 24
LONGEST_COMMENT = 500


class WordingTable(Table):
    key = key_field(required=True, metadata=form_words.PART_KEY)
    categories = fields.List(
        key_field(metadata=form_words.CATEGORY),
        required=True,
        error_messages=messages("not_a_list"),
        metadata=form_words.CATEGORIES,
    )


class OptionTable(Table):
    key = key_field(required=True, metadata=form_words.OPTION_KEY)
    title = table_field(TitleTable, required=True, metadata=form_words.OPTION_TITLE)
    scored = flag_field(load_default=True, metadata=form_words.SCORED)


class WordsTable(Table):
    title = table_field(TitleTable, required=True, metadata=form_words.SUBJECT_TITLE)
    hint = table_field(TitleTable, metadata=form_words.HINT)


class DimensionTable(Table):
    key = key_field(required=True, metadata=form_words.DIMENSION_KEY)
    wording = fields.Dict(
        keys=key_field(metadata=form_words.WORDING),
        values=table_field(WordsTable, metadata=form_words.WORDS),
        required=True,
        error_messages=messages("not_a_table"),
        metadata=form_words.WORDS_BY_WORDING,
    )


class CommentTable(Table):
    title = table_field(TitleTable, required=True, metadata=form_words.COMMENT_TITLE)
    hint = table_field(TitleTable, metadata=form_words.COMMENT_HINT)
    max_characters = count_field(
        "not_a_length", 1, LONGEST_COMMENT, required=True, metadata=form_words.MAX_CHARACTERS
    )


class QuestionnaireTable(Table):
    key = key_field(required=True, metadata=form_words.QUESTIONNAIRE_KEY)
    version = count_field("not_a_version", 1, 9999, required=True, metadata=form_words.VERSION)
    title = table_field(TitleTable, required=True, metadata=form_words.QUESTIONNAIRE_TITLE)
    require_all = flag_field(required=True, metadata=form_words.REQUIRE_ALL)
    wordings = tables_field(WordingTable, required=True, metadata=form_words.WORDINGS)
    options = tables_field(OptionTable, required=True, metadata=form_words.OPTIONS)
    dimensions = tables_field(DimensionTable, required=True, metadata=form_words.DIMENSIONS)
    comment = table_field(CommentTable, metadata=form_words.COMMENT)


Document = Mapping[str, Any]


def cross_errors(document: Document, found: Sequence[FieldError]) -> list[FieldError]:
    """What is wrong between the parts, so far as they could be read; `found`: what is wrong in the shape."""
    readable = not any(error.pointer.startswith("/wordings") for error in found)
    return [*_wording_errors(document, readable), *_option_errors(document), *_dimension_errors(document)]


def _parts(document: Document, name: str) -> list[Document]:
    """The tables of a list; one that could not be read at all keeps its place as an empty one."""
    found = document.get(name)
    return [part if isinstance(part, Mapping) else {} for part in found] if isinstance(found, list) else []


def _duplicates(keys: Iterable[str | None], *path: object) -> Iterator[FieldError]:
    seen = set()
    for position, key in enumerate(keys):
        if key is not None and key in seen:
            yield field_error("duplicate_key", pointer(*path, position, "key"), key=key)
        seen.add(key)


def _sizes(document: Document, name: str, most: int) -> Iterator[FieldError]:
    found = document.get(name)
    if found == []:
        yield field_error("too_few", pointer(name))
    elif isinstance(found, list) and len(found) > most:
        yield field_error("too_many", pointer(name), most=most)


def _wording_errors(document: Document, readable: bool) -> Iterator[FieldError]:
    wordings = _parts(document, "wordings")
    yield from _sizes(document, "wordings", MOST_DIMENSIONS)
    yield from _duplicates((one.get("key") for one in wordings), "wordings")
    if wordings and readable and sum(not one["categories"] for one in wordings) != 1:
        yield field_error("general_wording", pointer("wordings"))
    seen = set()
    for position, one in enumerate(wordings):
        for place, category in enumerate(one.get("categories", ())):
            if category in seen:
                where = pointer("wordings", position, "categories", place)
                yield field_error("category_twice", where, key=category)
            seen.add(category)


def _option_errors(document: Document) -> Iterator[FieldError]:
    options = _parts(document, "options")
    yield from _sizes(document, "options", MOST_OPTIONS)
    yield from _duplicates((one.get("key") for one in options), "options")
    scored = [one.get("scored") is not False for one in options]
    if options and sum(scored) < 2:
        yield field_error("too_few_scored", pointer("options"))
    if scored != sorted(scored, reverse=True):
        yield field_error("unscored_first", pointer("options"))
    seen: set[tuple[str, str]] = set()
    for position, one in enumerate(options):
        key = one.get("key", "")
        if key in {*PAPER, *TURNOUT}:
            yield field_error("reserved_option", pointer("options", position, "key"), key=key)
        words = {(tongue, said.strip()) for tongue, said in one.get("title", {}).items()}
        if words & seen:
            yield field_error("same_words", pointer("options", position, "title"), key=key)
        seen |= words


def _dimension_errors(document: Document) -> Iterator[FieldError]:
    dimensions = _parts(document, "dimensions")
    known = dict.fromkeys(one["key"] for one in _parts(document, "wordings") if "key" in one)
    yield from _sizes(document, "dimensions", MOST_DIMENSIONS)
    yield from _duplicates((one.get("key") for one in dimensions), "dimensions")
    for position, one in enumerate(dimensions):
        if not isinstance(one.get("wording"), Mapping):
            continue
        given = one["wording"]
        where = ("dimensions", position, "wording")
        for key in known:
            if key not in given:
                yield field_error("wording_missing", pointer(*where), key=key)
        for key in given:
            if key not in known:
                yield field_error("unknown_wording", pointer(*where, key), key=key)
