"""The sealed record: epochs of the tree, sealed leaves, tiles, signed heads; all of it insert-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from pingyi.db import Base


class Epoch(Base):
    """A tree of its own: the next one is opened when an older state of the database was restored."""

    __tablename__ = "epoch"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(unique=True)
    verifier_key: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LedgerPending(Base):
    """A leaf that waits for the sealer; written by a trigger in the leaf's own transaction."""

    __tablename__ = "ledger_pending"

    leaf_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class SealedLeaf(Base):
    """A leaf's place in the tree, given at sealing; `hash` is the tree's hash of the log entry."""

    __tablename__ = "sealed_leaf"

    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leaf_id: Mapped[int] = mapped_column(unique=True)
    hash: Mapped[bytes]


class Tile(Base):
    """256 hashes of a level side by side (C2SP tlog-tiles), complete ones only, and the node above them."""

    __tablename__ = "tile"

    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hashes: Mapped[bytes]
    root: Mapped[bytes]


class TreeHead(Base):
    """A signed head of the tree: its size, its root and the checkpoint as it was signed."""

    __tablename__ = "tree_head"

    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    note: Mapped[str]
    sealed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Cosignature(Base):
    """A witness's signature line under a head."""

    __tablename__ = "cosignature"

    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str]
