"""The tree against the RFC's own roots and against another implementation."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from pingyi.ledger.tree import (
    EMPTY_ROOT,
    Edges,
    append,
    consistency_proof,
    edge_sizes,
    hash_entry,
    inclusion_proof,
    root_of,
    root_of_edges,
    verify_consistency,
    verify_inclusion,
)

# The reference entries and roots of Certificate Transparency's tests.
ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def hashes(size: int) -> list[bytes]:
    return [hash_entry(f"entry {number}".encode()) for number in range(size)]


def test_roots_are_those_of_the_rfc() -> None:
    leaves = [hash_entry(bytes.fromhex(entry)) for entry in ENTRIES]
    assert root_of([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()
    assert [root_of(leaves[: size + 1]).hex() for size in range(8)] == ROOTS


def test_roots_equal_those_of_another_implementation() -> None:
    other, edges = InmemoryTree(algorithm="sha256"), Edges()
    for size in range(1, 701):
        entry = f"entry {size - 1}".encode()
        other.append_entry(entry)
        append(edges, [hash_entry(entry)])
        assert root_of_edges(edges) == other.get_root()
        assert [len(edge) for edge in edges] == [width for _, width in edge_sizes(size)]
    assert root_of(hashes(700)) == other.get_root()


@given(st.lists(st.integers(0, 700), max_size=6))
def test_a_tree_is_the_same_however_its_entries_were_batched(batches: list[int]) -> None:
    leaves = hashes(sum(batches))
    edges, taken = Edges(), 0
    for batch in batches:
        append(edges, leaves[taken : taken + batch])
        taken += batch
    assert root_of_edges(edges) == root_of(leaves)


def test_completed_tiles_come_with_the_node_above_them() -> None:
    leaves = hashes(256 * 256 + 3)
    tiles = append(edges := Edges(), leaves)
    assert [level for level, _, _ in tiles] == [0] * 256 + [1]
    assert tiles[-1][1] == [root for level, _, root in tiles if level == 0]
    assert tiles[7][2] == root_of(leaves[7 * 256 : 8 * 256])
    assert [len(edge) for edge in edges] == [3, 0, 1]


@given(st.integers(1, 600), st.data())
def test_an_inclusion_proof_holds_and_no_other_entry_passes(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    path = inclusion_proof(index, size, lambda low, high: root_of(leaves[low:high]))
    root = root_of(leaves)
    assert verify_inclusion(leaves[index], index, size, path, root)
    assert not verify_inclusion(hash_entry(b"another"), index, size, path, root)
    assert not verify_inclusion(leaves[index], index, size, [*path, root], root)
    assert size == 1 or not verify_inclusion(leaves[index], (index + 1) % size, size, path, root)


@given(st.integers(0, 600), st.data())
def test_a_consistency_proof_holds_and_no_other_root_passes(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    leaves = hashes(new)
    path = consistency_proof(old, new, lambda low, high: root_of(leaves[low:high]))
    before, after = root_of(leaves[:old]), root_of(leaves)
    assert verify_consistency(old, new, before, after, path)
    wrong = hash_entry(b"another")
    assert not verify_consistency(old, new, wrong, after, path)
    assert old == 0 or not verify_consistency(old, new, before, wrong, path)


def test_proofs_beyond_the_tree_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        inclusion_proof(3, 3, lambda *_: b"")
    with pytest.raises(ValueError, match="smaller"):
        consistency_proof(4, 3, lambda *_: b"")
