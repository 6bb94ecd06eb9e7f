"""The snapshot: what it holds besides sums is that of the files, and what the record saw being set."""
