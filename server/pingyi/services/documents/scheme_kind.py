"""Schemes as documents: channels from the plugins that are installed, each with its own settings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import partial

from marshmallow import Schema
from sqlalchemy import Connection, bindparam, select

from pingyi.channels import Text
from pingyi.channels.messages import bilingual
from pingyi.domain.document_reading import Content, DocumentType
from pingyi.domain.scheme.parse import scheme_type
from pingyi.domain.scheme.telling import points_so_far
from pingyi.models import Period
from pingyi.registry import check_channel, current_registry
from pingyi.schemes import shipped_scheme, shipped_schemes
from pingyi.services.documents.kinds import DocumentKind, Path

_PERIOD = select(Period.key).where(Period.scheme_id == bindparam("scheme")).order_by(Period.id).limit(1)


def checked_scheme_type() -> DocumentType:
    """How schemes are read where plugins are installed: settings are checked too."""
    return scheme_type(partial(check_channel, current_registry()))


def _settings_of(path: Path, channel: Content) -> Schema | None:
    """A channel's settings have the schema of its plugin; before one is chosen there are none."""
    if path[:1] != ("channels",) or path[2:] != ("settings",):
        return None
    chosen = str(channel.get("plugin", ""))
    if not chosen:
        return Schema()
    plugin = current_registry().installed(chosen)
    return bilingual(plugin.settings_schema()) if plugin else None


def _choices(path: Path, content: Content) -> Mapping[str, Text] | None:
    match path:
        case ("channels", _, "plugin"):
            return {key: one.channel.title for key, one in current_registry().channels.items()}
        case ("channels", _, "group") | ("groups", _, "parent"):
            return _titles(content, "groups")
        case ("policies", "tie_break"):
            return {**_titles(content, "groups"), **_titles(content, "channels")}
    return None


def _told(path: Path, content: Content) -> Text | None:
    return points_so_far(content) if path == ("channels",) else None


def _titles(content: Content, part: str) -> dict[str, Text]:
    """The keys of a part's tables, each with what it is called so far."""
    rows = content.get(part)
    tables: Iterable[object] = rows if isinstance(rows, list) else ()
    return {
        key: _title(table.get("title"), key)
        for table in tables
        if isinstance(table, Mapping) and isinstance(key := table.get("key"), str) and key
    }


def _title(said: object, key: str) -> Text:
    title = said if isinstance(said, Mapping) else {}
    return Text(zh=str(title.get("zh") or key), en=str(title.get("en") or key))


def _rests_on_it(connection: Connection, scheme_id: int) -> Text | None:
    period = connection.execute(_PERIOD, {"scheme": scheme_id}).scalar()
    return _IN_USE.format(period=period) if period else None


_IN_USE = Text(
    zh="周期“{period}”用的是这一版，不能再改；请复制为新稿。",
    en="Period {period} uses this version, so it does not change any more: copy it as a new draft.",
)


def _shipped() -> Mapping[str, str]:
    return {key: shipped_scheme(key) for key in shipped_schemes()}


def _text_digest(toml: str, _content: Content) -> bytes:
    return hashlib.sha256(toml.encode()).digest()


SCHEME = DocumentKind(
    key="scheme",
    title=Text(zh="评议方案", en="Scheme"),
    plural=Text(zh="评议方案", en="Schemes"),
    about=Text(
        zh="一次评议的规则：类别、渠道和分值、并列和缺项的处理、等次和末位处理。",
        en="The rules of an evaluation: categories, channels, points, ties, gaps, grades and last places.",
    ),
    document_type=checked_scheme_type,
    identity=frozenset({"key"}),
    ready=_shipped,
    schema_at=_settings_of,
    choices_at=_choices,
    told_at=_told,
    digest=_text_digest,
    rests_on_it=_rests_on_it,
    of_periods=False,  # a period names its one scheme itself
    record="scheme",
    recorded=lambda _kind, key: {"scheme": key},
)
