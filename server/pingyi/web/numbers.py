"""Numbers in addresses: none is greater than what a column of the database holds."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

BIGINT = 2**63 - 1


class StoredNumber(IntegerConverter):
    """`<int:…>` of every rule; an address with a greater number is no address of ours."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:  # noqa: A002 - werkzeug's name
        kwargs.setdefault("max", BIGINT)
        super().__init__(map, *args, **kwargs)


def init_numbers(app: Flask) -> None:
    """Have the rules of all blueprints read numbers so."""
    app.url_map.converters["int"] = StoredNumber
