"""How a document is read: TOML, shape, rules between its parts; all that is wrong, by pointer and line."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError, fields

from pingyi.channels.messages import text_of
from pingyi.channels.text import Text
from pingyi.domain.document_messages import MESSAGES, pointer
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.names import unseen_in
from pingyi.domain.toml_document import at_lines, place_in

Content = Mapping[str, Any]
DEEPEST = 32  # far beyond any schema, and within what forms carry
Part = Schema | fields.Field[Any] | None


def no_rules(_content: Content, _errors: Sequence[FieldError]) -> Iterable[FieldError]:
    """A document whose parts have nothing to do with each other."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentType:
    """How documents of one type are read.

    `invalid`: the code of the Problem that names what is wrong. `name`: what such a document is called, in
    the middle of a sentence. `messages`: the schema's messages are codes of this table; one that is none
    stands as it is. `rules`: what is wrong between the parts, so far as they could be loaded, beside what is
    wrong in them.
    """

    schema: type[Schema]
    invalid: str
    name: Text
    messages: Mapping[str, Text] = field(default_factory=lambda: MESSAGES)
    rules: Callable[[Content, Sequence[FieldError]], Iterable[FieldError]] = no_rules


def content_of(document_type: DocumentType, text: str) -> dict[str, Any]:
    """A TOML document as it was typed; Problem where it is none, with its line, or nested too deeply."""
    try:
        content = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        detail, line, column = place_in(error, text)
        message = document_type.messages["syntax"].format(line=line, column=column, detail=detail)
        told = FieldError(code="syntax", message=message, row=line, column=str(column))
        raise invalid_document(document_type, [told]) from error
    if _is_too_deep(content):
        message = MESSAGES["too_deep"].format(most=DEEPEST)
        raise invalid_document(document_type, [FieldError(code="too_deep", message=message)])
    return content


def _is_too_deep(content: Content) -> bool:
    level: list[Any] = [content]
    for _ in range(DEEPEST):
        parts = [part for one in level for part in (one.values() if isinstance(one, dict) else one)]
        level = [part for part in parts if isinstance(part, dict | list)]
    return bool(level)


def load_content(document_type: DocumentType, content: Content) -> tuple[Content, list[FieldError]]:
    """What of a content could be loaded, and everything wrong in it, by pointer."""
    loaded, errors = _shape(document_type, content)
    return loaded, [*errors, *document_type.rules(loaded, errors)]


def unseen_errors(content: object, *path: object) -> Iterator[FieldError]:
    """Texts and keys of a content as it was typed that hold what nobody sees, line breaks and tabs apart.

    They are no part of `load_content`: what is stored from before goes on to be read.
    """
    match content:
        case str() if message := unseen_in(content.translate(_BREAKS)):
            yield FieldError(code="unseen_letter", message=message, pointer=pointer(*path))
        case Mapping():
            for key, inner in content.items():
                if message := unseen_in(str(key)):
                    yield FieldError(code="unseen_letter", message=message, pointer=pointer(*path, key))
                yield from unseen_errors(inner, *path, key)
        case list():
            for position, inner in enumerate(content):
                yield from unseen_errors(inner, *path, position)


_BREAKS = dict.fromkeys(map(ord, "\t\n\r"), " ")


def read_document(document_type: DocumentType, text: str) -> Content:
    """A document's loaded content.

    Raises Problem(`invalid`, 422) with every error at once, each with JSON pointer and line.
    """
    loaded, errors = load_content(document_type, content_of(document_type, text))
    if errors:
        raise invalid_document(document_type, at_lines(errors, text))
    return loaded


def invalid_document(document_type: DocumentType, errors: Sequence[FieldError]) -> Problem:
    """Problem(`invalid`, 422) with everything that is wrong in a document."""
    name = document_type.name
    message = Text(
        zh=f"{name.zh}有 {len(errors)} 处错误，请逐处改正后再提交。",
        en=f"The {name.en} has {len(errors)} error(s): correct each place named and send it again.",
    )
    return Problem(document_type.invalid, 422, message, tuple(errors))


def _shape(document_type: DocumentType, content: Content) -> tuple[Content, list[FieldError]]:
    schema = document_type.schema()
    try:
        return schema.load(content), []
    except ValidationError as error:
        loaded = error.valid_data if isinstance(error.valid_data, dict) else {}
        return loaded, list(schema_errors(schema, error.messages, document_type.messages))


def schema_errors(
    schema: Schema, messages: Any, words: Mapping[str, Text] | None = None
) -> Iterator[FieldError]:
    """A ValidationError's messages as errors at JSON pointers into what was loaded.

    A message that `words` has is a code of it; any other is a sentence, and its code "invalid".
    """
    for message, path in _leaves(messages, schema):
        if words and message in words:
            yield FieldError(code=message, message=words[message], pointer=pointer(*path))
        else:
            yield FieldError(code="invalid", message=text_of(message), pointer=pointer(*path))


def _leaves(messages: Any, part: Part, *path: object) -> Iterator[tuple[Any, tuple[object, ...]]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            if key == "_schema":  # marshmallow's level for a table as a whole
                yield from _leaves(inner, part, *path)
            elif isinstance(part, fields.Mapping):
                yield from _of_pair(inner, part, *path, key)
            else:
                yield from _leaves(inner, _below(part, key), *path, key)
    elif isinstance(messages, list):
        for message in messages:
            yield from _leaves(message, part, *path)
    else:
        yield messages, path


def _of_pair(
    messages: Any, pairs: fields.Mapping[Any], *path: object
) -> Iterator[tuple[Any, tuple[object, ...]]]:
    """Below a mapping's key marshmallow puts levels of its own, "key" and "value"."""
    if not isinstance(messages, Mapping):
        yield from _leaves(messages, None, *path)
        return
    for level, inner in messages.items():
        yield from _leaves(inner, pairs.value_field if level == "value" else pairs.key_field, *path)


def _below(part: Part, key: object) -> Part:
    """The part of a schema that stands below another one, None where it is unknown."""
    if isinstance(part, fields.List):
        return part.inner
    if isinstance(part, fields.Nested):
        schema: Schema = part.schema
        return schema if isinstance(key, int) and part.many else _field_of(schema, key)
    return _field_of(part, key) if isinstance(part, Schema) else None


def _field_of(schema: Schema, key: object) -> fields.Field[Any] | None:
    return next((one for name, one in schema.fields.items() if key in {one.data_key, name}), None)
