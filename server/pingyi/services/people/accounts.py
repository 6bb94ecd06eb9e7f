"""Staff accounts: made and changed by a security administrator only, every change on the record."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from pingyi.channels import Text
from pingyi.db import Lock, hold, one_row, rows
from pingyi.domain.errors import FieldError, Problem
from pingyi.domain.lookalikes import without_digits_like_letters as login_reads_as
from pingyi.domain.names import unseen_in
from pingyi.ledger.leaves import record
from pingyi.models import Account, OneTimeCode, Operator
from pingyi.roles import Role
from pingyi.services.core.callers import SHELL, Caller
from pingyi.services.core.errors import forbidden, not_found
from pingyi.services.people.account_roles import account_invalid, checked_roles
from pingyi.services.people.api_keys import OPERATOR_OF_NAME
from pingyi.services.people.passwords import checked_password, passwords
from pingyi.services.people.sessions import end_sessions_of

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{2,31}")
_NAME_LENGTH = 60
_LIST = (
    select(
        Account.id,
        Account.login,
        Account.name,
        Account.roles,
        Operator.name.label("operator"),
        Account.disabled_at,
        Account.created_at,
    )
    .outerjoin(Operator, Operator.id == Account.operator_id)
    .order_by(Account.login)
)
_LOGINS = select(Account.login)
_ANY = select(exists().select_from(Account))
_ACTIVE = (
    select(Account.login, Account.operator_id, Account.roles)
    .where(Account.id == bindparam("account"), Account.disabled_at.is_(None))
    .with_for_update()
)
_OWN = (
    select(Account.id, Account.login, Account.password_hash)
    .where(Account.id == bindparam("account"))
    .with_for_update()
)
_CREATE = insert(Account).on_conflict_do_nothing().returning(Account.id)
_CHANGE = update(Account).where(Account.id == bindparam("account"))
_SET_ROLES = _CHANGE.values(roles=bindparam("roles"))
_DISABLE = _CHANGE.values(disabled_at=func.now())
_SET_PASSWORD = _CHANGE.values(password_hash=bindparam("hash"), failures=0, locked_until=None)
_USE_CODES = update(OneTimeCode).where(OneTimeCode.used_at.is_(None)).values(used_at=func.now())
_USE_CODE = _USE_CODES.where(OneTimeCode.code_hash == bindparam("hash"))
_NEW_CODE = insert(OneTimeCode)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDraft:
    """A new account; `operator` names the body whose person it is, for the role operator only."""

    login: str
    name: str
    password: str
    roles: tuple[str, ...]
    operator: str = ""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as the accounts page lists it."""

    id: int
    login: str
    name: str
    roles: tuple[str, ...]
    operator: str | None
    disabled_at: datetime | None
    created_at: datetime


def list_accounts(connection: Connection) -> list[AccountRow]:
    """All accounts by login."""
    return rows(connection, AccountRow, _LIST)


def create_account(connection: Connection, caller: Caller, draft: AccountDraft) -> int:
    """Make an account; returns its id.

    Raises Problem: forbidden, account_invalid, roles_incompatible, password_weak, login_taken.
    """
    _require_security_administrator(caller)
    roles = checked_roles(draft.roles)
    operator_id = _operator_id(connection, roles, draft.operator)
    _check_names(draft)
    return _insert(connection, caller, draft, roles, operator_id)


def set_roles(connection: Connection, caller: Caller, account_id: int, roles: Iterable[str]) -> None:
    """Give an account these roles instead of its own; whoever is signed in with it has to sign in again."""
    _require_security_administrator(caller)
    account = _find(connection, account_id)
    wanted = checked_roles(roles, account.roles)
    if (Role.OPERATOR in wanted) != (account.operator_id is not None):
        raise account_invalid("roles", _BOUND_FOR_EVER)
    _require_other(caller, account_id)
    connection.execute(_SET_ROLES, {"roles": sorted(wanted), "account": account_id})
    end_sessions_of(connection, account_id)
    record(
        connection, "admin.roles_changed", {"account": account_id, "roles": sorted(wanted), "by": caller.name}
    )


def disable_account(connection: Connection, caller: Caller, account_id: int) -> None:
    """Shut an account for good and end its sessions; nobody can lock himself out this way."""
    _require_security_administrator(caller)
    _require_other(caller, account_id)
    _find(connection, account_id)
    connection.execute(_DISABLE, {"account": account_id})
    end_sessions_of(connection, account_id)
    record(connection, "admin.account_disabled", {"account": account_id, "by": caller.name})


def reset_password(connection: Connection, caller: Caller, account_id: int, password: str) -> None:
    """Give an account a new password, unlock it and end its sessions."""
    _require_security_administrator(caller)
    login = _find(connection, account_id).login
    _store_password(connection, account_id, login, password)
    record(connection, "admin.password_reset", {"account": account_id, "by": caller.name})


def change_password(connection: Connection, caller: Caller, old: str, new: str) -> None:
    """Change one's own password; ends every session of the account. Raises Problem password_wrong."""
    row = connection.execute(_OWN, {"account": caller.account_id}).one()
    if not passwords().verify(row.password_hash, old):
        error = FieldError(code="password_wrong", message=_WRONG, pointer="/old")
        raise Problem("password_wrong", 422, _WRONG, [error])
    _store_password(connection, row.id, row.login, new)
    record(connection, "admin.password_changed", {"account": row.id, "by": caller.name})


def new_first_code(connection: Connection) -> str:
    """A one-time code for the first security administrator; earlier codes end.

    Raises Problem accounts_exist once there is an account.
    """
    if not needs_first_account(connection):
        raise Problem("accounts_exist", 409, _ACCOUNTS_EXIST)
    code = "-".join(secrets.token_hex(2) for _ in range(6))
    connection.execute(_USE_CODES)
    connection.execute(_NEW_CODE, {"code_hash": _hash(code)})
    record(connection, "admin.first_code_made", {"by": SHELL.name})
    return code


