"""Everything that a running installation has stored, and the search for secrets in any spelling in it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import psycopg
from redis import Redis
from sqlalchemy.engine import make_url
from tests.faults.installation import Installation

from pingyi.backups.postgres_clients import find_clients
from pingyi_surveys.ballot.card_codes import grouped, write_card

KEYED = 8
"""By so many bytes a piece is looked up; no piece of a secret is shorter."""
_MIXED, _DOWN = np.uint64(0x9E3779B97F4A7C15), np.uint64(42)

Found = set[tuple[str, str]]


class Needles:
    """Pieces of secrets by what they are of; a part of a secret is found like the whole."""

    def __init__(self) -> None:
        self._pieces: dict[bytes, set[tuple[bytes, str]]] = {}

    def add(self, name: str, *pieces: bytes) -> None:
        for piece in pieces:
            assert len(piece) >= KEYED, (name, piece)
            self._pieces.setdefault(piece[:KEYED], set()).add((piece, name))

    def secret(self, name: str, raw: bytes) -> None:
        """Bytes of chance: each half raw and in hex, and in base64."""
        half = len(raw) // 2
        written = base64.b64encode(raw)[: len(raw) * 4 // 3]
        self.add(name, raw[:half], raw[half:], raw.hex()[: 2 * half].encode(), raw.hex()[2 * half :].encode())
        self.add(name, raw.hex().upper()[: 2 * half].encode(), raw.hex().upper()[2 * half :].encode())
        self.add(name, written, written.translate(bytes.maketrans(b"+/", b"-_")))

    def card(self, name: str, token: bytes) -> None:
        """A card: its bytes, and its characters as they are printed, typed and linked."""
        self.secret(name, token)
        code = write_card(token)
        for spelling in (code, code.lower(), grouped(code), grouped(code).lower()):
            self.add(name, spelling[:12].encode(), spelling[-12:].encode())

    def words(self, name: str, text: str) -> None:
        """What somebody wrote: as it is, in an address, in a form, in JSON, in other encodings."""
        escaped = text.encode("unicode_escape")
        self.add(name, text.encode(), quote(text).encode(), quote(text).lower().encode(), escaped)
        self.add(name, text.encode("utf-16-le"), text.encode("gb18030"), text.encode().hex().encode())

    def inside(self, content: bytes) -> set[str]:
        """Of which secrets a piece is in these bytes."""
        found: set[str] = set()
        table = self._table
        for shift in range(min(KEYED, max(0, len(content) - KEYED + 1))):
            size = (len(content) - shift) // KEYED
            words = np.frombuffer(content, dtype="<u8", count=size, offset=shift)
            for place in np.flatnonzero(table[words * _MIXED >> _DOWN]):
                at = shift + int(place) * KEYED
                for piece, name in self._pieces.get(content[at : at + KEYED], ()):
                    if content.startswith(piece, at):
                        found.add(name)
        return found

    @cached_property
    def _table(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Where a mixed key may lie; made with the first search, so nothing is added afterwards."""
        keys = np.array([int.from_bytes(key, "little") for key in self._pieces], dtype=np.uint64)
        table = np.zeros(1 << 22, dtype=bool)
        table[keys * _MIXED >> _DOWN] = True
        return table

    def among(self, parts: Iterable[tuple[str, bytes]]) -> Found:
        """What is found of what: place and secret."""
        return {(place, name) for place, content in parts for name in self.inside(content)}


def everything(place: Installation) -> Iterator[tuple[str, bytes]]:
    """All that is stored: tables as text and bytes, a dump, and every file but those of ballot keys."""
    yield from tables(place)
    with superuser(place) as connection:
        connection.execute("CHECKPOINT")
    with closing(Redis.from_url(place.settings().redis_url)) as redis:
        redis.save()
    yield "dump", dump_of(place)
    for path in sorted(place.folder.rglob("*")):
        if path.is_file() and path.suffix not in {".keys", ".box"}:
            yield _kind_of(path, place), path.read_bytes()


def _kind_of(path: Path, place: Installation) -> str:
    inside = path.relative_to(place.folder)
    kinds = {"pg_wal": "write-ahead log", "log": "log", "valkey": "valkey", "postgres": "database files"}
    return next((kind for part, kind in kinds.items() if part in inside.parts), str(inside))


def superuser(place: Installation) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection that nothing is hidden from."""
    password = json.loads((place.state / "passwords.json").read_bytes())["postgres"]
    url = make_url(place.settings().owner_database_url).set(username="postgres", password=password)
    shown = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(shown, autocommit=True)


def tables(place: Installation) -> Iterator[tuple[str, bytes]]:
    """Every row of every table, catalogs and statistics too: as text, and what is bytes as bytes."""
    with superuser(place) as connection:
        names = connection.execute(_TABLES).fetchall()
        for schema, name in names:
            with connection.cursor().copy(f'COPY (SELECT * FROM "{schema}"."{name}") TO STDOUT') as copy:
                yield f"table {name}", b"".join(bytes(part) for part in copy)
        for schema, name, column in connection.execute(_BYTES).fetchall():
            rows = connection.execute(f'SELECT "{column}" FROM "{schema}"."{name}"').fetchall()
            yield f"bytes of {name}.{column}", b"".join(bytes(row[0]) for row in rows if row[0])


_TABLES = """
SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'
UNION SELECT 'pg_catalog', 'pg_stats' UNION SELECT 'pg_catalog', 'pg_stat_activity'
"""
_BYTES = """
SELECT table_schema, table_name, column_name FROM information_schema.columns
WHERE data_type = 'bytea' AND table_schema = 'public'
"""


def dump_of(place: Installation) -> bytes:
    """A plain dump of the database, as a backup holds it."""
    with find_clients(place.settings().owner_database_url).running("pg_dump", stdout=-1) as running:
        assert running.process.stdout
        content: bytes = running.process.stdout.read()
        running.finish()
    return content
