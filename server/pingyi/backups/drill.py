"""Tries a backup: restores it into engines that are thrown away and checks everything that was restored."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from pingyi import migrations
from pingyi.backups.archive import Backup, file_digest, reading
from pingyi.backups.check_results import exporter, published_periods
from pingyi.backups.load_dump import load
from pingyi.backups.messages import refusal
from pingyi.backups.queries import insert_only_tables
from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.embedded.engines import Endpoints, running_engines
from pingyi.ledger.fsck import Report, check_record
from pingyi.ledger.leaves import record
from pingyi.ledger.tree_heads import newest_head, root_of_head
from pingyi.models import Evidence
from pingyi.services.core.callers import SHELL
from pingyi.settings import Settings

CORE = ("entry", "epoch", "leaf", "sealed_leaf", "tile", "tree_head")
Progress = Callable[[Text], None]
_REFERRED = select(Evidence.digest).where(Evidence.referred).distinct()

READING = Text(zh="正在核对备份文件……", en="Checking the file ...")
RESTORING = Text(zh="正在临时数据库中恢复……", en="Restoring into throwaway engines ...")
CHECKING = Text(zh="正在核对记录……", en="Checking the record ...")


@dataclass(slots=True)
class Drilled:
    """What was checked, and everything that is wrong."""

    facts: dict[str, Any] = field(default_factory=dict)
    findings: list[Text] = field(default_factory=list)
    sentences: list[Text] = field(default_factory=list)


def drill(path: Path, live: Settings | None, progress: Progress) -> Drilled:
    """Restore `path` into throwaway engines and check it; beside a living house, that house's record too.

    A backup that cannot be restored is a finding. Raises only what the throwaway engines refuse.
    """
    began = time.monotonic()
    drilled = Drilled()
    progress(READING)
    try:
        with reading(path) as backup:
            _say_file(drilled, backup)
            progress(RESTORING)
            with running_engines(durable=False) as endpoints:
                _restore(backup, endpoints)
                progress(CHECKING)
                _check(drilled, backup, endpoints, live)
    except Problem as problem:
        drilled.findings.append(problem.message)
    seconds = round(time.monotonic() - began)
    drilled.facts |= {"file": file_digest(path), "findings": len(drilled.findings), "seconds": seconds}
    drilled.sentences.append((_BAD if drilled.findings else _GOOD).format(n=len(drilled.findings), s=seconds))
    return drilled


_GOOD = Text(zh="演练通过，用时 {s} 秒。", en="The backup can be relied on; {s} seconds.")
_BAD = Text(
    zh="演练未通过：{n} 处问题，用时 {s} 秒。", en="The backup failed the drill: wrong: {n}; {s} seconds."
)


def _say_file(drilled: Drilled, backup: Backup) -> None:
    facts = backup.contents
    head = facts["head"]["line"] if facts["head"] else None
    drilled.facts |= {"taken_at": facts["taken_at"], "head": head, "evidence": len(backup.evidence)}
    drilled.sentences.append(
        Text(
            zh="文件完整：{files} 个部分，{taken} 制作，树头 {head}。",
            en="The file is whole: {files} parts, taken {taken}, head {head}.",
        ).format(files=len(facts["files"]), taken=facts["taken_at"], head=head or "-")
    )


def _restore(backup: Backup, endpoints: Endpoints) -> None:
    revision = str(backup.contents["revision"])
    if not migrations.is_known(revision):
        raise refusal("backup_newer", path=backup.path, revision=revision)
    load(backup, endpoints.owner_database_url)
    migrations.upgrade(endpoints.owner_database_url)


def _check(drilled: Drilled, backup: Backup, endpoints: Endpoints, live: Settings | None) -> None:
    engine = create_engine(endpoints.owner_database_url, poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection:
        _check_record(drilled, backup, connection)
        _check_evidence(drilled, backup, connection)
        _check_guards(drilled, connection)
        if live is not None:
            _compare(drilled, connection, live)
        periods = published_periods(connection)
    with exporter(endpoints) as check_period:
        for period in periods:
            check_period(drilled.sentences, drilled.findings, period)
    drilled.facts["periods"] = len(periods)


def _check_record(drilled: Drilled, backup: Backup, connection: Connection) -> None:
    report: Report = check_record(connection)
    drilled.findings += report.findings
    drilled.sentences.append(report.summary())
    drilled.facts |= {"leaves": report.leaves, "heads": report.heads, "waiting": report.waiting}
    head = newest_head(connection)
    if (head.line if head else None) != drilled.facts["head"]:
        drilled.findings.append(_OTHER_HEAD.format(head=head.line if head else "-"))
    if report.leaves + report.waiting != backup.contents["leaves"]:
        drilled.findings.append(
            _OTHER_NUMBER.format(n=report.leaves + report.waiting, wanted=backup.contents["leaves"])
        )


_OTHER_HEAD = Text(
    zh="恢复出的树头 {head} 与备份所写的不同",
    en="the restored head {head} is not the one that the backup names",
)
_OTHER_NUMBER = Text(
    zh="恢复出 {n} 片叶子，备份所写的是 {wanted} 片",
    en="{n} leaves were restored, the backup names {wanted}",
)


def _check_evidence(drilled: Drilled, backup: Backup, connection: Connection) -> None:
    there = set(backup.evidence)
    wanted = {digest.hex() for digest in connection.execute(_REFERRED).scalars()}
    drilled.sentences.append(
        Text(
            zh="证明材料：备份中 {there} 个，条目引用 {wanted} 个。",
            en="Evidence files: {there} in the backup, {wanted} that entries refer to.",
        ).format(there=len(there), wanted=len(wanted))
    )
    if wanted - there:
        drilled.findings.append(
            Text(
                zh="缺少 {n} 个证明材料文件，例如 {name}", en="{n} evidence files are missing, such as {name}"
            ).format(n=len(wanted - there), name=min(wanted - there))
        )


def _check_guards(drilled: Drilled, connection: Connection) -> None:
    """The record of a restored database must be insert-only again."""
    tables = insert_only_tables(connection)
    guarded = {one.table for one in tables if one.guarded}
    open_ones = {*set(CORE) - guarded, *(one.table for one in tables if one.changeable)}
    drilled.sentences.append(
        Text(
            zh="只增不改：{n} 张表有触发器守护。", en="Added to only: {n} tables are guarded by triggers."
        ).format(n=len(guarded))
    )
    drilled.findings += [_OPEN.format(table=name) for name in sorted(open_ones)]


_OPEN = Text(zh="表 {table} 未受保护，可以被修改", en="the table {table} is not guarded against changes")


def _compare(drilled: Drilled, restored: Connection, live: Settings) -> None:
    """The record that lives must have had the restored head."""
    head = newest_head(restored)
    if head is None:
        return
    engine = create_engine(live.database_url, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            root = root_of_head(connection, head.epoch, head.size)
    except SQLAlchemyError:
        drilled.sentences.append(_AWAY)
        return
    if root == head.root:
        drilled.sentences.append(_IS_PART)
    else:
        drilled.findings.append(_NO_PART.format(head=head.line))


_AWAY = Text(
    zh="正在使用的数据库无法连接，未与其记录比对。",
    en="The database in use cannot be reached: not compared with its record.",
)
_IS_PART = Text(
    zh="正在运行的记录含有备份的树头。", en="The record that is in use has the backup's head among its own."
)
_NO_PART = Text(
    zh="正在运行的记录中没有备份的树头 {head}",
    en="the record that is in use never had the backup's head {head}",
)


def put_on_record(drilled: Drilled, live: Settings) -> bool:
    """Leave the leaf `backup.drilled` in the living record; False where its database cannot be reached."""
    engine = create_engine(live.database_url, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.begin() as connection:
            record(connection, "backup.drilled", {"by": SHELL.name, **drilled.facts})
    except SQLAlchemyError:
        return False
    return True
