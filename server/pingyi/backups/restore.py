"""Restores a backup, and has the record say what was lost instead of going on in silence."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis
from sqlalchemy import Connection, delete, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from pingyi import migrations
from pingyi.backups.archive import CHECKPOINT, EVIDENCE, Backup
from pingyi.backups.load_dump import load
from pingyi.backups.lost_leaves import Gap, find_gaps, tell_lost
from pingyi.backups.messages import refusal
from pingyi.backups.postgres_clients import connected
from pingyi.backups.queries import others_connected
from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.ledger.keys import load_key
from pingyi.ledger.messages import refusal as sealing_refusal
from pingyi.ledger.notes import public_bytes, read_checkpoint, read_verifier, verifier_key, verify
from pingyi.ledger.sealing import seal, sealer_engine
from pingyi.ledger.static_files import Known, close_epoch, keep_known, newest_known, publish
from pingyi.models import Epoch, Leaf, Session
from pingyi.services.evidence.files import write_file
from pingyi.settings import Settings

_LEAVES = select(func.count()).select_from(Leaf)
_NEWEST_KEY = select(Epoch.verifier_key).order_by(Epoch.number.desc()).limit(1)
_NEWEST_EPOCH = select(func.coalesce(func.max(Epoch.number), 0))
_END_SESSIONS = delete(Session)


@dataclass(slots=True, kw_only=True)
class Restored:
    """What a restore came to."""

    head: str
    epoch: int
    sealed_before: int
    evidence: int
    gaps: list[Gap] = field(default_factory=list)

    def sentences(self) -> list[Text]:
        """What stands again, the gap in words, and the epoch in which the record goes on."""
        said = [
            Text(
                zh="已恢复到树头 {head}，以及 {evidence} 个证明材料文件。",
                en="Restored up to the head {head}, with {evidence} evidence files.",
            ).format(head=self.head or "-", evidence=self.evidence)
        ]
        said += [sentence for gap in self.gaps for sentence in gap.sentences()]
        said += [_REVOKE] if self.gaps else []
        if self.epoch > self.sealed_before:
            said.append(_NEW_EPOCH.format(epoch=self.epoch))
            if not self.gaps:
                said.append(_NOBODY_KNOWS)
        else:
            said.append(_NO_GAP)
        return said


_REVOKE = Text(
    zh="备份之后吊销的密钥和停用的账号又有效了，请重新处理；所有人须重新登录。",
    en="Keys revoked and accounts disabled since the backup are valid again: see to them. "
    "Everybody has to sign in anew.",
)
_NEW_EPOCH = Text(
    zh="记录在第{epoch}期继续；其首条写明恢复前已知的树头和恢复到的树头。",
    en="The record goes on in epoch {epoch}; "
    "its first entry names the head known before and the one restored.",
)
_NOBODY_KNOWS = Text(
    zh="树头目录中没有这份备份之后的树头：其后是否还有封存的条目，请与见证方和外部保存的树头核对。",
    en="The folder of heads knows none after this backup; ask witnesses and whoever keeps heads "
    "whether more had been sealed.",
)
_NO_GAP = Text(
    zh="备份之后没有封存过任何条目，记录原样继续。",
    en="Nothing had been sealed after the backup: the record goes on as it was.",
)


def check_restorable(backup: Backup, settings: Settings) -> None:
    """Refuse what could not be gone on with: Problem backup_newer, backup_other_key, sealer_key_missing."""
    revision = str(backup.contents["revision"])
    if not migrations.is_known(revision):
        raise refusal("backup_newer", path=backup.path, revision=revision)
    key = public_bytes(load_key(settings.sealer_key_file).public_key())
    head = backup.contents["head"]
    if head and read_verifier(head["verifier_key"])[1] != key:
        raise refusal("backup_other_key", key=settings.sealer_key_file)


def restore(backup: Backup, settings: Settings, known: list[Path], *, replace: bool) -> Restored:
    """Restore into the database of `settings`; `known` are files with heads that were kept elsewhere.

    Raises Problem restore_living, restore_filled, head_foreign, client_missing, client_failed and what the
    sealer refuses; the database is replaced whole or not at all.
    """
    if not settings.sealer_database_url:
        raise sealing_refusal("no_sealer_url")
    check_restorable(backup, settings)
    with connected(settings.owner_database_url) as connection:
        _require_unused(connection, replace=replace)
    _keep_heads(backup, settings, known)
    evidence = _put_evidence(backup, settings.evidence_folder)
    _forget_jobs(settings.redis_url)
    load(backup, settings.owner_database_url)
    migrations.upgrade(settings.owner_database_url)
    _end_sessions(settings.owner_database_url)
    return _go_on(backup, settings, evidence)


def _require_unused(connection: Connection, *, replace: bool) -> None:
    deadline = time.monotonic() + _LEAVING_SECONDS
    while others_connected(connection):
        if time.monotonic() > deadline:
            raise refusal("restore_living")
        time.sleep(0.02)
    if not inspect(connection).has_table(Leaf.__tablename__):
        return
    leaves = connection.execute(_LEAVES).scalar_one()
    if leaves and not replace:
        raise refusal("restore_filled", leaves=leaves)


# The server still lists a connection for a moment after it was closed.
_LEAVING_SECONDS = 1.0


def _keep_heads(backup: Backup, settings: Settings, known: list[Path]) -> None:
    """Bring the folder of heads up to the highest head that is known anywhere, before any of them is lost."""
    key = public_bytes(load_key(settings.sealer_key_file).public_key())
    with connected(settings.owner_database_url) as connection:
        has_record = inspect(connection).has_table(Epoch.__tablename__)
        verifier = connection.execute(_NEWEST_KEY).scalar() if has_record else None
    if verifier and read_verifier(verifier)[1] == key:
        _seal_what_goes(settings)
    for path in known:
        try:
            note = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise refusal("head_foreign", path=path) from error
        _keep(settings.heads_folder, note, key, path)
    _close_what_nobody_knows(backup, settings, newest_known(settings.heads_folder, key))
    own = backup.read(CHECKPOINT)
    if own is not None:
        # Only now: what came with the backup does not say that nothing came after it.
        _keep(settings.heads_folder, own.decode(errors="replace"), key, backup.path)


def _seal_what_goes(settings: Settings) -> None:
    """Seal what waits in the state that is replaced: what was acknowledged is then missed by name.

    A damaged record cannot be sealed; it may be why there is a restore.
    """
    with suppress(Problem, SQLAlchemyError):
        seal(settings)
    with suppress(SQLAlchemyError), sealer_engine(settings) as engine, engine.connect() as living:
        publish(living, settings.heads_folder)


def _keep(folder: Path, note: str, key: bytes, path: Path) -> None:
    try:
        found = read_checkpoint(note)
        epoch = int(found.origin.rpartition("/")[2])
    except ValueError as error:
        raise refusal("head_foreign", path=path) from error
    if not verify(note, verifier_key(found.origin, key)):
        raise refusal("head_foreign", path=path)
    keep_known(folder, epoch, note)


def _close_what_nobody_knows(backup: Backup, settings: Settings, known: Known | None) -> None:
    """Where no head as new as the backup's is known, later ones may be out: the epoch is closed."""
    head = backup.contents["head"]
    if head and (known is None or (known.epoch, known.checkpoint.size) < (head["epoch"], head["size"])):
        close_epoch(settings.heads_folder, head["epoch"])


