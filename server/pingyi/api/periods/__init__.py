"""One period: its units, what is known beforehand, what is decided, approved and published."""
