"""Leaves: canonical bytes without personal data, and their RFC 9162 hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert

from pingyi.domain.canonical import canonical_json
from pingyi.models import Leaf

NONCE_BYTES = 16
_WRITE = insert(Leaf).inline()  # nobody asks for its id


def leaf_hash(body: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf's bytes (RFC 9162, 2.1.1)."""
    return hashlib.sha256(b"\x00" + body).digest()


def commitment(salt: bytes, value: Any) -> str:
    """SHA-256 of a salt and the value's canonical bytes, in hex: it stands for a private value in a leaf."""
    return hashlib.sha256(salt + canonical_json(value)).hexdigest()


def leaf_body(kind: str, content: Mapping[str, Any]) -> bytes:
    """Canonical JSON of a leaf; a random nonce keeps an unpublished leaf from being guessed.

    ValueError for content that would replace the leaf's own kind or nonce.
    """
    if {"kind", "nonce"} & content.keys():
        raise ValueError("a leaf's kind and nonce are its own")
    return canonical_json({"kind": kind, "nonce": secrets.token_hex(NONCE_BYTES), **content})


def record(
    connection: Connection, kind: str, content: Mapping[str, Any], period_id: int | None = None
) -> bytes:
    """Write the leaf of an act in the act's own transaction; returns the leaf hash."""
    body = leaf_body(kind, content)
    digest = leaf_hash(body)
    connection.execute(_WRITE, {"kind": kind, "period_id": period_id, "body": body, "hash": digest})
    return digest
