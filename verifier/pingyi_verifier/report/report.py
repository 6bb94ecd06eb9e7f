"""Prints what is right and what is wrong, and counts what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pingyi_verifier.report.sentences import GARBAGE, Text, UnfitError, reason

MOST_SENTENCES = 12  # of one kind; the rest is counted
MARKS = {"ok": ("[通过] ", "[ok]    "), "note": ("[注意] ", "[note]  "), "wrong": ("[错误] ", "[WRONG] ")}


class Report:
    """Prints one line per finding in one language: [ok], [note] or [WRONG]."""

    def __init__(self, lang: str) -> None:
        self.lang = 1 if lang == "en" else 0
        self.faults = 0

    def ok(self, zh: str, en: str) -> None:
        self._say("ok", zh, en)

    def note(self, zh: str, en: str) -> None:
        self._say("note", zh, en)

    def wrong(self, zh: str, en: str) -> None:
        self.faults += 1
        self._say("wrong", zh, en)

    def all_wrong(self, faults: Sequence[Text]) -> None:
        """Say the first of many faults of one kind, and how many more there are."""
        for zh, en in faults[:MOST_SENTENCES]:
            self.wrong(zh, en)
        if len(faults) > MOST_SENTENCES:
            left = len(faults) - MOST_SENTENCES
            self.wrong(zh=f"……此类问题还有 {left} 处。", en=f"... and {left} more of this kind.")

    @contextmanager
    def part(self, zh: str, en: str) -> Iterator[None]:
        """Whatever cannot be read inside becomes a sentence, never a traceback."""
        try:
            yield
        except UnfitError as refusal:
            self.wrong(*refusal.text)
        except GARBAGE as error:
            why = reason(error)
            self.wrong(zh=f"{zh}：无法读懂（{why.zh}）。", en=f"{en}: the content makes no sense ({why.en}).")

    def _say(self, kind: str, zh: str, en: str) -> None:
        words = (zh, en)[self.lang]
        # Names come from the files that are being checked: no control character of theirs reaches a terminal.
        safe = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in words)
        sys.stdout.write(f"{MARKS[kind][self.lang]}{safe}\n")
