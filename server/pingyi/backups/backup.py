"""Takes a backup while everything goes on: database and evidence as of one snapshot."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, inspect, select

from pingyi import migrations
from pingyi.backups.archive import CHECKPOINT, DUMP, EVIDENCE, Writing, writing
from pingyi.backups.postgres_clients import Clients, connected, find_clients
from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.ledger.static_files import newest_note
from pingyi.ledger.tree_heads import newest_head
from pingyi.models import Evidence, Leaf, LedgerPending, TreeHead
from pingyi.services.evidence.files import read_file
from pingyi.settings import Settings

_SNAPSHOT = select(func.pg_export_snapshot())
_TAKEN_AT = select(func.now())
_LEAVES = select(func.count()).select_from(Leaf)
_WAITING = select(func.count()).select_from(LedgerPending)
_EVIDENCE = (
    select(Evidence.digest, func.bool_or(Evidence.referred))
    .group_by(Evidence.digest)
    .order_by(Evidence.digest)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a backup holds."""

    path: Path
    size: int
    head: str
    leaves: int
    waiting: int
    evidence: int
    missing: int

    def sentences(self) -> list[Text]:
        """The newest head that it covers, and how much there is of everything."""
        said = [
            Text(
                zh="备份 {path}：{size} 字节，{leaves} 片叶子（其中 {waiting} 片等待封存），"
                "{evidence} 个证明材料文件。",
                en="Backup {path}: {size} bytes, {leaves} leaves ({waiting} of them wait to be sealed), "
                "{evidence} evidence files.",
            ).format(
                path=self.path,
                size=self.size,
                leaves=self.leaves,
                waiting=self.waiting,
                evidence=self.evidence,
            ),
            Text(zh="所含最新树头：{head}", en="Newest head in it: {head}").format(head=self.head or "-"),
        ]
        if self.missing:
            said.append(
                Text(
                    zh="注意：{n} 个证明材料文件已经丢失或损坏，未能备份。",
                    en="Mind: {n} evidence files are lost or damaged, so they are not in it.",
                ).format(n=self.missing)
            )
        return said


def back_up(settings: Settings, path: Path) -> Taken:
    """Write the backup of the house of `settings`, whose owner's URL is known.

    Raises Problem backup_exists, backup_unwritable, client_missing, client_failed, database_away.
    """
    clients = find_clients(settings.owner_database_url)
    with writing(path) as file, connected(settings.owner_database_url) as connection:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        snapshot = connection.execute(_SNAPSHOT).scalar_one()
        facts = _facts(connection)
        _dump(clients, file, snapshot)
        evidence, missing = _evidence(connection, file, settings.evidence_folder)
        note = newest_note(settings.heads_folder)
        if note:
            file.put(CHECKPOINT, note.encode())
        file.finish({**facts, "postgresql": clients.server, "missing": missing})
    head = facts["head"]
    return Taken(
        path=path,
        size=path.stat().st_size,
        head=head["line"] if head else "",
        leaves=facts["leaves"],
        waiting=facts["waiting"],
        evidence=evidence,
        missing=missing,
    )


def _facts(connection: Connection) -> dict[str, Any]:
    """What the snapshot holds; of a database without the record's tables nothing can be said."""
    if not inspect(connection).has_table(TreeHead.__tablename__):
        raise Problem("backup_empty", 409, _EMPTY)
    taken_at = connection.execute(_TAKEN_AT).scalar_one().astimezone(UTC)
    facts: dict[str, Any] = {
        "revision": migrations.revision_of(connection),
        "taken_at": taken_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "leaves": connection.execute(_LEAVES).scalar_one(),
        "waiting": connection.execute(_WAITING).scalar_one(),
        "head": None,
    }
    head = newest_head(connection)
    if head:
        facts["head"] = {
            "epoch": head.epoch,
            "size": head.size,
            "line": head.line,
            "verifier_key": head.verifier_key,
        }
    return facts


_EMPTY = Text(
    zh="数据库中还没有评议系统的表，没有可备份的内容。",
    en="The database has no tables of Pingyi yet; there is nothing to back up.",
)


def _dump(clients: Clients, file: Writing, snapshot: str) -> None:
    options = ("--format=custom", f"--snapshot={snapshot}", "--no-password", "--no-tablespaces")
    with clients.running("pg_dump", *options, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as dump:
        assert dump.process.stdout is not None
        file.copy(DUMP, dump.process.stdout)
        dump.finish()


def _evidence(connection: Connection, file: Writing, folder: Path) -> tuple[int, int]:
    """Copy the files that the snapshot knows; how many there are, and how many entries' files are lost."""
    copied = missing = 0
    for digest, referred in connection.execute(_EVIDENCE).all():
        content = read_file(folder, digest)
        if content is not None:
            file.put(f"{EVIDENCE}{digest.hex()}", content)
            copied += 1
        elif referred:
            # One that no entry refers to may have been cleaned away since.
            missing += 1
    return copied, missing
