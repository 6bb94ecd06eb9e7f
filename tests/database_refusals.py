"""What the database itself refuses, behind the services: its own words stand in the cause of the problem."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pingyi.domain.errors import Problem


@contextmanager
def database_refuses(words: str = "") -> Iterator[None]:
    """The block ends with a refusal by a trigger or a constraint that says `words`."""
    with pytest.raises(Problem, match=r"^conflict:") as refused:
        yield
    assert re.search(words, str(refused.value.__cause__))