def _put_evidence(backup: Backup, folder: Path) -> int:
    for name in backup.evidence:
        write_file(folder, backup.read(f"{EVIDENCE}{name}") or b"")
    return len(backup.evidence)


def _end_sessions(owner_url: str) -> None:
    """Whoever signed out or was locked out since the backup is not signed in again by it."""
    with connected(owner_url) as connection:
        connection.execute(_END_SESSIONS)


def _forget_jobs(redis_url: str) -> None:
    """Jobs of the lost state bear numbers that the restored one gives again; the outbox asks anew."""
    if not redis_url:
        return
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter("rq:*"):
            redis.delete(key)


def _go_on(backup: Backup, settings: Settings, evidence: int) -> Restored:
    head = backup.contents["head"]
    epoch, size = (head["epoch"], head["size"]) if head else (0, 0)
    gaps = find_gaps(settings.heads_folder, epoch, size)
    with connected(settings.owner_database_url) as connection:
        tell_lost(connection, settings.heads_folder, gaps)
        seal(settings)
        epoch_now = connection.execute(_NEWEST_EPOCH).scalar_one()
    return Restored(
        head=head["line"] if head else "",
        epoch=epoch_now,
        sealed_before=epoch or 1,
        evidence=evidence,
        gaps=gaps,
    )
