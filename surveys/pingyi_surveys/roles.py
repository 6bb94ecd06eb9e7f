"""The roles of ballots: who issues cards, and who speaks on ballots that are held."""

from __future__ import annotations

from typing import Final

from pingyi.channels import Text
from pingyi.roles import OFFICE_READERS, Role, RoleKind

REVIEWER: Final = "reviewer"
CARD_ISSUER: Final = "card_issuer"
# Whoever issues cards does not run the evaluation; a reviewer of held ballots never sees what they say.
ROLES: Final = (
    RoleKind(
        key=REVIEWER,
        title=Text(zh="复核人", en="Reviewer"),
        apart_from=frozenset({Role.ADMINISTRATOR, Role.APPROVER}),
        reads_evidence=True,
        by_key=True,
    ),
    RoleKind(
        key=CARD_ISSUER,
        title=Text(zh="发卡人", en="Card issuer"),
        apart_from=frozenset({Role.ADMINISTRATOR}),
    ),
)
HELD_READERS: Final = (*OFFICE_READERS, REVIEWER)
"""Who sees ballots that are held."""
