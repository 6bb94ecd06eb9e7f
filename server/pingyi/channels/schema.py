"""The base of every channel's entry schema and the fields it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, pre_load, validate, validates_schema

from pingyi.channels.comparing import compared_text
from pingyi.channels.messages import REQUIRED, Message, bilingual
from pingyi.channels.numbers import word
from pingyi.channels.own_words import SETTING, key_in_own_words, keys_named, titled
from pingyi.channels.text import Text
from pingyi.channels.types import Context, Settings

MAX_WORD_CHARACTERS = 200
MAX_TEXT_CHARACTERS = 2000
MAX_COUNT = 10**12
FIRST_YEAR, LAST_YEAR = 1900, 2200
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_DIGITS = re.compile(r"[0-9]{1,13}")
_MIDNIGHT = re.compile(r"[ T]\s*(?:00|24):00(?::00(?:\.0+)?)?$")
_PLAIN_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,20})?")
_SAME_KEY = Message(
    zh="“{first}”和“{second}”是同一项，只能写一次。",
    en='"{first}" and "{second}" are the same; give it once.',
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def title_of(field: fields.Field[Any], name: str = "") -> Text:
    """What a field is called: its metadata `title`, a Text, or `title_zh` and `title_en`; else `name`."""
    meta = field.metadata
    title = meta.get("title")
    if isinstance(title, Text):
        return title
    return Text(zh=str(meta.get("title_zh", name)), en=str(meta.get("title_en", name)))


def context_of(field: fields.Field[Any]) -> Context:
    """The Context of the entry that a field belongs to; without settings where it belongs to none."""
    schema = field.root
    return schema.channel if isinstance(schema, EntrySchema) else Context({})


class Score(fields.Field[Decimal]):
    """A decimal given as text or whole number, never a float: finite, plain notation, at most 20 decimals.

    Loads to a Decimal whose `str` is its canonical word.
    """

    default_error_messages = {
        "invalid": Message(zh="不是普通小数（如“92.5”）。", en='Not a plain decimal number such as "92.5".')
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        text = str(value).strip() if isinstance(value, (str, int, Decimal)) and value is not True else ""
        if not _PLAIN_DECIMAL.fullmatch(text) or isinstance(value, bool):
            raise self.make_error("invalid")
        try:
            return Decimal(word(Decimal(text)))
        except (InvalidOperation, ValueError) as error:
            raise self.make_error("invalid") from error

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else word(value)


class Percent(Score):
    """A share in percent, from 0 to 100: where a spreadsheet says 98 %, it loads to 98."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(min=0, max=100), **kwargs)


class Whole(fields.Field[int]):
    """A whole number from 0 to 10**12, also given as digits."""

    default_error_messages = {"invalid": Message(zh="不是0或正整数。", en="Not a whole number of 0 or more.")}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        digits = value.strip() if isinstance(value, str) else str(value)
        if isinstance(value, (bool, float)) or not _DIGITS.fullmatch(digits) or int(digits) > MAX_COUNT:
            raise self.make_error("invalid")
        return int(digits)


