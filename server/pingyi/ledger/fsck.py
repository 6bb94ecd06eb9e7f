"""Re-derives the whole record from the stored bytes and names what does not fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import BindParameter, Connection, CursorResult, Executable, Row, bindparam, func, select

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.ledger.leaves import leaf_hash
from pingyi.ledger.notes import Checkpoint, read_checkpoint, read_verifier, verify
from pingyi.ledger.queries import lost_leaves, unlike_entries
from pingyi.ledger.static_files import newest_known
from pingyi.ledger.tree import Edges, append, entry_bytes, hash_entry, root_of_edges
from pingyi.ledger.tree_heads import newest_head, root_of_head
from pingyi.models import Epoch, Leaf, LedgerPending, Period, SealedLeaf, Tile, TreeHead

ROWS_AT_ONCE = 2_000
_EPOCH: BindParameter[int] = bindparam("epoch")
_EPOCHS = select(Epoch.number, Epoch.verifier_key).order_by(Epoch.number)
_WAITING = select(func.count()).select_from(LedgerPending)
_LEAVES = (
    select(
        SealedLeaf.index.label("place"),
        SealedLeaf.leaf_id,
        SealedLeaf.hash,
        Leaf.body,
        Leaf.hash.label("digest"),
        func.coalesce(Period.key, "-").label("scope"),
    )
    .outerjoin(Leaf, Leaf.id == SealedLeaf.leaf_id)
    .outerjoin(Period, Period.id == Leaf.period_id)
    .where(SealedLeaf.epoch == _EPOCH)
    .order_by(SealedLeaf.index)
)
_HEADS = (
    select(TreeHead.size, TreeHead.root, TreeHead.note)
    .where(TreeHead.epoch == _EPOCH)
    .order_by(TreeHead.size)
)
_TILE = select(Tile.hashes, Tile.root).where(
    Tile.epoch == _EPOCH, Tile.level == bindparam("level"), Tile.number == bindparam("number")
)
_TILES = select(func.count()).where(Tile.epoch == _EPOCH)
_FINDINGS = {
    "gap": Text(
        zh="第{epoch}期：序号 {index} 处缺少叶子", en="epoch {epoch}: the leaf at index {index} is missing"
    ),
    "gone": Text(
        zh="第{epoch}期序号 {index}：叶子 {leaf} 已被删除",
        en="epoch {epoch}, index {index}: leaf {leaf} was deleted",
    ),
    "body": Text(
        zh="第{epoch}期序号 {index}：叶子 {leaf} 的内容与其哈希不符",
        en="epoch {epoch}, index {index}: the body of leaf {leaf} does not have its hash",
    ),
    "hash": Text(
        zh="第{epoch}期序号 {index}：叶子 {leaf} 与封存时不同",
        en="epoch {epoch}, index {index}: leaf {leaf} is not what was sealed",
    ),
    "tile": Text(
        zh="第{epoch}期：第 {level} 层第 {number} 块与叶子不符",
        en="epoch {epoch}: tile {number} of level {level} does not follow from the leaves",
    ),
    "tiles": Text(zh="第{epoch}期：哈希块数量不符", en="epoch {epoch}: there are tiles too many or too few"),
    "head": Text(
        zh="第{epoch}期：大小为 {size} 的树头与叶子不符",
        en="epoch {epoch}: the head of size {size} does not follow from the leaves",
    ),
    "note": Text(
        zh="第{epoch}期：大小为 {size} 的树头签名无效",
        en="epoch {epoch}: the head of size {size} is not validly signed",
    ),
    "beyond": Text(
        zh="第{epoch}期：树头包含 {size} 条，现只有 {found} 条",
        en="epoch {epoch}: a head covers {size} leaves, {found} are there",
    ),
    "unsigned": Text(
        zh="第{epoch}期：{found} 条叶子中只有 {size} 条有签名的树头",
        en="epoch {epoch}: only {size} of {found} leaves are covered by a signed head",
    ),
    "lost": Text(zh="叶子 {leaf} 既未封存也不在等待", en="leaf {leaf} is neither sealed nor waiting to be"),
    "entry": Text(
        zh="报送 {delivery} 第 {position} 项与其叶子不符",
        en="delivery {delivery}, position {position}: the entry is not what its leaf says",
    ),
    "outside": Text(
        zh="外部已知的树头 {known} 比数据库新或与之不同",
        en="the head {known} known outside is not in the database",
    ),
}


@dataclass(slots=True)
class Report:
    """How much was checked, and everything that does not fit."""

    leaves: int = 0
    heads: int = 0
    waiting: int = 0
    findings: list[Text] = field(default_factory=list)

    def summary(self) -> Text:
        """One line: what was checked, and what still waits."""
        return Text(
            zh="核对了 {leaves} 片叶子、{heads} 个树头，{waiting} 片等待封存；发现 {n} 处问题。",
            en="Leaves checked: {leaves}; heads: {heads}; leaves that wait: {waiting}; wrong: {n}.",
        ).format(leaves=self.leaves, heads=self.heads, waiting=self.waiting, n=len(self.findings))

    def found(self, code: str, **values: object) -> None:
        self.findings.append(_FINDINGS[code].format(**values))


def check_record(connection: Connection, heads_folder: Path | None = None) -> Report:
    """Check all epochs, what waits, entries against their leaves, and the heads folder if one is named."""
    report = Report()
    for epoch, key in connection.execute(_EPOCHS).all():
        _Walk(connection, report, epoch, key).run()
    for leaf in lost_leaves(connection):
        report.found("lost", leaf=leaf.id)
    for entry in unlike_entries(connection):
        report.found("entry", delivery=entry.delivery_id, position=entry.position)
    report.waiting = connection.execute(_WAITING).scalar_one()
    if heads_folder is not None:
        _check_outside(connection, report, heads_folder)
    return report


@dataclass(slots=True)
class _Walk:
    """One epoch from its first leaf to its last, with every tile and head on the way."""

    connection: Connection
    report: Report
    epoch: int
    key: str
    size: int = 0
    edges: Edges = field(default_factory=list)
    tiles: dict[int, int] = field(default_factory=dict)
    head_reported: bool = False

    def run(self) -> None:
        with self._rows(_HEADS) as heads, self._rows(_LEAVES) as leaves:
            head = heads.fetchone()
            signed = 0
            for row in leaves:
                self._leaf(row)
                if head is not None and head.size == self.size:
                    self._head(head)
                    signed, head = head.size, heads.fetchone()
        self._end(head, signed)

    def _rows(self, statement: Executable) -> CursorResult[Any]:
        streaming = {"stream_results": True, "yield_per": ROWS_AT_ONCE}
        return self.connection.execute(statement, {"epoch": self.epoch}, execution_options=streaming)

    def _leaf(self, row: Row[Any]) -> None:
        place = {"epoch": self.epoch, "index": row.place, "leaf": row.leaf_id}
        if row.place != self.size:
            self.report.found("gap", epoch=self.epoch, index=self.size)
            self.size = row.place
        if row.body is None:
            self.report.found("gone", **place)
            entry = row.hash
        else:
            digest = leaf_hash(row.body)
            entry = hash_entry(entry_bytes(row.scope, digest))
            if digest != row.digest:
                self.report.found("body", **place)
            elif entry != row.hash:
                self.report.found("hash", **place)
        for level, tile, root in append(self.edges, [entry]):
            self._tile(level, b"".join(tile), root)
        self.size += 1
        self.report.leaves += 1

    def _tile(self, level: int, hashes: bytes, root: bytes) -> None:
        number = self.tiles.get(level, 0)
        self.tiles[level] = number + 1
        place = {"epoch": self.epoch, "level": level, "number": number}
        stored = self.connection.execute(_TILE, place).one_or_none()
        if stored is None or (stored.hashes, stored.root) != (hashes, root):
            self.report.found("tile", **place)

    def _head(self, head: Row[Any]) -> None:
        self.report.heads += 1
        root = root_of_edges(self.edges)
        if head.root != root and not self.head_reported:
            # One changed leaf breaks every later head: the first says where.
            self.head_reported = True
            self.report.found("head", epoch=self.epoch, size=head.size)
        if not verify(head.note, self.key) or not _says(head, self.key):
            self.report.found("note", epoch=self.epoch, size=head.size)

    def _end(self, head: Row[Any] | None, signed: int) -> None:
        if head is not None:
            self.report.found("beyond", epoch=self.epoch, size=head.size, found=self.size)
        elif signed != self.size:
            self.report.found("unsigned", epoch=self.epoch, size=signed, found=self.size)
        stored = self.connection.execute(_TILES, {"epoch": self.epoch}).scalar_one()
        if stored != sum(self.tiles.values()):
            self.report.found("tiles", epoch=self.epoch)


def _says(head: Row[Any], key: str) -> bool:
    """Whether the signed text is that of the head's own row."""
    return read_checkpoint(head.note) == Checkpoint(read_verifier(key)[0], head.size, head.root)


def _check_outside(connection: Connection, report: Report, folder: Path) -> None:
    head = newest_head(connection)
    if head is None:
        return
    try:
        known = newest_known(folder, read_verifier(head.verifier_key)[1])
    except Problem as problem:
        report.findings.append(problem.message)
        return
    if known is None:
        return
    if root_of_head(connection, known.epoch, known.checkpoint.size) != known.checkpoint.root:
        report.found("outside", known=known.checkpoint.line)
