"""Ballots without a database: bytes, keys, the sealed box, quarantine rules and the tally."""
