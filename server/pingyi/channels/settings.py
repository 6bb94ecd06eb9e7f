"""The base of every channel's settings schema, its named presets and the fields it is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validates_schema

from pingyi.channels.key_titles import KeyTitles, title_errors
from pingyi.channels.messages import Message, bilingual
from pingyi.channels.own_words import SETTING, keys_named
from pingyi.channels.schema import EntrySchema, Score, Word
from pingyi.channels.text import Text
from pingyi.channels.wordings import worded

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_QUOTIENT = re.compile(r"[0-9]{1,15}/[1-9][0-9]{0,14}")


class Key(Word):
    """A word that names a measure, an option or an event: letters, digits, "_" and "-"."""

    default_error_messages = {
        "key": Message(
            zh="代号只能用字母、数字、“_”和“-”。", en='Not a key of letters, digits, "_" and "-".'
        ),
        "key_of_settings": Message(
            zh="代号只能用字母、数字、“_”和“-”；中文名称请填在“名称”里。",
            en='Not a key of letters, digits, "_" and "-"; Chinese words belong into "titles".',
        ),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return self.key_of(super()._deserialize(value, attr, data, **kwargs))

    def key_of(self, text: str) -> str:
        """The key that a word is; a ValidationError where it is none."""
        if not _KEY.fullmatch(text):
            raise self.make_error("key" if isinstance(self.root, EntrySchema) else "key_of_settings")
        return text


class Exact(Score):
    """A decimal given as text, or a quotient ("100/9") where no decimal is exact. Loads to a Fraction."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and _QUOTIENT.fullmatch(value.strip()):
            return Fraction(value.strip())
        return Fraction(super()._deserialize(value, attr, data, **kwargs))

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)


VOCABULARIES = (
    ("options", "unscored"),
    ("dimensions",),
    ("strata",),
    ("weights", "bands", "events", "credit", "report_weights"),
    ("items",),
    ("grades",),
)

_PRESET = Message(zh="没有这个预设；可用：{known}。", en="Unknown preset; known here: {known}.")
_PRESET_TITLE = Text(zh="预设", en="Preset")
_PRESETS = worded(
    Text(zh="预设", en="Presets"),
    Text(
        zh="选用一组现成的设置；另行填写的项目，以填写的为准。",
        en="Takes a ready-made group of settings; what is filled in besides wins over it.",
    ),
    row=_PRESET_TITLE,
)

_TITLES = worded(
    Text(zh="名称", en="Titles"),
    Text(
        zh="本方案怎样称呼选项、指标、事项等代号；不填的，用通用名称。",
        en="What this scheme calls the keys of options, measures, events or items; else the usual words.",
    ),
    row=Text(zh="名称", en="Title"),
    rare=True,
)


class SettingsSchema(Schema):
    """The base of what a scheme may set for a channel: what a notice leaves open is required, no default.

    `presets` maps a name to raw settings; `preset = "name"` (or a list of names) fills in what a scheme
    does not give itself. `preset_titles` says what they are called. Loaded lists are tuples. A validator
    refuses settings that cannot score, with the reason. `titles` says what the scheme calls the keys that its
    settings name; `vocabularies`: the settings that name keys, those together whose keys stand in one column.
    """

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    vocabularies: ClassVar[Sequence[Sequence[str]]] = VOCABULARIES

    preset_titles: ClassVar[Mapping[str, Text]] = {}

    preset = fields.List(Word(metadata=worded(_PRESET_TITLE)), metadata=_PRESETS)
    titles = KeyTitles(metadata=_TITLES)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        bilingual(self)

    @pre_load
    def fill_from_presets(self, data: Any, **_: Any) -> Any:
        """Put in the settings of the presets named; explicit ones win, later presets win."""
        if not isinstance(data, Mapping) or "preset" not in data:
            return data
        names = data["preset"] if isinstance(data["preset"], (list, tuple)) else [data["preset"]]
        filled: dict[str, Any] = {}
        for name in names:
            if not isinstance(name, str) or name not in self.presets:
                known = ", ".join(sorted(self.presets)) or "-"
                raise ValidationError(_PRESET.format(known=known), "preset")
            filled.update(self.presets[name])
        return {**filled, **data, "preset": list(names)}

    @validates_schema
    def words_have_one_meaning(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a title for a key that no setting names, and a word that means two keys of one column."""
        field = self.fields.get(SETTING)
        if isinstance(field, KeyTitles) and SETTING in data:
            vocabularies = [keys_named(data, names) for names in self.vocabularies]
            if wrong := title_errors(data[SETTING], vocabularies):
                raise ValidationError({SETTING: wrong})

    @post_load
    def freeze(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Make every loaded list a tuple: settings never change."""
        return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
