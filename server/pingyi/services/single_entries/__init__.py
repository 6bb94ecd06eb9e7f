"""Entries one at a time: what one would change, the one that stands, its receipt."""
