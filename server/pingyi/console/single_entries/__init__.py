"""Pages for entries one at a time: typed, corrected, withdrawn, and their receipts."""

from pingyi.console.single_entries import receipts, typing, withdrawals

__all__ = ["receipts", "typing", "withdrawals"]
