"""Pure rules: rounding, points, ranking, labels, consequences. No database, no clock, no input or output."""
