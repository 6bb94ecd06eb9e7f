"""`make bench`: every section, or those that are named, as Markdown tables."""

from __future__ import annotations

import os
import platform
import sys
import time
from datetime import date

import click

from benchmarks import ballots, closing, folding, intake, record, stream, uploads, web
from benchmarks.figures import Figure, table
from benchmarks.house import house

SECTIONS = {
    "intake": ("Intake", intake.figures),
    "upload": ("A file of 50,000 rows", uploads.figures),
    "fold": ("Folding", folding.figures),
    "close": ("Closing and assessing 1,000 units x 20 channels, 250,000 counters", closing.figures),
    "record": ("The verifiable record", record.figures),
    "web": ("The web server", web.figures),
    "ballots": ("A ballot", ballots.figures),
    "stream": ("Ballots from a broadcast", stream.figures),
}


def main(wanted: list[str]) -> int:
    """Measure and print; 1 when a goal is missed."""
    chosen = wanted or list(SECTIONS)
    if unknown := set(chosen) - SECTIONS.keys():
        raise click.UsageError(f"{', '.join(sorted(unknown))}: there are {', '.join(SECTIONS)}")
    click.echo(f"{date.today()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")  # noqa: DTZ011
    missed: list[Figure] = []
    for name in chosen:
        title, measure = SECTIONS[name]
        begun = time.perf_counter()
        with house() as ours:
            figures = measure(ours)
        missed += [one for one in figures if one.met is False]
        click.echo(table(title, figures))
        click.echo(f"({time.perf_counter() - begun:.0f} s)\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
