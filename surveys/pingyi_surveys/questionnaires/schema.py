"""The shape of a questionnaire's document and the rules between its parts; messages are codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError, fields

from pingyi.channels.families.ballot.settings import PAPER, TURNOUT
from pingyi.domain.errors import FieldError
from pingyi.domain.scheme.messages import pointer
from pingyi.domain.scheme.schema import KEY_PATTERN, Table, TitleTable
from pingyi_surveys.questionnaires.messages import field_error

MOST_OPTIONS = 12
MOST_DIMENSIONS = 24
LONGEST_COMMENT = 500


def _messages(invalid: str) -> dict[str, Any]:
    return {"invalid": invalid, "type": "not_a_table", "required": "required", "null": "required"}


def _is_key(value: str) -> None:
    if not KEY_PATTERN.fullmatch(value):
        raise ValidationError("not_a_key")


def _is_flag(value: object) -> None:
    if not isinstance(value, bool):
        raise ValidationError("not_a_flag")


def _whole(most: int, code: str) -> Callable[[object], None]:
    def check(value: object) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise ValidationError(code)

    return check


def _key(**kwargs: Any) -> fields.String:
    return fields.String(validate=_is_key, error_messages=_messages("not_a_key"), **kwargs)


def _count(most: int, code: str) -> fields.Raw:
    return fields.Raw(required=True, validate=_whole(most, code), error_messages=_messages(code))


def _table(schema: type[Schema], **kwargs: Any) -> fields.Nested:
    return fields.Nested(schema, error_messages=_messages("not_a_table"), **kwargs)


def _tables(schema: type[Schema]) -> fields.Nested:
    wrong = {**_messages("not_a_list"), "type": "not_a_list"}
    return fields.Nested(schema, many=True, required=True, error_messages=wrong)


class WordingTable(Table):
    key = _key(required=True)
    categories = fields.List(_key(), required=True, error_messages=_messages("not_a_list"))


class OptionTable(Table):
    key = _key(required=True)
    title = _table(TitleTable, required=True)
    scored = fields.Raw(load_default=True, validate=_is_flag, error_messages=_messages("not_a_flag"))


class WordsTable(Table):
    title = _table(TitleTable, required=True)
    hint = _table(TitleTable)


class DimensionTable(Table):
    key = _key(required=True)
    wording = fields.Dict(
        keys=_key(), values=_table(WordsTable), required=True, error_messages=_messages("not_a_table")
    )


class CommentTable(WordsTable):
    max_characters = _count(LONGEST_COMMENT, "not_a_length")


class QuestionnaireTable(Table):
    key = _key(required=True)
    version = _count(9999, "not_a_version")
    title = _table(TitleTable, required=True)
    require_all = fields.Raw(required=True, validate=_is_flag, error_messages=_messages("not_a_flag"))
    wordings = _tables(WordingTable)
    options = _tables(OptionTable)
    dimensions = _tables(DimensionTable)
    comment = _table(CommentTable)


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
