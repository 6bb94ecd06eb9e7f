"""Pages of the staff: signing in, accounts, keys, and the office's periods."""

from pingyi.console import (
    accounts,
    channels,
    deliveries,
    entries,
    evidence,
    keys,
    office,
    plugins,
    signing_in,
)
from pingyi.console.base import blueprint

__all__ = [
    "accounts",
    "blueprint",
    "channels",
    "deliveries",
    "entries",
    "evidence",
    "keys",
    "office",
    "plugins",
    "signing_in",
]
