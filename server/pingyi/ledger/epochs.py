"""Which tree the sealer goes on with: the newest, or a new epoch when the database is a restored state."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, bindparam, delete, insert, literal

from pingyi.db import rows
from pingyi.ledger.keys import origin_base
from pingyi.ledger.leaves import leaf_body, leaf_hash
from pingyi.ledger.messages import refusal
from pingyi.ledger.notes import Checkpoint, public_bytes, verifier_key
from pingyi.ledger.static_files import Known, closed_epoch, newest_known
from pingyi.ledger.tiles import load_edges, subtree_reader
from pingyi.ledger.tree import EMPTY_ROOT, Edges, root_of_edges
from pingyi.ledger.tree_heads import TreeHead, newest_head
from pingyi.models import Epoch, Leaf, LedgerPending
from pingyi.settings import Settings

_STORE = insert(Epoch)
_OPENING = (
    insert(Leaf).values(kind="restore").returning(Leaf.id, Leaf.body, Leaf.hash, literal("-").label("scope"))
)
_WAIT_NO_MORE = delete(LedgerPending).where(LedgerPending.leaf_id == bindparam("leaf"))


@dataclass(frozen=True, slots=True)
class OpeningLeaf:
    """The leaf with which an epoch begins after a restore, as the sealer reads leaves."""

    id: int
    body: bytes
    hash: bytes
    scope: str


@dataclass(slots=True)
class Tree:
    """The tree to append to; `opening` holds the leaf with which a new epoch begins after a restore.

    `verifier`: the vkey of an epoch that is not stored yet; see `store_epoch`.
    """

    epoch: int
    origin: str
    size: int = 0
    edges: Edges = field(default_factory=list)
    opening: Sequence[OpeningLeaf] = ()
    verifier: str = ""


def store_epoch(connection: Connection, tree: Tree) -> None:
    """Store a new epoch with its first leaves: an epoch without a head would be opened a second time."""
    if tree.verifier:
        opened = {"number": tree.epoch, "origin": tree.origin, "verifier_key": tree.verifier}
        connection.execute(_STORE, opened)


def current_tree(connection: Connection, key: Ed25519PrivateKey, settings: Settings) -> Tree:
    """The tree to go on with, compared with the highest head known outside the database.

    A new epoch begins when that head is higher, or when a restore has closed the epoch.

    Raises Problem sealer_key_wrong, record_damaged, record_forked, heads_unreadable.
    """
    public = public_bytes(key.public_key())
    base = origin_base(key, settings.origin)
    head = newest_head(connection)
    known = newest_known(settings.heads_folder, public)
    if head is not None:
        _require_key(head, public, settings)
    if known is not None and _is_older(head, known):
        return _open_after_restore(connection, base, public, head, known)
    if head is not None and head.epoch <= closed_epoch(settings.heads_folder):
        own = Known(head.epoch, Checkpoint(head.origin, head.size, head.root))
        return _open_after_restore(connection, base, public, head, own)
    if head is None:
        return _open(1, base, public)
    if known is not None and known.epoch == head.epoch:
        _require_same(connection, head, known, settings)
    tree = Tree(head.epoch, head.origin, head.size, load_edges(connection, head.epoch, head.size))
    if root_of_edges(tree.edges) != head.root:
        raise refusal("record_damaged", what=f"epoch {head.epoch}, size {head.size}")
    return tree


def _is_older(head: TreeHead | None, known: Known) -> bool:
    if head is None:
        return True
    return (head.epoch, head.size) < (known.epoch, known.checkpoint.size)


def _require_key(head: TreeHead, public: bytes, settings: Settings) -> None:
    if head.verifier_key != verifier_key(head.origin, public):
        raise refusal("sealer_key_wrong", path=settings.sealer_key_file, epoch=head.epoch)


def _require_same(connection: Connection, head: TreeHead, known: Known, settings: Settings) -> None:
    """The database must have had the known head; a tree of the same size with another root is a fork."""
    size = known.checkpoint.size
    if size == head.size:
        root = head.root
    elif size == 0:
        root = EMPTY_ROOT
    else:
        root = subtree_reader(connection, head.epoch)(0, size)
    if root != known.checkpoint.root or head.origin != known.checkpoint.origin:
        what = f"{known.checkpoint.line} / {Checkpoint(head.origin, size, root).line}"
        raise refusal("record_forked", folder=settings.heads_folder, what=what)


def _open(number: int, base: str, public: bytes) -> Tree:
    origin = f"{base}/{number}"
    return Tree(number, origin, verifier=verifier_key(origin, public))


def _open_after_restore(
    connection: Connection, base: str, public: bytes, head: TreeHead | None, known: Known
) -> Tree:
    """Open the next epoch; its first leaf names the head that is known and the one that was restored."""
    restored = (
        Checkpoint(head.origin, head.size, head.root) if head else Checkpoint(f"{base}/1", 0, EMPTY_ROOT)
    )
    tree = _open(known.epoch + 1, base, public)
    content = {"known": _said(known.checkpoint), "restored": _said(restored)}
    body = leaf_body("restore", content)
    tree.opening = rows(connection, OpeningLeaf, _OPENING, body=body, hash=leaf_hash(body))
    # Its place is the first, before leaves that were waiting already.
    connection.execute(_WAIT_NO_MORE, {"leaf": tree.opening[0].id})
    return tree


def _said(head: Checkpoint) -> dict[str, str | int]:
    return {"origin": head.origin, "size": head.size, "root": base64.b64encode(head.root).decode()}
