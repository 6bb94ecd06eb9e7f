"""Words in Chinese and English, always together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One message or title in both languages; Chinese (Simplified) is the first."""

    zh: str
    en: str

    def get(self, language: str) -> str:
        """The words in `language` ("zh" or "en"; anything else is Chinese)."""
        return self.en if language == "en" else self.zh

    def format(self, **values: object) -> Text:
        """The same message with `{name}` places filled in both languages, by a Text in its own."""
        zh = {name: value.zh if isinstance(value, Text) else value for name, value in values.items()}
        en = {name: value.en if isinstance(value, Text) else value for name, value in values.items()}
        return Text(zh=self.zh.format(**zh), en=self.en.format(**en))
