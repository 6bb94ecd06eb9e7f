"""The refusals that several services share."""

from __future__ import annotations

from collections.abc import Sequence

from pingyi.channels import Text
from pingyi.domain.errors import Problem


def not_found(zh: str, en: str) -> Problem:
    """Nothing of that name, or nothing that this caller may see."""
    return Problem("not_found", 404, Text(zh=f"没有找到{zh}。", en=f"{en} was not found."))


def wrong_state(state: str, needed: str) -> Problem:
    """The period is not in the state that the act needs."""
    message = Text(
        zh="周期处于“{state}”状态，此操作要求“{needed}”。",
        en="The period is {state}; this needs it to be {needed}.",
    )
    return Problem("wrong_state", 409, message.format(state=state, needed=needed))


def forbidden() -> Problem:
    """The caller's rights do not cover this."""
    message = Text(zh="您没有此项操作的权限。", en="Your rights do not cover this.")
    return Problem("forbidden", 403, message)


def require_state(state: str, states: Sequence[str]) -> None:
    """Problem wrong_state unless the period is in one of these states."""
    if state not in states:
        raise wrong_state(state, " / ".join(states))
