"""Accounts, keys, sessions and passwords."""
