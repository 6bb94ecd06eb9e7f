"""The command line: which folder, pins and witnesses, in which language."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pingyi_verifier.checking import verify
from pingyi_verifier.report.report import Report

USAGE = (
    'python3 -I verify.py [DIR] [--pin "ORIGIN SIZE ROOT" | --pin FILE]... [--witness VKEY]... [--lang zh|en]'
)


@dataclass
class Arguments:
    """What was asked for: the folder (by default this file's own), pins, witnesses' keys, the language."""

    folder: Path
    pins: list[str] = field(default_factory=list)
    witnesses: list[str] = field(default_factory=list)
    lang: str = "zh"


def arguments(words: Sequence[str]) -> Arguments:
    """The command line; ValueError or IndexError where it cannot be understood."""
    spoken = next((os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), "")
    asked = Arguments(Path(__file__).parent, lang="en" if spoken.startswith("en") else "zh")
    rest, folders = list(words), 0
    while rest:
        word = rest.pop(0)
        name, sign, value = word.partition("=")
        if name in ("--pin", "--witness", "--lang"):
            value = value if sign else rest.pop(0)
            if name == "--pin":
                asked.pins.append(value)
            elif name == "--witness":
                asked.witnesses.append(value)
            elif value in ("zh", "en"):
                asked.lang = value
            else:
                raise ValueError(value)
        elif word.startswith("-") or folders:
            raise ValueError(word)
        else:
            asked.folder, folders = Path(word), 1
    return asked


def main(words: Sequence[str]) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        asked = arguments(words)
    except (ValueError, IndexError):
        sys.stdout.write(f"{USAGE}\n")
        return 1
    if not asked.folder.is_dir():
        Report(asked.lang).wrong(f"没有文件夹 {asked.folder}。", f"There is no folder {asked.folder}.")
        return 1
    return verify(asked.folder, asked.pins, asked.lang, asked.witnesses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
