"""The links that an account sees on every page, ours and those of extensions."""

from __future__ import annotations

from typing import Final

from pingyi.channels import Text
from pingyi.extensions import home_parts, installed_extensions
from pingyi.navigation import OFFICE, TOOLS, Link
from pingyi.roles import ACCOUNT_READERS, OFFICE_READERS, Role
from pingyi.web.callers import current_account

HOME: Final = Link(place=TOOLS, endpoint="console.home", title=Text(zh="待办事项", en="To do"))
CORE_LINKS: Final = (
    Link(
        place=TOOLS,
        endpoint="console.office",
        title=Text(zh="评议办", en="Office"),
        roles=frozenset(OFFICE_READERS),
    ),
    Link(
        place=TOOLS,
        endpoint="console.channels",
        title=Text(zh="渠道页面", en="Channel pages"),
        roles=frozenset({Role.OPERATOR, *OFFICE_READERS}),
    ),
    Link(
        place=TOOLS,
        endpoint="console.deliveries",
        title=Text(zh="报送", en="Deliveries"),
        roles=frozenset({Role.OPERATOR}),
    ),
    Link(
        place=TOOLS,
        endpoint="console.accounts",
        title=Text(zh="账号", en="Accounts"),
        roles=frozenset(ACCOUNT_READERS),
    ),
    Link(
        place=TOOLS,
        endpoint="console.keys",
        title=Text(zh="密钥", en="Keys"),
        roles=frozenset(ACCOUNT_READERS),
    ),
    Link(
        place=OFFICE,
        endpoint="console.all_documents",
        title=Text(zh="文件", en="Documents"),
        roles=frozenset(OFFICE_READERS),
    ),
    Link(
        place=OFFICE,
        endpoint="console.installation_approvals",
        title=Text(zh="系统事项审批", en="Approvals outside periods"),
        roles=frozenset(OFFICE_READERS),
    ),
)


def links(place: str) -> list[Link]:
    """The links of a place that this account may follow: to its home where it has one, ours, then others."""
    account = current_account()
    roles = account.roles if account else frozenset()
    brought = (link for one in installed_extensions().working for link in one.extension.links)
    at_home = Role.APPROVER in roles or home_parts(roles)
    known = [*([HOME] if at_home else []), *CORE_LINKS, *brought]
    return [link for link in known if link.place == place and (not link.roles or link.roles & roles)]
