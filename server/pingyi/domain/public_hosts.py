"""Which hosts everybody can reach: what is printed or mailed must not lead to one that only we can."""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

_INSIDE: Final = frozenset(
    {"localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "localdomain"}
)
"""Last labels of names that no public server answers for (RFC 6761, RFC 6762 and its appendix G)."""


def is_public_host(host: str) -> bool:
    """Whether people outside can reach `host`: a name or an IP address, without a port.

    False for this host, private, shared and link-local networks, names of one label and names such as
    x.local. Numbers are read as browsers read them, so 127.1 and 2130706433 are 127.0.0.1.
    """
    name = unicodedata.normalize("NFKC", host).strip().strip("[]").rstrip(".").casefold()
    address = _address(name)
    if address is not None:
        return address.is_global and not address.is_multicast
    labels = name.split(".")
    outside = labels[-1] not in _INSIDE and labels[-2:] != ["home", "arpa"] and not labels[-1].isdigit()
    return outside and len(labels) > 1 and all(labels)


def is_site(address: str) -> bool:
    """Whether this is the address of a server, as in https://host, without a path."""
    try:
        parts = urlsplit(address)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = parts.username is None and not parts.path.strip("/") and not parts.query and not parts.fragment
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port_is_one and plain


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    with suppress(ValueError):
        number = ipaddress.ip_address(name)
        mapped = number.ipv4_mapped if isinstance(number, ipaddress.IPv6Address) else None
        return mapped or number
    last = name.rpartition(".")[2]
    if last.isdigit() or last.startswith("0x"):
        with suppress(OSError):
            return ipaddress.IPv4Address(socket.inet_aton(name))
    return None
