"""Which roles one account may hold together."""

from __future__ import annotations

from collections.abc import Iterable

from pingyi.channels import Text
from pingyi.domain.errors import FieldError, Problem
from pingyi.extensions import registered_roles
from pingyi.roles import incompatible_pairs, title_of


def checked_roles(roles: Iterable[str], held: Iterable[str] = ()) -> frozenset[str]:
    """The roles, if one account may hold them together; Problem roles_incompatible or account_invalid.

    A role that nobody brings any more may be kept by whoever has `held` it, but no other is added to it:
    nobody knows with which it goes together.
    """
    given, had, known = frozenset(roles), frozenset(held), registered_roles()
    unknown = given - known.keys()
    if not given or not unknown <= had:
        raise account_invalid("roles", _NO_ROLE)
    if unknown and not given <= had:
        raise account_invalid("roles", _UNKNOWN_ROLE)
    pairs = incompatible_pairs(given & known.keys(), known)
    if pairs:
        errors = [_pair_error(one, other) for one, other in pairs]
        message = Text(zh="所选角色不得由一人兼任。", en="One person may not hold these roles together.")
        raise Problem("roles_incompatible", 422, message, errors)
    return given


_NO_ROLE = Text(zh="请至少选择一个已知的角色。", en="Choose at least one known role.")
_UNKNOWN_ROLE = Text(
    zh="有的角色没有任何组件提供：已有的可以保留或取消，但在其提供者恢复之前不能再添加其他角色。",
    en="Nothing here brings one of these roles: whoever has it may keep or lose it, but gets no other one "
    "before whatever brings it is back.",
)


def _pair_error(one: str, other: str) -> FieldError:
    first, second = (title_of(role, registered_roles()) for role in (one, other))
    message = Text(
        zh=f"“{first.zh}”与“{second.zh}”不相容。", en=f"{first.en} and {second.en} are incompatible."
    )
    return FieldError(code="roles_incompatible", message=message, pointer="/roles")


def account_invalid(field: str, message: Text, code: str = "account_invalid") -> Problem:
    """The refusal of what is wrong in one field of an account."""
    error = FieldError(code=code, message=message, pointer=f"/{field}")
    return Problem(code, 422, Text(zh="账号信息有误。", en="The account is not valid."), [error])
