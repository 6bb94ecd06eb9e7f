"""The clock of a web server as a file: it stands days ahead of, or behind, everybody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

NAMES = ("*/faketime/libfaketimeMT.so.1", "faketime/libfaketimeMT.so.1")
# Without the second one threads that wait for the interpreter spin (libfaketime 0.9.10).
REAL_WAITS = "FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_FORCE_MONOTONIC_FIX=0"


def library() -> Path | None:
    """Debian's libfaketime for programs with threads; None where it is not installed."""
    return next((one for name in NAMES for one in Path("/usr/lib").glob(name)), None)


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that goes as fast as the real one, away from it by what its file says."""

    file: Path

    def command(self, words: str) -> str:
        """A command whose processes read this clock; time that passes is still measured by the real one."""
        found = library()
        assert found, "no faketime was found; make clocks installs it"
        settings = f"FAKETIME_TIMESTAMP_FILE={self.file} FAKETIME_NO_CACHE=1 {REAL_WAITS}"
        return f"env LD_PRELOAD={found} {settings} {words}"

    def show(self, moment: datetime) -> None:
        """Set the clock."""
        away = round((moment - datetime.now(moment.tzinfo)).total_seconds())
        draft = self.file.with_suffix(".new")
        draft.write_text(f"{away:+d}\n", encoding="ascii")
        draft.replace(self.file)
