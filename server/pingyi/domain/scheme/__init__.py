"""Schemes: what they say, and how they are read from their document."""
