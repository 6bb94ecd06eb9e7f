"""The formulas: what an entry counts and what the counts are worth, by the key of the plugin."""
