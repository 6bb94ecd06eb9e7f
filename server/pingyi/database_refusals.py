"""What the database refuses by triggers and constraints, as problems with a code and a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from sqlalchemy.exc import DBAPIError, IntegrityError

from pingyi.channels import Text
from pingyi.domain.errors import Problem

Refusal = Callable[[], Problem]
REFUSALS = "pingyi.refusals"
"""Where an application keeps what the triggers of its extensions refuse, by SQLSTATE."""
_SQLSTATE = re.compile(r"PY[0-9A-Z]{3}")


def not_open() -> Problem:
    """The period takes no entries now."""
    message = Text(
        zh="评议周期未开放，不能报送；如需更正请联系评议办公室。",
        en="The period is not open, so nothing can be delivered; ask the office if a correction is needed.",
    )
    return Problem("period_not_open", 423, message)


def _conflict(message: Text) -> Problem:
    return Problem("conflict", 409, message)


_TWICE = Text(
    zh="同一项出现两次，或已被另一操作登记；未保存任何内容。",
    en="The same item occurs twice, or another act has just stored it; nothing was stored.",
)
_OVERTAKEN = Text(
    zh="另一操作刚刚改变了状态，请刷新后重试。",
    en="Another act has just changed the state; look again, then try again.",
)
_NOBODY_SAYS_WHY = Text(
    zh="数据库按某个扩展的规则（{code}）拒绝了这一操作，而该扩展未能载入；请先修复它。",
    en="The database refused this by a rule ({code}) of an extension that cannot be loaded; repair it first.",
)
# PY004, a change of what is only ever added to, is nobody's mistake but ours and goes up as it is.
_BY_SQLSTATE: Mapping[str, Refusal] = {
    "PY001": not_open,
    "PY002": lambda: _conflict(_OVERTAKEN),
    "PY003": lambda: _conflict(_OVERTAKEN),
    "PY005": lambda: _conflict(_OVERTAKEN),
}
_OURS = frozenset({*_BY_SQLSTATE, "PY004"})


def checked_refusals(brought: Mapping[str, Refusal], taken: Collection[str]) -> None:
    """ValueError says which SQLSTATE a package may not have: PY and three more, nobody else's."""
    for code in brought:
        if not _SQLSTATE.fullmatch(code):
            raise ValueError(f"{code!r} is no SQLSTATE of ours: PY and three digits or capitals")
        if code in _OURS or code in taken:
            raise ValueError(f"the SQLSTATE {code} is already registered")


def sqlstate(error: DBAPIError) -> str:
    """The SQLSTATE of what the database answered, "" where it did not answer."""
    return getattr(error.orig, "sqlstate", None) or ""


def problem_of(error: DBAPIError, of_extensions: Mapping[str, Refusal]) -> Problem | None:
    """The Problem that stands for a refusal; None where the error is no refusal."""
    if isinstance(error, IntegrityError):
        return _conflict(_TWICE)
    code = sqlstate(error)
    made = _BY_SQLSTATE.get(code) or of_extensions.get(code)
    if made:
        return made()
    if _SQLSTATE.fullmatch(code) and code not in _OURS:
        return _conflict(_NOBODY_SAYS_WHY.format(code=code))
    return None