def needs_first_account(connection: Connection) -> bool:
    """Whether nobody can sign in yet."""
    return not connection.execute(_ANY).scalar_one()


def create_first_account(connection: Connection, code: str, draft: AccountDraft) -> int:
    """The first account, a security administrator, by the code.

    Raises Problem code_wrong for any other code, a used one, or once there is an account.
    """
    hold(connection, Lock.FIRST_ACCOUNT)
    used = connection.execute(_USE_CODE, {"hash": _hash(code.strip().lower())}).rowcount
    if not used or not needs_first_account(connection):
        raise Problem("code_wrong", 403, _CODE_WRONG)
    roles = frozenset({Role.SECURITY_ADMINISTRATOR})
    _check_names(draft)
    return _insert(connection, SHELL, draft, roles, None)


def _insert(
    connection: Connection,
    caller: Caller,
    draft: AccountDraft,
    roles: frozenset[str],
    operator_id: int | None,
) -> int:
    password_hash = passwords().hash(checked_password(draft.password, draft.login))
    hold(connection, Lock.NAMES)
    for login in connection.execute(_LOGINS).scalars():
        if login != draft.login and login_reads_as(login) == login_reads_as(draft.login):
            raise account_invalid("login", _LOGIN_ALIKE.format(login=login), code="login_alike")
    account_id: int | None = connection.execute(
        _CREATE,
        {
            "login": draft.login,
            "name": draft.name.strip(),
            "password_hash": password_hash,
            "roles": sorted(roles),
            "operator_id": operator_id,
        },
    ).scalar_one_or_none()
    if account_id is None:
        raise account_invalid("login", _LOGIN_TAKEN, code="login_taken")
    content = {"account": account_id, "roles": sorted(roles), "operator": operator_id, "by": caller.name}
    record(connection, "admin.account_created", content)
    return account_id


def _store_password(connection: Connection, account_id: int, login: str, password: str) -> None:
    stored = passwords().hash(checked_password(password, login))
    connection.execute(_SET_PASSWORD, {"hash": stored, "account": account_id})
    end_sessions_of(connection, account_id)


def _operator_id(connection: Connection, roles: frozenset[str], operator: str) -> int | None:
    if (Role.OPERATOR in roles) != bool(operator):
        raise account_invalid("operator", _OPERATOR_NEEDED)
    if not operator:
        return None
    operator_id: int | None = connection.execute(OPERATOR_OF_NAME, {"name": operator}).scalar_one_or_none()
    if operator_id is None:
        raise account_invalid("operator", Text(zh="没有这个渠道单位。", en="There is no such operator."))
    return operator_id


def _check_names(draft: AccountDraft) -> None:
    if not _LOGIN.fullmatch(draft.login):
        raise account_invalid("login", _LOGIN_FORM)
    if message := unseen_in(draft.name):
        raise account_invalid("name", message, code="unseen_letter")
    if not 1 <= len(draft.name.strip()) <= _NAME_LENGTH or not draft.name.isprintable():
        raise account_invalid("name", _NO_NAME)


def _find(connection: Connection, account_id: int) -> _ActiveAccount:
    row = one_row(connection, _ActiveAccount, _ACTIVE, account=account_id)
    if row is None:
        raise not_found(zh="该账号或账号已停用", en="The account, or it is disabled: it")
    return row


@dataclass(frozen=True, slots=True)
class _ActiveAccount:
    login: str
    operator_id: int | None
    roles: Sequence[str]


def _require_security_administrator(caller: Caller) -> None:
    if Role.SECURITY_ADMINISTRATOR not in caller.roles and caller != SHELL:
        raise forbidden()


def _require_other(caller: Caller, account_id: int) -> None:
    if caller.account_id == account_id:
        raise Problem("own_account", 409, _OWN_ACCOUNT)


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


_WRONG = Text(zh="原口令不正确。", en="The old password is not correct.")
_CODE_WRONG = Text(
    zh="一次性代码无效、已使用，或已有账号。请在服务器上重新生成代码。",
    en="The one-time code is wrong or used, or there is an account already; make a new code on the server.",
)
_ACCOUNTS_EXIST = Text(
    zh="已有账号，一次性代码不再生效；请由安全管理员新建账号。",
    en="There are accounts already, so no code is made; ask a security administrator for an account.",
)
_OWN_ACCOUNT = Text(
    zh="不能更改自己的角色或停用自己，请由另一位安全管理员操作。",
    en="You cannot change your own roles or disable yourself; ask another security administrator.",
)
_OPERATOR_NEEDED = Text(
    zh="“渠道单位人员”须指定所属渠道单位，其他角色不得指定。",
    en="An operator's person belongs to an operator; other roles belong to none.",
)
_BOUND_FOR_EVER = Text(
    zh="账号与渠道单位的关系不可更改，请停用后新建账号。",
    en="Whether an account belongs to an operator does not change; disable it and make a new one.",
)
_LOGIN_TAKEN = Text(zh="此登录名已被使用。", en="This login is taken.")
_LOGIN_ALIKE = Text(
    zh="与已有的登录名“{login}”看起来一样，请改用能区分的登录名。",
    en="Reads like the login {login}; give one that people can tell apart.",
)
_NO_NAME = Text(zh="请填写姓名（不超过60字）。", en="Give a name, 60 letters at most.")
_LOGIN_FORM = Text(
    zh="登录名为3至32位小写字母、数字或“._-”，以字母开头。",
    en="A login has 3 to 32 small letters, digits or “._-” and begins with a letter.",
)
