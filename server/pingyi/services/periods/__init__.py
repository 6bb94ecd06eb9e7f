"""Schemes and periods: states, units, rolls, adjustments, decisions, earlier results, releases."""
