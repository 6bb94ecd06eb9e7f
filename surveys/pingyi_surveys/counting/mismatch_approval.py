"""Two people who answer for going on although a box and its record differ."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.models import Account
from pingyi.services.core.errors import not_found
from pingyi_surveys.counting.open_boxes import Approval

_ACCOUNT = select(Account.id).where(Account.login == bindparam("login"), Account.disabled_at.is_(None))


def approval_of(connection: Connection, by: str, second: str) -> Approval:
    """The two accounts of these logins, as the record names them; Problem not_found, two_people."""
    if by == second:
        raise Problem("two_people", 422, _TWO)
    return Approval(by=_named(connection, by), second=_named(connection, second))


_TWO = Text(zh="须由两个不同的人决定。", en="It takes two different people.")


def _named(connection: Connection, login: str) -> str:
    account_id = connection.execute(_ACCOUNT, {"login": login}).scalar_one_or_none()
    if account_id is None:
        raise not_found(zh=f"账号“{login}”", en=f"Account {login}")
    return f"account-{account_id}"
