"""Pages of the staff: signing in, accounts, keys, and the office's periods."""

from pingyi.console import (
    accounts,
    acts,
    channels,
    deliveries,
    draws,
    entries,
    evidence,
    keys,
    ledger,
    office,
    plugins,
    signing_in,
)
from pingyi.console.base import blueprint

__all__ = [
    "accounts",
    "acts",
    "blueprint",
    "channels",
    "deliveries",
    "draws",
    "entries",
    "evidence",
    "keys",
    "ledger",
    "office",
    "plugins",
    "signing_in",
]
