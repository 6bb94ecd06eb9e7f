"""The evidence files of a bundle: each the bytes of its name, each referred to by an entry."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pingyi.domain.scheme.values import Scheme
from pingyi.services.bundles.entries import ChannelEntries, Given
from pingyi.services.bundles.files import Faults
from pingyi.services.core.bound_channels import ChannelRef
from pingyi.services.core.callers import Caller
from pingyi.services.evidence.evidence import keep_brought
from pingyi.services.evidence.files import media_type_of
from pingyi.services.intake.evidence_references import COLUMN, references_in

EVIDENCE = "evidence"
_NAME = re.compile(r"[0-9a-f]{64}")


def read_evidence(folder: Path, entries: Sequence[ChannelEntries], faults: Faults) -> Mapping[str, Path]:
    """Check evidence/<sha256> and every reference of the entries; the files by what refers to them."""
    files: dict[str, Path] = {}
    if (folder / EVIDENCE).exists() and not (folder / EVIDENCE).is_dir():
        faults.note("not_a_folder", EVIDENCE)
    elif (folder / EVIDENCE).exists():
        there = sorted((folder / EVIDENCE).iterdir())
        files = {f"sha256:{path.name}": path for path in there if not path.name.startswith(".")}
    for path in files.values():
        _check_file(path, faults)
    named = {one for channel in entries for one in _check_references(channel, files, faults)}
    if not faults.errors:
        for reference in files.keys() - named:
            faults.note("evidence_unused", f"{EVIDENCE}/{files[reference].name}")
    return files


def _check_file(path: Path, faults: Faults) -> None:
    file = f"{EVIDENCE}/{path.name}"
    if not _NAME.fullmatch(path.name):
        faults.note("evidence_name", file)
        return
    try:
        content = path.read_bytes()
    except OSError as error:
        faults.note("unreadable", file, reason=error.strerror or type(error).__name__)
        return
    found = hashlib.sha256(content).hexdigest()
    if found != path.name:
        faults.note("evidence_changed", file, found=found)
    elif not content:
        faults.note("evidence_empty", file)
    elif media_type_of(content) is None:
        faults.note("evidence_type", file)


def _check_references(channel: ChannelEntries, files: Mapping[str, Path], faults: Faults) -> set[str]:
    """What a channel's entries refer to."""
    named: set[str] = set()
    for wave, numbers in zip(channel.waves, channel.rows, strict=True):
        for given, number in zip(wave, numbers, strict=True):
            for reference in references_in(given):
                named.add(reference)
                if reference not in files:
                    faults.note("evidence_unknown", channel.file, number, COLUMN, reference=reference[:80])
    return named


def keep_all(
    caller: Caller, period: str, scheme: Scheme, entries: Sequence[ChannelEntries], files: Mapping[str, Path]
) -> None:
    """Keep for each channel of an open period the files that its entries refer to.

    One that changed since it was read is not what its reference says, so its entries will be refused.
    """
    plugins = {plan.key: plan.plugin for plan in scheme.channels}
    for channel in entries:
        place = ChannelRef(period=period, channel=channel.channel, plugin=plugins[channel.channel])
        for reference in sorted({one for given in _given(channel) for one in references_in(given)}):
            keep_brought(caller, place, files[reference].read_bytes())


def _given(channel: ChannelEntries) -> Iterator[Given]:
    return (given for wave in channel.waves for given in wave)
