"""The manifest lists every file of the folder with its SHA-256."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from pingyi_verifier.folder.canonical_json import canonical, read_json, sha256
from pingyi_verifier.report.report import Report
from pingyi_verifier.report.sentences import Text, UnfitError

FORMAT = "pingyi-public-bundle-1"


def files_below(folder: Path) -> dict[str, Path]:
    """Every plain file below the folder by its relative path; anything else is refused."""
    paths: dict[str, Path] = {}
    for place, folders, names in os.walk(folder):
        for name in folders + names:
            path = Path(place, name)
            kind = path.lstat().st_mode
            relative = path.relative_to(folder).as_posix()
            if stat.S_ISREG(kind):
                paths[relative] = path
            elif not stat.S_ISDIR(kind):
                raise UnfitError(
                    zh=f"“{relative}”不是普通文件（可能是链接）。",
                    en=f"{relative} is not a plain file (a link?).",
                )
    return paths


def check_manifest(report: Report, folder: Path) -> tuple[str, dict[str, bytes]]:
    """The period's key and the content of every file; says which are missing, changed or not listed."""
    paths = files_below(folder)
    if "manifest.json" not in paths:
        raise UnfitError(zh="文件夹里没有 manifest.json。", en="There is no manifest.json in the folder.")
    content = {name: path.read_bytes() for name, path in paths.items()}
    raw = content.pop("manifest.json")
    manifest = read_json(raw)
    listed, period = manifest["files"], manifest["period"]
    if raw != canonical(manifest) + b"\n" or set(manifest) != {"format", "period", "files"}:
        raise UnfitError(
            zh="manifest.json 不是规定的逐字节写法，可能被改动过。",
            en="manifest.json is not spelt as it must be, byte for byte: it may have been changed.",
        )
    if manifest["format"] != FORMAT or not isinstance(period, str) or not isinstance(listed, dict):
        raise UnfitError(
            zh=f"manifest.json 的格式不是 {FORMAT}。", en=f"manifest.json is not of the format {FORMAT}."
        )
    faults: list[Text] = []
    for name in sorted(listed.keys() | content.keys()):
        if name not in content:
            faults.append(Text(zh=f"缺少文件 {name}。", en=f"The file {name} is missing."))
        elif name not in listed:
            faults.append(
                Text(zh=f"清单没有列出文件 {name}。", en=f"The file {name} is not listed in the manifest.")
            )
        elif sha256(content[name]) != listed[name]:
            faults.append(
                Text(
                    zh=f"文件 {name} 与清单不符：被改动过。",
                    en=f"The file {name} was changed: not the listed SHA-256.",
                )
            )
    report.all_wrong(faults)
    if not faults:
        report.ok(
            zh=f"清单：{len(listed)} 个文件的 SHA-256 全部相符，没有多余或缺少的文件。",
            en=f"Manifest: {len(listed)} files, each with its SHA-256; none missing, none unlisted.",
        )
    return period, content


def needed(files: Mapping[str, bytes], name: str) -> bytes:
    if name not in files:
        raise UnfitError(
            zh=f"没有 {name}，这一部分无法核对。", en=f"Without {name} this part cannot be checked."
        )
    return files[name]
