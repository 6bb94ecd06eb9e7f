"""Epochs: a log that was restored from a backup goes on as the next epoch, under its own name and key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pingyi_verifier.folder.canonical_json import read_json
from pingyi_verifier.folder.manifest import needed
from pingyi_verifier.formulas.counters import count_of
from pingyi_verifier.log.signed_notes import key_of
from pingyi_verifier.log.tree import Tree
from pingyi_verifier.report.sentences import UnfitError


class Epoch(NamedTuple):
    number: int
    origin: str
    key: str


@dataclass
class Log:
    """One epoch's log as the folder shows it."""

    epoch: Epoch
    tree: Tree


def read_epochs(files: Mapping[str, bytes]) -> list[Epoch]:
    rows = read_json(needed(files, "epochs.json"))
    epochs = [Epoch(row["number"], row["origin"], row["verifier_key"]) for row in rows]
    numbers = [epoch.number for epoch in epochs]
    if not epochs or numbers != sorted(set(numbers)) or set(map(type, numbers)) != {int}:
        raise UnfitError(
            zh="epochs.json 没有按序列出各期日志。", en="epochs.json does not list the epochs in order."
        )
    for epoch in epochs:
        if key_of(epoch.key).name != epoch.origin or not epoch.origin.endswith(f"/{epoch.number}"):
            raise UnfitError(
                zh=f"第 {epoch.number} 期日志的名称与其公钥不符。",
                en=f"The name of epoch {epoch.number} does not belong to its key.",
            )
    known = {f"leaves/{epoch.number}.txt" for epoch in epochs}
    for name in files:
        if name.startswith("leaves/") and name not in known:
            raise UnfitError(zh=f"{name} 不属于任何一期日志。", en=f"{name} belongs to no epoch.")
    return epochs


def read_leaf_lines(files: Mapping[str, bytes], epoch: Epoch) -> list[bytes]:
    name = f"leaves/{epoch.number}.txt"
    lines = needed(files, name).split(b"\n")
    if lines.pop() != b"":
        raise UnfitError(zh=f"{name} 的最后一行不完整。", en=f"The last line of {name} is not complete.")
    return lines


def read_notes(files: Mapping[str, bytes], epochs: Sequence[Epoch]) -> list[tuple[Epoch, str]]:
    """The notes of heads.jsonl with the epoch of each."""
    by_number = {epoch.number: epoch for epoch in epochs}
    rows = [read_json(line) for line in needed(files, "heads.jsonl").splitlines()]
    return [(by_number[count_of(row["epoch"])], row["note"]) for row in rows]
