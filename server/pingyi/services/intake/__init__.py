"""Entries: parsed, stored, corrected, withdrawn, folded into counters, and read back."""
