"""Questionnaires as data: a TOML document checked as a whole, with a digest, in step with its channel."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from pingyi.channels import Text
from pingyi.channels.families.ballot.settings import ONLY, PAPER
from pingyi.domain.canonical import canonical_json, sha256_hex
from pingyi.domain.document_messages import pointer
from pingyi.domain.document_reading import DocumentType, read_document
from pingyi.domain.errors import FieldError
from pingyi_surveys.questionnaires.messages import MESSAGES, field_error
from pingyi_surveys.questionnaires.schema import QuestionnaireTable, cross_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    key: str
    title: Text
    scored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one dimension is called, and what is meant by it, for the units of some categories."""

    title: Text
    hint: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    key: str
    wording: Mapping[str, Words]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Serves the units of its categories; the one without categories serves all the others."""

    key: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    title: Text
    hint: Text | None
    max_characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """What a ballot asks of every unit: its dimensions, each answered by one of the options.

    `require_all`: every dimension must be answered; else what is left open is an abstention. An answer is a
    position in `options`, those that score first. `comment` is None where none may be given.
    """

    key: str
    version: int
    title: Text
    require_all: bool
    wordings: tuple[Wording, ...]
    options: tuple[Option, ...]
    dimensions: tuple[Dimension, ...]
    comment: Comment | None

    def wording_of(self, category: str) -> str:
        """The key of the wording that serves the units of a category."""
        general = next(one.key for one in self.wordings if not one.categories)
        return next((one.key for one in self.wordings if category in one.categories), general)

    def words(self, category: str) -> tuple[Words, ...]:
        """The words of every dimension, in order, for the units of a category."""
        wording = self.wording_of(category)
        return tuple(dimension.wording[wording] for dimension in self.dimensions)

    @property
    def scored(self) -> int:
        """How many of the options are worth points: they come first."""
        return sum(option.scored for option in self.options)

    @property
    def comment_bytes(self) -> int:
        """The bytes that hold any comment allowed, 0 where there is none."""
        return self.comment.max_characters * 4 if self.comment else 0

    def digest(self) -> str:
        """The SHA-256 of its canonical form in hexadecimal: the same however the document was laid out."""
        return sha256_hex(canonical_form(self))


QUESTIONNAIRE = DocumentType(
    schema=QuestionnaireTable,
    invalid="questionnaire_invalid",
    name=Text(zh="问卷", en="questionnaire"),
    messages=MESSAGES,
    rules=cross_errors,
)


def parse_questionnaire(document: str) -> Questionnaire:
    """The questionnaire of a TOML document.

    Raises Problem("questionnaire_invalid", 422) that names everything wrong, each with pointer and line.
    """
    return _build(read_document(QUESTIONNAIRE, document))


def canonical_form(questionnaire: Questionnaire) -> bytes:
    """Its content as canonical JSON: what the digest covers and the record commits to."""
    comment = questionnaire.comment
    return canonical_json(
        {
            "key": questionnaire.key,
            "version": questionnaire.version,
            "title": _plain(questionnaire.title),
            "require_all": questionnaire.require_all,
            "wordings": [{"key": one.key, "categories": one.categories} for one in questionnaire.wordings],
            "options": [
                {"key": one.key, "title": _plain(one.title), "scored": one.scored}
                for one in questionnaire.options
            ],
            "dimensions": [
                {"key": one.key, "wording": {key: _plain_words(words) for key, words in one.wording.items()}}
                for one in questionnaire.dimensions
            ],
            "comment": comment and {**_plain_words(comment), "max_characters": comment.max_characters},
        }
    )


def disagreements(
    questionnaire: Questionnaire, settings: Mapping[str, Any], categories: Collection[str] | None = None
) -> tuple[FieldError, ...]:
    """Where a questionnaire and a ballots channel do not fit: pointers lead into the questionnaire.

    `settings`: the channel's, presets filled in; their `options`, `unscored` and `dimensions` must be
    those of the questionnaire. `categories`: the scheme's, where the wordings are to be checked too. Nothing
    is found where they agree.
    """
    return (
        *_option_disagreements(questionnaire, settings),
        *_dimension_disagreements(questionnaire, settings),
        *_category_disagreements(questionnaire, categories),
    )


def ready_questionnaires() -> tuple[str, ...]:
    """The keys of the questionnaires that come with the package."""
    names = (entry.name for entry in (files(__package__) / "ready").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def ready_questionnaire(key: str) -> str:
    """The TOML document of a ready-made questionnaire; KeyError where there is none of this key."""
    if key not in ready_questionnaires():
        raise KeyError(key)
    return (files(__package__) / "ready" / f"{key}.toml").read_text(encoding="utf-8")


def _plain(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _plain_words(words: Words | Comment) -> dict[str, Any]:
    return {"title": _plain(words.title), "hint": words.hint and _plain(words.hint)}


def _option_disagreements(questionnaire: Questionnaire, settings: Mapping[str, Any]) -> Iterator[FieldError]:
    there = dict.fromkeys(settings["options"], True)
    there |= dict.fromkeys((key for key in settings["unscored"] if key not in PAPER), False)
    for position, option in enumerate(questionnaire.options):
        scored = there.pop(option.key, None)
        if scored is None:
            yield field_error("option_unknown", pointer("options", position), key=option.key)
        elif scored != option.scored:
            code = "option_scored" if scored else "option_unscored"
            yield field_error(code, pointer("options", position), key=option.key)
    for key in there:
        yield field_error("option_missing", pointer("options"), key=key)


def _dimension_disagreements(
    questionnaire: Questionnaire, settings: Mapping[str, Any]
) -> Iterator[FieldError]:
    there = dict.fromkeys(settings.get("dimensions") or (ONLY,))
    for position, dimension in enumerate(questionnaire.dimensions):
        if dimension.key not in there:
            yield field_error("dimension_unknown", pointer("dimensions", position), key=dimension.key)
        there.pop(dimension.key, None)
    for key in there:
        yield field_error("dimension_missing", pointer("dimensions"), key=key)


def _category_disagreements(
    questionnaire: Questionnaire, categories: Collection[str] | None
) -> Iterator[FieldError]:
    for position, wording in enumerate(questionnaire.wordings):
        for place, category in enumerate(wording.categories):
            if categories is not None and category not in categories:
                where = pointer("wordings", position, "categories", place)
                yield field_error("unknown_category", where, key=category)


def _title_or_none(table: Mapping[str, str] | None) -> Text | None:
    return None if table is None else _title(table)


def _title(table: Mapping[str, str]) -> Text:
    return Text(zh=table["zh"].strip(), en=table["en"].strip())


def _build(document: Mapping[str, Any]) -> Questionnaire:
    comment = document.get("comment")
    return Questionnaire(
        key=document["key"],
        version=document["version"],
        title=_title(document["title"]),
        require_all=document["require_all"],
        wordings=tuple(
            Wording(key=table["key"], categories=tuple(table["categories"])) for table in document["wordings"]
        ),
        options=tuple(
            Option(key=table["key"], title=_title(table["title"]), scored=table["scored"])
            for table in document["options"]
        ),
        dimensions=tuple(_dimension(table) for table in document["dimensions"]),
        comment=comment
        and Comment(
            title=_title(comment["title"]),
            hint=_title_or_none(comment.get("hint")),
            max_characters=comment["max_characters"],
        ),
    )


def _dimension(table: Mapping[str, Any]) -> Dimension:
    wording = {
        key: Words(title=_title(words["title"]), hint=_title_or_none(words.get("hint")))
        for key, words in table["wording"].items()
    }
    return Dimension(key=table["key"], wording=wording)
