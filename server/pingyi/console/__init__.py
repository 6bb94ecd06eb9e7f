"""Pages of the staff: signing in, accounts, keys, and the office's periods."""

from pingyi.console import (
    accounts,
    approvals,
    channels,
    deliveries,
    document_acts,
    document_drafts,
    documents,
    draws,
    entries,
    evidence,
    home,
    keys,
    ledgers,
    office,
    plugins,
    sign_in,
    single_entries,
)
from pingyi.console.pages import blueprint

__all__ = [
    "accounts",
    "approvals",
    "blueprint",
    "channels",
    "deliveries",
    "document_acts",
    "document_drafts",
    "documents",
    "draws",
    "entries",
    "evidence",
    "home",
    "keys",
    "ledgers",
    "office",
    "plugins",
    "sign_in",
    "single_entries",
]
