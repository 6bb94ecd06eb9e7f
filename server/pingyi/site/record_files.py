"""The record as anybody's tools read it: checkpoints, tiles and entries (C2SP tlog-tiles)."""

from __future__ import annotations

from flask import Blueprint, Response

from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.ledger.queries import newest_checkpoint
from pingyi.ledger.tiles import bundle_bytes, read_number_path, size_of, tile_bytes
from pingyi.ledger.tree import TILE_HEIGHT, TILE_WIDTH
from pingyi.ledger.tree_heads import verifier_of_epoch
from pingyi.services.core.errors import not_found
from pingyi.web.policy import PUBLIC, policy

blueprint = Blueprint("record", __name__, url_prefix="/ledger/<int:epoch>")
HIGHEST_LEVEL = 5
_TEXT, _BYTES = "text/plain; charset=utf-8", "application/octet-stream"
_CHANGING, _FOR_EVER = "public, max-age=1", "public, max-age=31536000, immutable"


@blueprint.get("/checkpoint")
@policy(PUBLIC)
def checkpoint(epoch: int) -> Response:
    """The newest signed head of an epoch, with the lines of witnesses."""
    with transaction() as connection:
        note = newest_checkpoint(connection, epoch)
    return _answer(note, _TEXT, _CHANGING)


@blueprint.get("/vkey")
@policy(PUBLIC)
def verifier(epoch: int) -> Response:
    """The key by which the heads of an epoch are checked."""
    with transaction() as connection:
        key = verifier_of_epoch(connection, epoch)
    return _answer(key and f"{key}\n", _TEXT, _FOR_EVER)


@blueprint.get("/tile/entries/<path:place>")
@policy(PUBLIC)
def entries(epoch: int, place: str) -> Response:
    """Up to 256 entries: of every leaf the period it belongs to and its digest, nothing else."""
    number, width = _place(place)
    with transaction() as connection:
        found = None
        if _covers(size_of(connection, epoch), number, width):
            found = bundle_bytes(connection, epoch, number, width)
    return _answer(found, _BYTES, _FOR_EVER)


@blueprint.get("/tile/<int:level>/<path:place>")
@policy(PUBLIC)
def tile(epoch: int, level: int, place: str) -> Response:
    """Up to 256 hashes of a level side by side."""
    number, width = _place(place)
    with transaction() as connection:
        found = None
        if level <= HIGHEST_LEVEL and _covers(
            size_of(connection, epoch) >> TILE_HEIGHT * level, number, width
        ):
            found = tile_bytes(connection, epoch, level, number, width)
    return _answer(found, _BYTES, _FOR_EVER)


def _place(place: str) -> tuple[int, int]:
    """A tile's number, and its width where it is a part: `x001/067.p/9`."""
    groups, width = place.split("/"), TILE_WIDTH
    if len(groups) > 1 and groups[-2].endswith(".p"):
        part = groups.pop()
        groups[-1] = groups[-1].removesuffix(".p")
        width = int(part) if part.isascii() and part.isdigit() and len(part) <= 3 else 0
        if part != str(width) or not 0 < width < TILE_WIDTH:
            raise _missing()
    number = read_number_path(groups)
    if number is None:
        raise _missing()
    return number, width


def _covers(size: int, number: int, width: int) -> bool:
    return number * TILE_WIDTH + width <= size


def _answer(content: str | bytes | None, kind: str, kept: str) -> Response:
    if content is None:
        raise _missing()
    return Response(content, content_type=kind, headers={"Cache-Control": kept})


def _missing() -> Problem:
    return not_found(zh="这部分记录", en="That part of the record")
