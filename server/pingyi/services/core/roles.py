"""The roles of people and keys, and the pairs that one person may never hold together."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pingyi.channels import Text


class Role(StrEnum):
    """What an account or an office key may be; an operator's person also has `operator_id`."""

    ADMINISTRATOR = "administrator"
    APPROVER = "approver"
    REVIEWER = "reviewer"
    SECURITY_ADMINISTRATOR = "security_administrator"
    CARD_ISSUER = "card_issuer"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    INSPECTOR = "inspector"
    UNIT_LIAISON = "unit_liaison"


ROLE_TITLES = {
    Role.ADMINISTRATOR: Text(zh="评议办管理员", en="Office administrator"),
    Role.APPROVER: Text(zh="审批人", en="Approver"),
    Role.REVIEWER: Text(zh="复核人", en="Reviewer"),
    Role.SECURITY_ADMINISTRATOR: Text(zh="安全管理员", en="Security administrator"),
    Role.CARD_ISSUER: Text(zh="发卡人", en="Card issuer"),
    Role.AUDITOR: Text(zh="审计员", en="Auditor"),
    Role.OPERATOR: Text(zh="渠道单位人员", en="Operator"),
    Role.INSPECTOR: Text(zh="检查员", en="Inspector"),
    Role.UNIT_LIAISON: Text(zh="被评单位联络员", en="Unit liaison"),
}


OFFICE_READERS = (Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR)
"""Who of the office sees everything of a period, whether or not they may change it."""
HELD_READERS = (*OFFICE_READERS, Role.REVIEWER)
"""Who sees evidence, and ballots that are held."""
ACCOUNT_READERS = (Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)


def incompatible_pairs(roles: Iterable[str]) -> list[tuple[Role, Role]]:
    """The pairs among `roles` that one account may not hold together; raises ValueError on an unknown role.

    A security administrator keeps accounts and touches no score, an auditor writes nothing, whoever issues
    cards does not run the evaluation, and a reviewer of held ballots never sees what they say.
    """
    held = sorted({Role(role) for role in roles}, key=list(Role).index)
    pairs = [(one, other) for position, one in enumerate(held) for other in held[position + 1 :]]
    return [pair for pair in pairs if _incompatible(frozenset(pair))]


def _incompatible(pair: frozenset[Role]) -> bool:
    alone = {Role.SECURITY_ADMINISTRATOR, Role.AUDITOR}
    apart = (
        {Role.ADMINISTRATOR, Role.CARD_ISSUER},
        {Role.ADMINISTRATOR, Role.REVIEWER},
        {Role.APPROVER, Role.REVIEWER},
    )
    return bool(pair & alone) or pair in apart
