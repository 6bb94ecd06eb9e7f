"""Held ballots before two reviewers, and what everybody may know of a box."""
