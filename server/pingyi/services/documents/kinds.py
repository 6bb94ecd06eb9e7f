"""Kinds of documents: how each is read, what it is called, who drafts it and who issues it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema
from sqlalchemy import Connection

from pingyi.channels import Text
from pingyi.domain.canonical import sha256_hex
from pingyi.domain.document_reading import Content, DocumentType
from pingyi.roles import OFFICE_READERS, Role

Path = tuple[str | int, ...]
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def no_documents() -> Mapping[str, str]:
    """A kind that comes with none ready-made."""
    return {}


def no_schema(_path: Path, _holder: Content) -> Schema | None:
    """A kind none of whose parts has a schema that depends on other parts."""
    return None


def any_word(_path: Path, _content: Content) -> Mapping[str, Text] | None:
    """A kind none of whose fields takes its words from other parts."""
    return None


def no_words(_path: Path, _content: Content) -> Text | None:
    """A kind of which nothing is said while it is drafted but what is wrong."""
    return None


def nothing_rests_on_it(_connection: Connection, _document_id: int) -> Text | None:
    """A kind whose drafts may be changed whatever names them."""
    return None


def plain_digest(_toml: str, content: Content) -> bytes:
    """SHA-256 of the content as JSON, in its own order, whatever its layout and comments."""
    said = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
    return bytes.fromhex(sha256_hex(said.encode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLink:
    """A page about one version beside those of every document; `values` are what its address takes."""

    title: Text
    endpoint: str
    values: Mapping[str, Any]


def no_links(_key: str, _version: int, _loaded: Content) -> Sequence[DocumentLink]:
    """A kind whose documents have no pages of their own."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentKind:
    """One kind of documents; `key` is its stored spelling, part of addresses.

    `title`: one of them; `plural`: all of them. `about`: a sentence that says what such a document is for.
    `document_type` says how it is read; the content of every kind has a `title` in both languages.
    `identity`: which of "key" and "version" the content says itself. `ready`: documents that come along, by
    key. `schema_at` gives the schema of a part without one, such as a channel's settings, from the table that
    holds it; `choices_at` the words that a field may take, from the whole content. `digest` is asked of
    contents without errors. `told_at`: what is said at a list about what stands in it so far.
    `rests_on_it`: why a draft may not be changed or discarded any more. `links`:
    pages of its own about a version without errors.
    `of_periods`: whether periods name versions of it; its bundle then brings them along.
    `persons`: 2 where one person asks for the issue and another approves it.
    `record`: the name of the record's leaves; `recorded` what they say of key and kind.
    """

    key: str
    title: Text
    plural: Text
    about: Text
    document_type: Callable[[], DocumentType]
    identity: frozenset[str] = frozenset()
    ready: Callable[[], Mapping[str, str]] = no_documents
    schema_at: Callable[[Path, Content], Schema | None] = no_schema
    choices_at: Callable[[Path, Content], Mapping[str, Text] | None] = any_word
    told_at: Callable[[Path, Content], Text | None] = no_words
    digest: Callable[[str, Content], bytes] = plain_digest
    rests_on_it: Callable[[Connection, int], Text | None] = nothing_rests_on_it
    links: Callable[[str, int, Content], Sequence[DocumentLink]] = no_links
    readers: frozenset[str] = frozenset(OFFICE_READERS)
    drafters: frozenset[str] = frozenset({Role.ADMINISTRATOR})
    issuers: frozenset[str] = frozenset({Role.ADMINISTRATOR})
    persons: int = 1
    of_periods: bool = True
    record: str = "document"
    recorded: Callable[[str, str], Mapping[str, Any]] = lambda kind, key: {"document": kind, "key": key}

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError(f"{self.key!r} is no kind: letters in lower case, digits and _, a letter first")

    def fixed(self, key: str, version: int) -> dict[str, Any]:
        """What of key and version stands in the content itself."""
        return {name: value for name, value in (("key", key), ("version", version)) if name in self.identity}
