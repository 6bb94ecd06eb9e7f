"""Signing in: locked for a while after wrong passwords, and telling nobody which logins exist."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, case, func, or_, update

from pingyi.channels import Text
from pingyi.db import transaction
from pingyi.domain.errors import Problem
from pingyi.ledger.leaves import record
from pingyi.models import Account
from pingyi.services.people.passwords import passwords

FREE_TRIES = 4
LONGEST_LOCK_MINUTES = 60
_LOCKED_MINUTES = func.least(
    func.power(2, func.least(Account.failures - FREE_TRIES, 10)), LONGEST_LOCK_MINUTES
)
_TRY = (
    update(Account)
    .where(
        Account.login == bindparam("tried"),
        Account.disabled_at.is_(None),
        or_(Account.locked_until.is_(None), Account.locked_until <= func.now()),
    )
    .values(
        failures=Account.failures + 1,
        locked_until=case(
            (Account.failures >= FREE_TRIES, func.now() + _LOCKED_MINUTES * timedelta(minutes=1))
        ),
    )
    .returning(Account.id, Account.password_hash, Account.failures)
)
_FORGET = update(Account).where(Account.id == bindparam("account")).values(failures=0, locked_until=None)


def sign_in(login: str, password: str) -> int:
    """The id of the account; Problem sign_in_failed (401) in the same words for every reason.

    A try is counted before the password is looked at: tries made at once count like tries made in turn.
    From the fifth wrong one on the account is locked for 1, 2, 4 ... 60 minutes.
    """
    with transaction() as connection:
        tried = connection.execute(_TRY, {"tried": login.strip().lower()}).one_or_none()
    fits = passwords().verify(tried.password_hash if tried else None, password)
    if tried is None:
        raise Problem("sign_in_failed", 401, _FAILED)
    with transaction() as connection:
        if fits:
            connection.execute(_FORGET, {"account": tried.id})
        else:
            record(connection, "admin.sign_in_failed", {"account": tried.id, "tries": tried.failures})
    if not fits:
        raise Problem("sign_in_failed", 401, _FAILED)
    account_id: int = tried.id
    return account_id


_FAILED = Text(
    zh="登录名或口令不正确，或账号已停用、暂时锁定。连续输错后请等候几分钟再试，或联系安全管理员。",
    en="The login or the password is wrong, or the account is disabled or locked for a while."
    " After several wrong tries wait some minutes, or ask a security administrator.",
)
