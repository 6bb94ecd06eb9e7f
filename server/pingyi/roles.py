"""The roles of people and keys: the core's, and what a package says of a role that it brings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pingyi.channels import Text

_KEY = re.compile(r"[a-z][a-z0-9_]*")
# Words of a policy and of a caller that are no roles.
_RESERVED = frozenset({"public", "signed_in", "evidence_readers", "shell"})


class Role(StrEnum):
    """The core's own roles; an operator's person also has `operator_id`."""

    ADMINISTRATOR = "administrator"
    APPROVER = "approver"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDITOR = "auditor"
    OPERATOR = "operator"


OFFICE_READERS = (Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR)
"""Who of the office sees everything of a period, whether or not they may change it."""
ACCOUNT_READERS = (Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleKind:
    """A role that accounts may be given: registering it is all that it needs; policies name its key.

    `alone`: whoever holds it holds no other. `apart_from`: the keys of roles that the same person may not
    hold; said by one of both it holds for both. `reads_evidence`: sees the files that prove entries, of every
    channel. `by_key`: the API issues keys with it to the office's programs.
    """

    key: str
    title: Text
    alone: bool = False
    apart_from: frozenset[str] = frozenset()
    reads_evidence: bool = False
    by_key: bool = False


# A security administrator keeps accounts and touches no score; an auditor writes nothing.
CORE_ROLES = (
    RoleKind(
        key=Role.ADMINISTRATOR,
        title=Text(zh="评议办管理员", en="Office administrator"),
        reads_evidence=True,
        by_key=True,
    ),
    RoleKind(key=Role.APPROVER, title=Text(zh="审批人", en="Approver"), reads_evidence=True, by_key=True),
    RoleKind(
        key=Role.SECURITY_ADMINISTRATOR,
        title=Text(zh="安全管理员", en="Security administrator"),
        alone=True,
        by_key=True,
    ),
    RoleKind(
        key=Role.AUDITOR,
        title=Text(zh="审计员", en="Auditor"),
        alone=True,
        reads_evidence=True,
        by_key=True,
    ),
    RoleKind(key=Role.OPERATOR, title=Text(zh="渠道单位人员", en="Operator")),
)


def checked_roles(brought: Iterable[Any], known: Mapping[str, RoleKind]) -> dict[str, RoleKind]:
    """The roles of one package by their keys; TypeError or ValueError says what is wrong with one."""
    checked: dict[str, RoleKind] = {}
    for role in brought:
        if not isinstance(role, RoleKind):
            raise TypeError(f"expected a RoleKind, got {type(role).__name__}")
        if not (isinstance(role.key, str) and _KEY.fullmatch(role.key)):
            raise ValueError(f"{role.key!r} is no role: letters in lower case, digits and _, a letter first")
        if role.key in {*known, *checked, *_RESERVED}:
            raise ValueError(f"the role {role.key} is already registered")
        if not isinstance(role.title, Text):
            raise TypeError(f"the title of role {role.key} is no Text")
        checked[role.key] = role
    return checked


def title_of(role: str, known: Mapping[str, RoleKind]) -> Text:
    """What a role is called; one that is stored and that nobody brings is called by its key."""
    return known[role].title if role in known else Text(zh=role, en=role)


def incompatible_pairs(roles: Iterable[str], known: Mapping[str, RoleKind]) -> list[tuple[str, str]]:
    """The pairs among `roles` that one account may not hold together; KeyError for an unknown role."""
    order = list(known)
    held = sorted({known[role].key for role in roles}, key=order.index)
    pairs = [(one, other) for position, one in enumerate(held) for other in held[position + 1 :]]
    return [(one, other) for one, other in pairs if _incompatible(known[one], known[other])]


def not_held_with(role: str, known: Mapping[str, RoleKind]) -> list[str]:
    """The roles that whoever holds this one may not hold, in the order of `known`; KeyError if unknown."""
    return [other for other in known if other != role and _incompatible(known[role], known[other])]


def _incompatible(one: RoleKind, other: RoleKind) -> bool:
    return one.alone or other.alone or other.key in one.apart_from or one.key in other.apart_from
