"""Two people who answer for going on although a box and its record differ."""

from __future__ import annotations

from sqlalchemy import Connection, text

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.services.core.errors import not_found
from pingyi_surveys.counting.open_boxes import Approval


def approval_of(connection: Connection, by: str, second: str) -> Approval:
    """The two accounts of these logins, as the record names them; Problem not_found, two_people."""
    if by == second:
        raise Problem("two_people", 422, _TWO)
    return Approval(by=_named(connection, by), second=_named(connection, second))


_TWO = Text(zh="须由两个不同的人决定。", en="It takes two different people.")


def _named(connection: Connection, login: str) -> str:
    found = connection.execute(
        text("SELECT id FROM account WHERE login = :login AND disabled_at IS NULL"), {"login": login}
    ).scalar_one_or_none()
    if found is None:
        raise not_found(zh=f"账号“{login}”", en=f"Account {login}")
    return f"account-{found}"
