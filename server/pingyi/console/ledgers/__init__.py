"""The daily ledgers of channels, as pages and as files."""

from pingyi.console.ledgers import daily_ledger

__all__ = ["daily_ledger"]
