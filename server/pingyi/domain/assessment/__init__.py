"""From points to totals, ranks, grades and proposed consequences: pure."""
