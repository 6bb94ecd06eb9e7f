"""What validators say, in both languages: ours where it is raised, marshmallow's by its keys."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

from marshmallow import Schema, fields, validate

from pingyi.channels.text import Text

_CHINESE = re.compile("[\u4e00-\u9fff]")
_Schema = TypeVar("_Schema", bound=Schema)
_Field = TypeVar("_Field", bound=fields.Field[Any])


class Message(str):
    """What a validator says: to marshmallow a string, the English one; `text` has both languages.

    It stands wherever marshmallow takes a message: in a ValidationError, in `error_messages`, as the `error`
    of a validator. Places in braces are filled in both languages.
    """

    zh: str

    def __new__(cls, en: str, zh: str) -> Message:
        """Give both languages by name: Message(zh="…", en="…")."""
        made = super().__new__(cls, en)
        made.zh = zh
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override] # a copy needs both languages
        return str(self), self.zh

    @property
    def text(self) -> Text:
        """The message as people read it."""
        return Text(zh=self.zh, en=str(self))

    def format(self, *args: object, **values: object) -> Message:
        """The same message with its places filled in both languages, by a Message or Text in its own."""
        zh = {
            name: value.zh if isinstance(value, (Message, Text)) else value for name, value in values.items()
        }
        en = {name: value.en if isinstance(value, Text) else value for name, value in values.items()}
        return Message(zh=self.zh.format(*args, **zh), en=super().format(*args, **en))


def text_of(message: object) -> Text:
    """A validator's message in both languages: a Message has them, "中文 / English" is split at the slash.

    Any other string stands in both as it is.
    """
    if isinstance(message, Message):
        return message.text
    words = str(message)
    first, slash, second = words.partition(" / ")
    return Text(zh=first, en=second) if slash and _CHINESE.search(first) else Text(zh=words, en=words)


def named(keys: Iterable[str], words: Mapping[str, Text]) -> Text:
    """Keys as a message lists them: in Chinese what `words` calls them, in English as they are spelled."""
    listed = list(keys)
    return Text(zh="、".join(words[key].zh if key in words else key for key in listed), en=", ".join(listed))


REQUIRED = Message(zh="缺少必填项。", en="Missing data for required field.")
UNKNOWN = Message(zh="没有这一项。", en="Unknown field.")
ONE_OF = Message(zh="只能是：{choices}。", en="Must be one of: {choices}.")

_OF_SCHEMAS = {
    "unknown": UNKNOWN,
    "type": Message(zh="格式不对：应为一组“项目=值”。", en=Schema().error_messages["type"]),
}
_OF_FIELDS: Mapping[tuple[type[fields.Field[Any]], str], str] = {
    (fields.Field, "required"): REQUIRED.zh,
    (fields.Field, "null"): "不能为空。",
    (fields.String, "invalid"): "不是文字。",
    (fields.Boolean, "invalid"): "不是“是”或“否”。",
    (fields.List, "invalid"): "不是列表。",
    (fields.Mapping, "invalid"): "不是一组“项目=值”。",
    (fields.Nested, "type"): "类型不对。",
    (fields.Enum, "unknown"): ONE_OF.zh,
}


def bilingual(schema: _Schema) -> _Schema:
    """Give a schema, its fields and validators marshmallow's messages in both languages; returns the schema.

    Messages of their own are left as they are, and so is what a schema holds that stands inside itself.
    """
    for key, message in _OF_SCHEMAS.items():
        if schema.error_messages.get(key) == message:
            schema.error_messages[key] = message
    entered = _ENTERED.set((*_ENTERED.get(), type(schema)))
    try:
        for field in schema.fields.values():
            bilingual_field(field)
    finally:
        _ENTERED.reset(entered)
    return schema


_ENTERED: ContextVar[tuple[type[Schema], ...]] = ContextVar(
    "the schemas that are being given words", default=()
)


def bilingual_field(field: _Field) -> _Field:
    """The same for one field, with what it holds; returns the field."""
    usual = {
        key: Message(zh=zh, en=str(kind.default_error_messages[key]))
        for (kind, key), zh in _OF_FIELDS.items()
        if isinstance(field, kind) and field.error_messages.get(key) == kind.default_error_messages[key]
    }
    field.error_messages = {**field.error_messages, **usual}
    field.validators = [_in_both(validator, field.metadata) for validator in field.validators]
    for inner in _inside(field):
        bilingual_field(inner)
    entered = _ENTERED.get()
    if isinstance(field, fields.Nested) and len(set(entered)) == len(entered):
        bilingual(field.schema)
    return field


def _inside(field: fields.Field[Any]) -> Iterator[fields.Field[Any]]:
    if isinstance(field, fields.List):
        yield field.inner
    elif isinstance(field, fields.Tuple):
        yield from field.tuple_fields
    elif isinstance(field, fields.Mapping):
        yield from (inner for inner in (field.key_field, field.value_field) if inner is not None)


def _in_both(validator: Callable[[Any], Any], metadata: Mapping[str, Any]) -> Callable[[Any], Any]:
    """A validator of marshmallow that says what it says in both languages; any other as it is."""
    if type(validator) not in _VALIDATORS:
        return validator
    said = copy.copy(validator)
    match said:
        case validate.OneOf(error=validate.OneOf.default_message):
            said.error = _one_of(said, metadata.get("choices"))
        case validate.Length(error=None):
            said.message_min = Message(zh="不能少于{min}。", en=said.message_min)
        case validate.Range(error=None, min_inclusive=inclusive, max_inclusive=True):
            least, both = _RANGES[inclusive]
            said.message_min = Message(zh=least, en=said.message_min)
            said.message_max = Message(zh="不能大于{max}。", en=said.message_max)
            said.message_all = Message(zh=both, en=said.message_all)
    return said


def _one_of(validator: validate.OneOf, titles: object) -> Message:
    """What is allowed, in Chinese by the titles of a field's `choices` where these are the words allowed."""
    if not isinstance(titles, Mapping) or list(titles) != list(validator.choices):
        return ONE_OF
    if not all(isinstance(title, Text) for title in titles.values()):
        return ONE_OF
    words = Text(zh="、".join(title.zh for title in titles.values()), en=validator.choices_text)
    # marshmallow fills in places in braces once more
    return ONE_OF.format(choices=Text(zh=_plain(words.zh), en=_plain(words.en)))


def _plain(words: str) -> str:
    return words.replace("{", "{{").replace("}", "}}")


_VALIDATORS = (validate.Length, validate.OneOf, validate.Range)
_RANGES = {
    True: ("不能小于{min}。", "应在{min}到{max}之间。"),
    False: ("必须大于{min}。", "必须大于{min}，不超过{max}。"),
}
