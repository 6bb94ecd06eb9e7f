"""Files that prove entries: kept under their SHA-256, read by few, removed where no entry refers to them."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import BigInteger, Connection, bindparam, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from pingyi.channels import Text
from pingyi.database_refusals import not_open
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.domain.period_state import PeriodState
from pingyi.extensions import evidence_readers
from pingyi.ledger.leaves import record
from pingyi.models import Evidence
from pingyi.services.core.bound_channels import ChannelRef, bound_channel
from pingyi.services.core.callers import Caller
from pingyi.services.core.errors import forbidden, not_found
from pingyi.services.evidence.files import (
    SLICES,
    is_half,
    media_type_of,
    old_files,
    path_of,
    read_file,
    write_file,
)
from pingyi.services.intake.evidence_references import reference_to
from pingyi.services.uploads.uploads import own_channel
from pingyi.settings import Settings

KEPT_SECONDS = 86_400
_KEEP = insert(Evidence).on_conflict_do_update(
    index_elements=[Evidence.digest, Evidence.channel_id], set_={"uploaded_at": func.now()}
)
_MEDIA_TYPE = select(Evidence.media_type).where(
    Evidence.digest == bindparam("file"), Evidence.channel_id == bindparam("channel")
)
_IS_KEPT = select(exists().where(Evidence.digest == bindparam("file")))
_FORGET = (
    delete(Evidence)
    .where(~Evidence.referred, Evidence.uploaded_at < func.now() - timedelta(seconds=KEPT_SECONDS))
    .returning(Evidence.digest)
)
_LOCK = select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger)))


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file as it is kept; `reference` is what an entry writes to refer to it."""

    sha256: str
    size: int
    media_type: str
    reference: str


def _settings() -> Settings:
    settings: Settings = current_app.extensions["pingyi.configuration"]
    return settings


def most_bytes() -> int:
    """How large an evidence file may be."""
    return _settings().max_evidence_bytes


def keep_evidence(caller: Caller, place: ChannelRef, content: bytes) -> EvidenceFile:
    """Keep a file that was sent for a channel; the same bytes are the same file.

    Raises Problem: body_too_large and those of `keep_brought`.
    """
    with transaction() as connection:
        if own_channel(connection, caller, place).state != PeriodState.OPEN:
            raise not_open()
    if len(content) > most_bytes():
        raise Problem("body_too_large", 413, _TOO_LARGE.format(most=most_bytes()))
    return keep_brought(caller, place, content)


def keep_brought(caller: Caller, place: ChannelRef, content: bytes) -> EvidenceFile:
    """Keep a file of any size for a channel.

    Raises Problem: not_found, forbidden, period_not_open, file_empty, evidence_type.
    """
    media_type = _media_type(content)
    with transaction() as connection:
        working = own_channel(connection, caller, place)
        if working.state != PeriodState.OPEN:
            raise not_open()
        digest = _locked_write(connection, content)
        file = {"digest": digest, "channel_id": working.id, "media_type": media_type, "size": len(content)}
        connection.execute(_KEEP, {**file, "uploaded_by": caller.name})
    return EvidenceFile(digest.hex(), len(content), media_type, reference_to(digest))


def _media_type(content: bytes) -> str:
    if not content:
        raise Problem("file_empty", 422, _EMPTY)
    media_type = media_type_of(content)
    if media_type is None:
        raise Problem("evidence_type", 415, _TYPE)
    return media_type


_EMPTY = Text(zh="文件是空的。", en="The file is empty.")
_TOO_LARGE = Text(zh="文件超过{most}字节。", en="The file is larger than {most} bytes.")
_TYPE = Text(
    zh="只接受 PDF、PNG、JPEG、XLSX、DOCX（不含宏）和纯文本文件。",
    en="Only PDF, PNG, JPEG, XLSX, DOCX (without macros) and plain text are taken.",
)


def _locked_write(connection: Connection, content: bytes) -> bytes:
    """Write the file before its row, so that a crash between them leaves no row without its file."""
    _lock(connection, hashlib.sha256(content).digest())
    return write_file(_settings().evidence_folder, content)


def evidence_content(caller: Caller, place: ChannelRef, digest: bytes) -> tuple[bytes, str]:
    """A file's bytes and media type, for the channel's operator and the office's readers.

    A reader who is not the operator is named in the record.

    Raises Problem: not_found, forbidden, evidence_damaged (gone, or no longer the bytes of its SHA-256).
    """
    with transaction() as connection:
        working = bound_channel(connection, place)
        own = caller.may_deliver(working.operator_id, working.key)
        if not (own or caller.roles & evidence_readers()):
            raise forbidden()
        asked = {"file": digest, "channel": working.id}
        media_type = connection.execute(_MEDIA_TYPE, asked).scalar_one_or_none()
        if media_type is not None and not own:
            content = {"period": place.period, "channel": place.channel, "evidence": digest.hex()}
            record(connection, "data.read_sensitive", {**content, "by": caller.name}, working.period_id)
    if media_type is None:
        raise not_found(zh=f"佐证文件{digest.hex()}", en=f"Evidence file {digest.hex()}")
    found = read_file(_settings().evidence_folder, digest)
    if found is None:
        raise Problem("evidence_damaged", 500, _DAMAGED)
    return found, media_type


_DAMAGED = Text(
    zh="佐证文件缺失或内容已变，与其SHA-256不符；请通知管理员从备份恢复。",
    en="The evidence file is gone or no longer matches its SHA-256; the administrator restores it.",
)


def clean_evidence() -> int:
    """Remove what no entry refers to and is older than a day; returns how many files went.

    The rows go first. Of files without a row, which a crash leaves, one part in 256 is looked at.
    """
    with transaction() as connection:
        digests = set(connection.execute(_FORGET).scalars())
    folder = _settings().evidence_folder
    gone = sum(_remove(path_of(folder, digest)) for digest in digests)
    return gone + clean_part(int(time.time()) // _settings().sweep_seconds % SLICES)


def clean_part(part: int) -> int:
    """Remove the old files without a row in one of the 256 parts of the folder; returns how many."""
    old = list(old_files(_settings().evidence_folder, part, KEPT_SECONDS))
    return sum(_remove(path) for path in old)


def _remove(path: Path) -> bool:
    """Remove a file unless a channel has it; whoever brings the same bytes meanwhile waits."""
    if is_half(path):
        path.unlink(missing_ok=True)
        return True
    digest = bytes.fromhex(path.name)
    with transaction() as connection:
        _lock(connection, digest)
        if connection.execute(_IS_KEPT, {"file": digest}).scalar_one() or not path.exists():
            return False
        path.unlink()
    return True


def _lock(connection: Connection, digest: bytes) -> None:
    number = int.from_bytes(digest[:8], signed=True)
    connection.execute(_LOCK, {"number": number})