class Word(fields.String):
    """Text of one line without control characters, trimmed; at most 200 characters unless told otherwise."""

    default_error_messages = {
        "too_long": Message(zh="超过{limit}个字。", en="Longer than {limit} characters."),
        "control": Message(zh="含有控制字符。", en="Contains a control character."),
    }

    def __init__(self, *, limit: int = MAX_WORD_CHARACTERS, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if len(text) > self.limit:
            raise self.make_error("too_long", limit=self.limit)
        if _CONTROL.search(text):
            raise self.make_error("control")
        return text


class Month(Word):
    """A calendar month, YYYY-MM."""

    default_error_messages = {
        "month": Message(zh="不是月份（如“2017-03”）。", en='Not a month such as "2017-03".')
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not _MONTH.fullmatch(text):
            raise self.make_error("month")
        return text


class Choice(Word):
    """One of `words`, given by its key or as it is called in Chinese or English. Loads to the key.

    `named_by`: settings that name keys of it, which a scheme may call by words of its own.
    """

    def __init__(self, words: Mapping[str, Text], *, named_by: Sequence[str] = (), **kwargs: Any) -> None:
        metadata = {**kwargs.pop("metadata", {}), "choices": dict(words)}
        super().__init__(validate=validate.OneOf(list(words)), metadata=metadata, **kwargs)
        self.words = dict(words)
        self.named_by = tuple(named_by)
        self._keys = {compared_text(name): key for key, text in words.items() for name in (text.zh, text.en)}

    def words_in(self, settings: Settings) -> dict[str, Text]:
        """What may stand in it and what that is called under these settings."""
        return {**self.words, **titled(self._named(settings), settings)}

    def _named(self, settings: Settings) -> dict[str, Text]:
        return {key: self.words[key] for key in keys_named(settings, self.named_by) if key in self.words}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        context = context_of(self)
        if self.named_by and SETTING in context.settings and text not in self.words:
            text = key_in_own_words(text, self._named(context.settings), context) or text
        return self._keys.get(compared_text(text), text)


class Flag(fields.Boolean):
    """Yes or no: true, false, yes, no, 1, 0, 是, 否, 有, 无, √, ×."""

    truthy = {*fields.Boolean.truthy, "是", "有", "√", "✓", "✔", "☑"}
    falsy = {*fields.Boolean.falsy, "否", "无", "×", "✗", "✘", "☒"}


class Moment(fields.Field[datetime]):
    """A point in time in ISO 8601 with offset; a day alone means its end in the period's zone.

    Without an offset, the period's zone is meant, and midnight is a day alone: so programs write one. Loads
    to an aware datetime of a fixed offset.
    """

    default_error_messages = {
        "invalid": Message(
            zh="不是时间（如“2017-03-01T09:30:00+08:00”）或日期。",
            en='Not a time such as "2017-03-01T09:30:00+08:00" or a date.',
        )
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        text = value.strip() if isinstance(value, str) else ""
        try:
            moment = datetime.fromisoformat(_day_ended(text))
        except ValueError as error:
            raise self.make_error("invalid") from error
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise self.make_error("invalid")
        return self._on_clock(moment)

    def _on_clock(self, moment: datetime) -> datetime:
        # Two times of one ZoneInfo would be compared by their wall clocks, even across a change of clocks.
        offset = (moment if moment.tzinfo else moment.replace(tzinfo=self._zone())).utcoffset()
        return moment.replace(tzinfo=timezone(offset or timedelta()))

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.isoformat()

    def _zone(self) -> ZoneInfo:
        return ZoneInfo(context_of(self).period.time_zone)


def _day_ended(text: str) -> str:
    """A day in any notation as its last second; what names a time as it stands."""
    day = _MIDNIGHT.sub("", text)
    try:
        return f"{date.fromisoformat(day)}T23:59:59"
    except ValueError:
        return text


class EntrySchema(Schema):
    """The base of a channel's entry: static fields, and validators that may read the channel's settings.

    `self.channel` is the Context. Empty cells ("" or null) are "not given" and dropped before loading. A
    field with `metadata={"private": True}` enters the ledger only as a salted commitment. A mapping field
    names the setting that gives its keys: `metadata={"keys": "events"}`. Where the words of a field may head
    the columns of a wide sheet, it names the fields that stand below them: `metadata={"across": ("count",)}`,
    or a function of the word's key and the settings. `unit` may be left out only where `unit_required` is
    False.
    """

    unit_required = True

    unit = Word(
        metadata={
            "title_zh": "单位",
            "title_en": "Unit",
            "also": (
                "承办单位",
                "主办单位",
                "责任单位",
                "被评单位",
                "评议对象",
                "单位代码",
                "部门",
                "办理单位",
            ),
        }
    )

    def __init__(self, context: Context | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channel = context or Context({})
        bilingual(self)

    @pre_load
    def drop_empty_cells(self, data: Any, **_: Any) -> Any:
        """Leave out what was not given; a row that is not a mapping is left for marshmallow to refuse."""
        if not isinstance(data, Mapping):
            return data
        return {key: value for key, value in data.items() if value is not None and value != ""}

    @pre_load
    def read_keys_in_own_words(self, data: Any, **_: Any) -> Any:
        """The keys of a mapping that are given as the scheme calls them; of one key the first cell stands."""
        if SETTING not in self.channel.settings or not isinstance(data, Mapping):
            return data
        read: dict[str, dict[str, Any]] = {}
        for name, cells in self._keyed_cells(data):
            read[name] = {}
            for key, _spelled, cell in cells:
                read[name].setdefault(key, cell)
        return {**data, **read}

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def keys_stand_once(self, _data: Any, original: Any, **_: Any) -> None:
        """Refuse a key of a mapping that is given twice, in two words of which the hook above read one."""
        if SETTING not in self.channel.settings or not isinstance(original, Mapping):
            return
        for name, cells in self._keyed_cells(original):
            first: dict[str, str] = {}
            for key, spelled, _cell in cells:
                if (other := first.setdefault(key, spelled)) != spelled:
                    raise ValidationError(_SAME_KEY.format(first=other, second=spelled), name)

    def _keyed_cells(self, data: Mapping[str, Any]) -> Iterator[tuple[str, list[tuple[str, str, Any]]]]:
        """The cells of each mapping that are filled in: the key meant, what was written, the value."""
        for name, field in self.fields.items():
            keys = self.channel.settings.get(field.metadata.get("keys", ""))
            cells = data.get(name)
            if keys and isinstance(cells, Mapping):
                filled = ((spelled, cell) for spelled, cell in cells.items() if cell not in (None, ""))
                yield name, [(self._key_meant(spelled, keys), spelled, cell) for spelled, cell in filled]

    def _key_meant(self, spelled: str, keys: Mapping[str, Any]) -> str:
        return spelled if spelled in keys else key_in_own_words(spelled, keys, self.channel) or spelled

    # Not in the hook above: there marshmallow would lose the row's number and every other error.
    @validates_schema(skip_on_field_errors=False)
    def unit_is_given(self, data: Any, **_: Any) -> None:
        if self.unit_required and "unit" not in data:
            raise ValidationError(REQUIRED, "unit")
