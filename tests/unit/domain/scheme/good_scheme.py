"""A good scheme, changed by the tests that read or refuse it."""

from __future__ import annotations

import pytest

from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.scheme.parse import parse_scheme

GOOD = """
key = "maanshan-2017"
title = { zh = "2017年度政风行风评议", en = "Conduct review 2017" }
full_marks = "100"
decimals = 2

[policies]
missing = "reallocate"
min_coverage = "60"
ties = "competition"
tie_break = ["hotlines"]
bonus_cap = "2"

[[categories]]
key = "departments"
title = { zh = "政府部门", en = "Departments" }

[[groups]]
key = "work"
title = { zh = "工作测评", en = "Work assessment" }

[[groups]]
key = "hotlines"
parent = "work"
title = { zh = "热线测评", en = "Hotlines" }

[[channels]]
key = "work_law"
group = "work"
plugin = "partner_score"
operator = "市政府法制办"
max_points = "62.5"
title = { zh = "依法行政情况", en = "Lawful administration" }
settings = { scale = "5" }

[[channels]]
key = "hotline_12345"
group = "hotlines"
plugin = "hotline"
operator = "市长公开电话办"
max_points = "37.5"
title = { zh = "12345电话", en = "12345 hotline" }

[grades]
from = { excellent = "90", good = "80", pass = "60", fail = "0" }
titles = { excellent = { zh = "优秀", en = "Excellent" } }

[[consequences]]
when = { place = "bottom", k = 2, consecutive = 1 }
action = "interview"
"""


def refused(text: str) -> dict[str, FieldError]:
    """The errors of a scheme that must be refused, by code and pointer."""
    with pytest.raises(Problem) as caught:
        parse_scheme(text)
    assert (caught.value.code, caught.value.status) == ("scheme_invalid", 422)
    for error in caught.value.errors:
        assert error.message.zh
        assert error.message.en
        assert "{" not in error.message.zh + error.message.en
    return {f"{error.code} {error.pointer}": error for error in caught.value.errors}


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)
