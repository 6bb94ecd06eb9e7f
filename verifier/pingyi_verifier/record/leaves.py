"""Leaves: hashed, read and summed in runs, which processes share."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from pingyi_verifier.folder.canonical_json import canonical
from pingyi_verifier.formulas.counters import count_of
from pingyi_verifier.log.tree import levels_of
from pingyi_verifier.record.blocks import STANDINGS, ActLeaf, Block, EntryLeaf, Rows, Tally, add_counts, mark
from pingyi_verifier.record.bundle import Bundle, Place
from pingyi_verifier.record.entry_rows import row_of_entry
from pingyi_verifier.report.sentences import GARBAGE, Text, reason

BLOCK_LEVELS = 13
BLOCK = 1 << BLOCK_LEVELS
DIGEST_ONLY = re.compile(rb"([A-Za-z0-9][A-Za-z0-9_.-]{0,127}|-) ([0-9a-f]{64})")
HEX = re.compile(r"[0-9a-f]{64}")
FIRST_JSON: Callable[[str, int], tuple[Any, int]] = vars(json.JSONDecoder())["scan_once"]


def read_block(bundle: Bundle, epoch: int, first: int) -> Block:
    """Hash and read the leaves of one run; what is wrong with a leaf is said, and the leaf left out."""
    new = hashlib.sha256
    hashes: list[bytes] = []
    block = Block()
    for at, line in enumerate(bundle.leaves[epoch][first : first + BLOCK], first):
        if line[:1] == b"{":
            digest = new(b"\x00" + line).hexdigest()
            scope = read_leaf(bundle, block, (epoch, at), digest, line)
            hashes.append(new(f"\x00{scope}\n{digest}\n".encode()).digest())
            continue
        parts = DIGEST_ONLY.fullmatch(line)
        if parts is None or parts[1].decode() == bundle.period:
            why_zh = "是本周期的，却没有给出内容" if parts else "不是规定的写法"
            why_en = (
                "is of this period, but its content is withheld" if parts else "is not spelt as it must be"
            )
            block.faults.append(Text(zh=f"第 {at} 条叶子{why_zh}。", en=f"Leaf {at} {why_en}."))
        hashes.append(new(b"\x00" + line.replace(b" ", b"\n") + b"\n").digest())
    block.levels = levels_of(hashes)
    block.places = [b"".join(block.places)]
    return block


def read_leaf(bundle: Bundle, block: Block, place: Place, digest: str, line: bytes) -> str:
    """Read one leaf into the block; returns its scope."""
    try:
        text = line.decode()
        body, end = FIRST_JSON(text, 0)
        kind = body["kind"]
        if kind not in ("entry", "disposition"):
            if canonical(body) != line:
                raise ValueError("not canonical")
            if kind == "ballot":
                read_ballot(block, place, digest, body)
            else:
                block.acts.append(ActLeaf(place[1], body))
        elif bundle.plans:
            read_entry(bundle, block, place, digest, body)
        if kind == "restore":
            return "-"
        if body["period"] != bundle.period or end != len(text):
            raise ValueError("another period, or more than a leaf")
    except (StopIteration, *GARBAGE) as error:
        why = reason(error)
        block.faults.append(
            Text(
                zh=f"第 {place[1]} 条叶子无法读懂（{why.zh}）。",
                en=f"Leaf {place[1]} makes no sense ({why.en}).",
            )
        )
    return bundle.period


def read_ballot(block: Block, place: Place, digest: str, body: dict[str, Any]) -> None:
    """Note a sealed ballot: 12 bytes of place, then the hash of its leaf, which is the voter's receipt."""
    channel = body["channel"]
    if body.keys() != {"ballot", "channel", "kind", "period"} or type(channel) is not str:
        raise ValueError("not a sealed ballot")
    if not HEX.fullmatch(body["ballot"]):
        raise ValueError("not the digest of a sealed ballot")
    packed = place[0].to_bytes(4, "big") + place[1].to_bytes(8, "big") + bytes.fromhex(digest)
    block.ballots.setdefault(channel, []).append(packed)


def read_entry(bundle: Bundle, block: Block, place: Place, digest: str, body: dict[str, Any]) -> None:
    """Sum an entry, or keep it apart where it replaces another or is replaced."""
    channel, replaces, standing = body["channel"], body["replaces"], body["standing"]
    reader = bundle.readers[channel]
    if standing not in STANDINGS or (replaces is not None and not HEX.fullmatch(replaces)):
        raise ValueError("standing, replaces")
    block.places.append(body["delivery"].to_bytes(8, "big") + body["position"].to_bytes(8, "big"))
    if place >= bundle.frozen_at:
        block.late += 1
        return
    block.seen += 1
    if body["kind"] == "disposition":
        block.entries.append(EntryLeaf(place[1], digest, channel, "", standing, replaces, None, None))
        return
    values = body["values"]
    unit = values.get("unit") or ""
    if type(unit) is not str:
        raise TypeError("unit")
    row = row_of_entry(values, reader)
    if channel in bundle.openings:
        read_tally(bundle, block, digest, body, unit)
    counts = None
    if reader.family is not None:
        counts = reader.family.tally(values, reader.settings, bundle.snapshot["period"])
    if replaces is not None or digest in bundle.replaced or bundle.every_row:
        block.entries.append(EntryLeaf(place[1], digest, channel, unit, standing, replaces, row, counts))
        return
    number, marks = block.rows.get(channel, (0, 0))
    block.rows[channel] = Rows(number + 1, marks + mark(bundle, standing, row))
    if counts is not None:
        add_counts(block.sums, channel, standing, unit, counts)


def read_tally(bundle: Bundle, block: Block, digest: str, body: dict[str, Any], unit: str) -> None:
    """Sum an entry of a channel with a ballot box by what it says, in the standing in which it came."""
    channel, values = body["channel"], body["values"]
    if body["delivery"] != bundle.openings[channel]:
        block.beside[channel] += 1
        return
    cells = (values.get(name) or "" for name in ("stratum", "dimension", "option"))
    tally = Tally(channel, body["standing"], values.get("batch") or "", unit, *cells)
    block.tallies[tally] = block.tallies.get(tally, 0) + count_of(values["count"])
    if digest in bundle.replaced:
        block.taken[digest] = tally


def read_all_leaves(bundle: Bundle) -> list[Block]:
    """All blocks, read again; see `Bundle.every_row` and `Bundle.frozen_at`."""
    return [
        read_block(bundle, epoch, first)
        for epoch, lines in enumerate(bundle.leaves)
        for first in range(0, len(lines), BLOCK)
    ]
