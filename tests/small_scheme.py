"""A small scheme in few words and a period of it, for every test that needs some evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pingyi.db import transaction
from pingyi.services.core.callers import SHELL
from pingyi.services.periods.period_draft import PeriodDraft
from pingyi.services.periods.periods import create_period, find_period, open_period
from pingyi.services.periods.schemes import store_scheme
from pingyi.services.periods.units import UnitRow, put_units

DEPARTMENTS = "departments"
LAST_ONE = '[[consequences]]\nwhen = { place = "bottom", k = 1, consecutive = 1 }\naction = "interview"\n'


def scheme_of(*channels: str, key: str = "small", min_coverage: str = "60", more: str = LAST_ONE) -> str:
    """A scheme of 100 points with one category; `more` stands after the channels."""
    return (
        f'key = "{key}"\ntitle = {{ zh = "小方案", en = "Small" }}\nfull_marks = "100"\ndecimals = 2\n'
        f'[policies]\nmissing = "reallocate"\nmin_coverage = "{min_coverage}"\nties = "competition"\n'
        f'tie_break = []\n[[categories]]\nkey = "{DEPARTMENTS}"\n'
        'title = { zh = "政府部门", en = "Departments" }\n' + "".join(channels) + more
    )


def channel(
    key: str,
    zh: str,
    points: str,
    settings: str,
    *,
    operator: str,
    plugin: str = "partner_score",
    more: str = "",
) -> str:
    """A channel of such a scheme; `settings` as an inline table."""
    return (
        f'[[channels]]\nkey = "{key}"\nplugin = "{plugin}"\noperator = "{operator}"\n'
        f'max_points = "{points}"\n'
        f'title = {{ zh = "{zh}", en = "{key.title()}" }}\nsettings = {settings}\n{more}'
    )


LAW = channel("law", "依法行政", "60", '{ scale = "5" }', operator="法制办")
WINDOW = channel("window", "窗口", "40", '{ scale = "100" }', operator="服务中心")


def draft_period(document: str, names: Sequence[str], key: str = "p", **given: Any) -> None:
    """A period of the scheme with units u1, u2, ... of these names."""
    with transaction() as connection:
        scheme, _, scheme_id = store_scheme(connection, SHELL, document)
        create_period(connection, SHELL, PeriodDraft(key=key, **given), scheme, scheme_id)
        rows = [UnitRow(code=f"u{n}", name=name, category=DEPARTMENTS) for n, name in enumerate(names, 1)]
        put_units(connection, SHELL, find_period(connection, key), scheme, rows)


def open_draft(key: str = "p") -> None:
    with transaction() as connection:
        open_period(connection, SHELL, key)


def names_of(units: int) -> list[str]:
    return [f"市第{n}局" for n in range(1, units + 1)]
