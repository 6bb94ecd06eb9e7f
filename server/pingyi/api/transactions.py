"""The transaction of an office act: what the database refuses is told as a conflict."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.services.core.roles import Role

READERS = (Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR)
KEEPERS = (Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)
_STATE_CODES = {"PY001", "PY002", "PY003", "PY005"}


@contextmanager
def act() -> Iterator[Connection]:
    """One transaction; Problem conflict where a row exists twice or another act came first."""
    try:
        with transaction() as connection:
            yield connection
    except IntegrityError as error:
        raise Problem("conflict", 409, _TWICE) from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", "") not in _STATE_CODES:
            raise
        raise Problem("conflict", 409, _OVERTAKEN) from error


_TWICE = Text(
    zh="同一项出现两次，或已被另一操作登记；未保存任何内容。",
    en="The same item occurs twice, or another act has just stored it; nothing was stored.",
)
_OVERTAKEN = Text(
    zh="另一操作刚刚改变了状态，请刷新后重试。",
    en="Another act has just changed the state; look again, then try again.",
)
