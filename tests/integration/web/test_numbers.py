"""A number in an address that no column of the database holds is not found, whatever page it is of."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter

from pingyi.web.numbers import BIGINT


def test_no_rule_takes_a_number_beyond_the_columns(app: Flask) -> None:
    numbers = {
        (rule.rule, name): converter
        for rule in app.url_map.iter_rules()
        for name, converter in rule._converters.items()
        if isinstance(converter, IntegerConverter)
    }
    assert len(numbers) >= 15
    for place, converter in numbers.items():
        assert converter.max is not None and converter.max <= BIGINT, place
