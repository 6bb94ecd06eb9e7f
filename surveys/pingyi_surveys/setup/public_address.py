"""What the addresses of ballots begin with: never a host that the people they are for cannot reach."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi.domain.public_hosts import is_public_host
from pingyi.settings import Settings


def printed_address(settings: Settings, asked: str, *, demonstration: bool = False) -> str:
    """What codes begin with, as in https://host: the public address, else the one that was asked.

    Raises Problem address_private where outsiders cannot reach it and neither the settings nor a
    demonstration allow that.
    """
    address = settings.public_address or asked.rstrip("/")
    if not (demonstration or settings.private_addresses or is_public_site(address)):
        told = _SET_IS_PRIVATE if settings.public_address else _ASKED_IS_PRIVATE
        raise Problem("address_private", 409, told.format(address=address))
    return address


def is_public_site(address: str) -> bool:
    """Whether people outside can reach the host of this address."""
    try:
        return is_public_host(urlsplit(address).hostname or "")
    except ValueError:
        return False


def refuse_private(links: Iterable[str]) -> None:
    """Problem address_private names the host of a link that outsiders cannot reach."""
    private = next((link for link in links if not is_public_site(link)), None)
    if private is not None:
        raise Problem("address_private", 409, _LINK_IS_PRIVATE.format(host=urlsplit(private).netloc))


_ASKED_IS_PRIVATE = Text(
    zh="二维码暂不能印制：现在打开的网址 {address} 只有本机或内网能访问，群众扫码打不开。"
    "请系统维护人员设置 PINGYI_PUBLIC_ADDRESS（公众打开本系统的网址，如 https://host）并重启；"
    "确实只在内网使用的，设置 PINGYI_PRIVATE_ADDRESSES=allowed。",
    en="Codes cannot be printed yet: the address of this page, {address}, is reached from this host or a "
    "private network alone, and a scan would lead nowhere. Have PINGYI_PUBLIC_ADDRESS set (the address under "
    "which people reach the pages, as in https://host) and the server started again; where everybody is "
    "inside, set PINGYI_PRIVATE_ADDRESSES=allowed.",
)
_SET_IS_PRIVATE = Text(
    zh="二维码暂不能印制：PINGYI_PUBLIC_ADDRESS 所设的 {address} 只有本机或内网能访问，群众扫码打不开。"
    "请系统维护人员改为公众能打开的网址并重启；确实只在内网使用的，设置 PINGYI_PRIVATE_ADDRESSES=allowed。",
    en="Codes cannot be printed yet: PINGYI_PUBLIC_ADDRESS is {address}, which is reached from this host or "
    "a private network alone. Have it changed to the address under which people reach the pages, and the "
    "server started again; where everybody is inside, set PINGYI_PRIVATE_ADDRESSES=allowed.",
)
_LINK_IS_PRIVATE = Text(
    zh="一封也没有发出：票卡链接指向 {host}，只有本机或内网能访问。请用对外网址重新制卡（pingyi cards issue "
    "--address）；收信人都在内网的，加 --private-address，或设置 PINGYI_PRIVATE_ADDRESSES=allowed。",
    en="Nothing was sent: the links of the cards lead to {host}, which is reached from this host or a "
    "private network alone. Make cards with the public address (pingyi cards issue --address); where all "
    "recipients are inside, add --private-address or set PINGYI_PRIVATE_ADDRESSES=allowed.",
)
