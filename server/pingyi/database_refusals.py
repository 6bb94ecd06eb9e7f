"""What the database refuses by triggers and constraints, as problems with a code and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.exc import DBAPIError, IntegrityError

from pingyi.channels import Text
from pingyi.domain.errors import Problem


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
_TAKES_BALLOTS = Text(
    zh="此渠道由本系统收票，结果在开箱时产生，不能另行报送或撤回。",
    en="This channel takes ballots here: its entries come of the opening; nobody delivers or withdraws any.",
)
# PY004, a change of what is only ever added to, is nobody's mistake but ours and goes up as it is.
_BY_SQLSTATE: Mapping[str, Callable[[], Problem]] = {
    "PY001": not_open,
    "PY002": lambda: _conflict(_OVERTAKEN),
    "PY003": lambda: _conflict(_OVERTAKEN),
    "PY005": lambda: _conflict(_OVERTAKEN),
    "PY006": lambda: Problem("takes_ballots", 409, _TAKES_BALLOTS),
}


def sqlstate(error: DBAPIError) -> str:
    """The SQLSTATE of what the database answered, "" where it did not answer."""
    return getattr(error.orig, "sqlstate", None) or ""


def problem_of(error: DBAPIError) -> Problem | None:
    """The Problem that stands for a refusal; None where the error is no refusal."""
    if isinstance(error, IntegrityError):
        return _conflict(_TWICE)
    made = _BY_SQLSTATE.get(sqlstate(error))
    return made() if made else None
