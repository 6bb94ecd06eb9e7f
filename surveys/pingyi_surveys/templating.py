"""Templates of what is rendered outside the pages' own layout: ballots, posters, printable cards."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def environment() -> Environment:
    """One for the package: escaped, and an unknown name is an error."""
    return Environment(
        loader=PackageLoader("pingyi_surveys"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
